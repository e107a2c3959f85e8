-- A chat application whose users.id is the provider's ID (text), in the shape LobeChat has: every table refers to users.
-- psql variable: app (schema, default public).
\set ON_ERROR_STOP on
\if :{?app} \else \set app public \endif
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS :"app";
SET search_path = :"app";

CREATE TABLE users (
    id text PRIMARY KEY,
    username text UNIQUE,
    email text,
    avatar text,
    phone text,
    first_name text,
    last_name text,
    full_name text,
    is_onboarded boolean DEFAULT false,
    clerk_created_at timestamptz,
    email_verified_at timestamptz,
    preference jsonb,
    accessed_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- the user's ID is the key of this table too
CREATE TABLE user_settings (
    id text PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    tts jsonb,
    key_vaults text,
    general jsonb,
    language_model jsonb,
    default_agent jsonb
);

CREATE TABLE user_installed_plugins (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    identifier text NOT NULL,
    type text NOT NULL,
    manifest jsonb,
    settings jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, identifier)
);

CREATE TABLE ai_providers (
    id varchar(64) NOT NULL,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    name text,
    sort integer,
    enabled boolean,
    key_vaults text,
    source varchar(20),
    settings jsonb,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, user_id)
);

CREATE TABLE ai_models (
    id varchar(150) NOT NULL,
    provider_id varchar(64) NOT NULL,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    display_name varchar(200),
    enabled boolean,
    pricing jsonb,
    context_window_tokens integer,
    released_at varchar(10),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, provider_id, user_id)
);

CREATE TABLE session_groups (
    id text PRIMARY KEY,
    name text NOT NULL,
    sort integer,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    client_id text
);
CREATE UNIQUE INDEX session_groups_client_id_user_id_unique ON session_groups (client_id, user_id);

CREATE TABLE sessions (
    id text PRIMARY KEY,
    slug varchar(100) NOT NULL,
    title text,
    type text DEFAULT 'agent',
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    group_id text REFERENCES session_groups ON DELETE SET NULL,
    client_id text,
    pinned boolean DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX slug_user_id_unique ON sessions (slug, user_id);
CREATE UNIQUE INDEX sessions_client_id_user_id_unique ON sessions (client_id, user_id);

CREATE TABLE agents (
    id text PRIMARY KEY,
    slug varchar(100) UNIQUE,
    title text,
    tags jsonb DEFAULT '[]',
    client_id text,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    chat_config jsonb,
    few_shots jsonb,
    system_role text
);
CREATE UNIQUE INDEX client_id_user_id_unique ON agents (client_id, user_id);

CREATE TABLE agents_to_sessions (
    agent_id text NOT NULL REFERENCES agents ON DELETE CASCADE,
    session_id text NOT NULL REFERENCES sessions ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (agent_id, session_id)
);

CREATE TABLE topics (
    id text PRIMARY KEY,
    title text,
    favorite boolean DEFAULT false,
    session_id text REFERENCES sessions ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    client_id text,
    history_summary text,
    metadata jsonb
);

CREATE TABLE threads (
    id text PRIMARY KEY,
    title text,
    type text NOT NULL,
    status text DEFAULT 'active',
    topic_id text NOT NULL REFERENCES topics ON DELETE CASCADE,
    source_message_id text NOT NULL,
    parent_thread_id text REFERENCES threads ON DELETE SET NULL,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    last_active_at timestamptz DEFAULT now()
);

CREATE TABLE messages (
    id text PRIMARY KEY,
    role text NOT NULL,
    content text,
    metadata jsonb,
    model text,
    favorite boolean DEFAULT false,
    tools jsonb,
    client_id text,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    session_id text REFERENCES sessions ON DELETE CASCADE,
    topic_id text REFERENCES topics ON DELETE CASCADE,
    thread_id text REFERENCES threads ON DELETE CASCADE,
    parent_id text REFERENCES messages ON DELETE SET NULL,
    quota_id text REFERENCES messages ON DELETE SET NULL,
    agent_id text REFERENCES agents ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX message_client_id_user_unique ON messages (client_id, user_id);
-- messages point to threads by a constraint, threads to messages by a value only: here both, as the two belong together
ALTER TABLE threads ADD FOREIGN KEY (source_message_id) REFERENCES messages ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE message_plugins (
    id text PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    tool_call_id text,
    type text DEFAULT 'default',
    api_name text,
    arguments text,
    state jsonb,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE
);

CREATE TABLE message_translates (
    id text PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    content text,
    "from" text,
    "to" text,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE
);

CREATE TABLE global_files (
    hash_id varchar(64) PRIMARY KEY,
    file_type varchar(255) NOT NULL,
    size integer NOT NULL,
    url text NOT NULL,
    creator text NOT NULL REFERENCES users ON DELETE SET NULL
);

CREATE TABLE files (
    id text PRIMARY KEY,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    file_type varchar(255) NOT NULL,
    file_hash varchar(64) REFERENCES global_files,
    name text NOT NULL,
    size integer NOT NULL,
    url text NOT NULL,
    metadata jsonb
);

CREATE TABLE messages_files (
    file_id text NOT NULL REFERENCES files ON DELETE CASCADE,
    message_id text NOT NULL REFERENCES messages ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (file_id, message_id)
);

CREATE TABLE nextauth_sessions (
    "sessionToken" text PRIMARY KEY,
    "userId" text NOT NULL REFERENCES users ON DELETE CASCADE,
    expires timestamp NOT NULL
);
