-- The chat server after a clean-up: schema "open webui", foreign keys (to itself with the owner in it, too), real times, jsonb where JSON was text.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE SCHEMA "open webui";
SET search_path = "open webui";

CREATE TABLE "user" (
    id text PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'member', 'pending')),
    profile_image_url text NOT NULL,
    api_key varchar(255) UNIQUE,
    settings jsonb,
    info json,
    last_active_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE folder (
    id text,
    parent_id text,
    user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
    name text NOT NULL,
    items json,
    meta json,
    is_expanded boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, parent_id) REFERENCES folder ON DELETE CASCADE
);
CREATE TABLE tag (
    id varchar(255),
    user_id text REFERENCES "user" ON DELETE CASCADE,
    name text NOT NULL,
    meta jsonb,
    PRIMARY KEY (id, user_id)
);
CREATE TABLE chat (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
    title text NOT NULL,
    chat json,
    share_id text UNIQUE,
    archived boolean NOT NULL,
    pinned boolean,
    meta jsonb NOT NULL DEFAULT '{}',
    folder_id text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    FOREIGN KEY (user_id, folder_id) REFERENCES folder
);
CREATE TABLE "group" (
    id text PRIMARY KEY,
    user_id text REFERENCES "user" ON DELETE SET NULL,
    name text,
    description text,
    permissions json,
    user_ids json,
    created_at bigint,
    updated_at bigint
);
CREATE TABLE channel (
    id text PRIMARY KEY,
    user_id text REFERENCES "user" ON DELETE SET NULL,
    type text,
    name text,
    data json,
    access_control json,
    created_at bigint,
    updated_at bigint,
    deleted_at bigint,
    deleted_by text REFERENCES "user"
);
CREATE TABLE channel_member (
    id text PRIMARY KEY,
    channel_id text NOT NULL REFERENCES channel ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
    role text,
    is_active boolean NOT NULL DEFAULT true,
    invited_by text REFERENCES "user",
    last_read_at bigint,
    joined_at bigint,
    UNIQUE (channel_id, user_id)
);
CREATE TABLE message (
    id text PRIMARY KEY,
    user_id text REFERENCES "user" ON DELETE SET NULL,
    channel_id text REFERENCES channel ON DELETE CASCADE,
    reply_to_id text REFERENCES message,
    parent_id text REFERENCES message ON DELETE CASCADE,
    is_pinned boolean NOT NULL DEFAULT false,
    pinned_by text REFERENCES "user",
    content text,
    data json,
    created_at bigint,
    updated_at bigint
);
CREATE TABLE message_reaction (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
    message_id text NOT NULL REFERENCES message ON DELETE CASCADE,
    name text NOT NULL,
    created_at bigint
);
CREATE UNIQUE INDEX one_reaction ON message_reaction (message_id, user_id, name) INCLUDE (created_at);
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
    user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
    hash text,
    filename text NOT NULL,
    path text,
    meta json,
    access_control json,
    created_at bigint NOT NULL
);
CREATE TABLE memory (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
    content text NOT NULL,
    updated_at timestamp NOT NULL
);
CREATE TABLE model (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    base_model_id text,
    name text NOT NULL,
    params jsonb,
    access_control json,
    is_active boolean NOT NULL,
    created_at bigint NOT NULL
);
