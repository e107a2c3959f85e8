-- A chat server in the shape Open WebUI has: no foreign keys, IDs as text, IDs inside JSON columns, times as numbers
-- (seconds in one table, nanoseconds in another). psql variable: app (schema, default public).
\set ON_ERROR_STOP on
\if :{?app} \else \set app public \endif
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS :"app";
SET search_path = :"app";

CREATE TABLE "user" (
    id varchar(255) PRIMARY KEY,
    name varchar(255) NOT NULL,
    email varchar(255) NOT NULL,
    role varchar(255) NOT NULL,
    profile_image_url text NOT NULL,
    api_key varchar(255) UNIQUE,
    settings json,
    info json,
    last_active_at bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE TABLE auth (id varchar(255) PRIMARY KEY, email varchar(255) NOT NULL, password text NOT NULL, active boolean NOT NULL);

-- the owner is a part of the key, the parent is a row of the same owner
CREATE TABLE folder (
    id text,
    parent_id text,
    user_id text NOT NULL,
    name text NOT NULL,
    items json,
    meta json,
    is_expanded boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (id, user_id)
);
CREATE TABLE tag (id varchar(255), name varchar(255) NOT NULL, user_id varchar(255), meta json, PRIMARY KEY (id, user_id));

CREATE TABLE chat (
    id varchar(255) PRIMARY KEY,
    user_id varchar(255) NOT NULL,
    title text NOT NULL,
    chat json,
    share_id text UNIQUE,
    archived boolean NOT NULL,
    pinned boolean,
    meta json NOT NULL DEFAULT '{}',
    folder_id text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE "group" (
    id text PRIMARY KEY,
    user_id text,
    name text,
    description text,
    permissions json,
    user_ids json,
    created_at bigint,
    updated_at bigint
);
CREATE TABLE channel (
    id text PRIMARY KEY,
    user_id text,
    type text,
    name text,
    data json,
    access_control json,
    created_at bigint,
    updated_at bigint,
    deleted_at bigint,
    deleted_by text
);
CREATE TABLE channel_member (
    id text PRIMARY KEY,
    channel_id text NOT NULL,
    user_id text NOT NULL,
    role text,
    is_active boolean NOT NULL DEFAULT true,
    invited_by text,
    last_read_at bigint,
    joined_at bigint
);
CREATE TABLE message (
    id text PRIMARY KEY,
    user_id text,
    channel_id text,
    reply_to_id text,
    parent_id text,
    is_pinned boolean NOT NULL DEFAULT false,
    pinned_by text,
    content text,
    data json,
    created_at bigint,
    updated_at bigint
);
CREATE TABLE message_reaction (id text PRIMARY KEY, user_id text NOT NULL, message_id text NOT NULL, name text NOT NULL, created_at bigint);

-- a person, a group or everybody in one column
CREATE TABLE access_grant (
    id text PRIMARY KEY,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    principal_type text NOT NULL,
    principal_id text NOT NULL,
    permission text NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT uq_access_grant_grant UNIQUE (resource_type, resource_id, principal_type, principal_id, permission)
);
CREATE TABLE file (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    hash text,
    filename text NOT NULL,
    path text,
    meta json,
    access_control json,
    created_at bigint NOT NULL
);
CREATE TABLE memory (id varchar(255) PRIMARY KEY, user_id varchar(255), content text NOT NULL, updated_at bigint NOT NULL);
CREATE TABLE model (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    base_model_id text,
    name text NOT NULL,
    params text,
    access_control json,
    is_active boolean NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE oauth_session (id text PRIMARY KEY, user_id text NOT NULL, token text NOT NULL, expires_at bigint NOT NULL);
