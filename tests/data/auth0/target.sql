-- What the small application became.
CREATE TABLE organizations (
    id integer PRIMARY KEY,
    workos_org_id text NOT NULL UNIQUE,
    name text NOT NULL
);
CREATE TABLE users (
    id integer PRIMARY KEY,
    workos_user_id text NOT NULL UNIQUE,
    display_name text,
    last_login timestamptz
);
CREATE TABLE memberships (
    workos_org_id text NOT NULL REFERENCES organizations (workos_org_id),
    workos_user_id text NOT NULL REFERENCES users (workos_user_id),
    role text NOT NULL CHECK (role IN ('admin', 'member')),
    PRIMARY KEY (workos_org_id, workos_user_id)
);
CREATE TABLE documents (
    id integer PRIMARY KEY,
    workos_org_id text NOT NULL REFERENCES organizations (workos_org_id),
    owner_id text NOT NULL REFERENCES users (workos_user_id),
    editors text[] NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    body text
);
CREATE TABLE activity (
    id bigint PRIMARY KEY,
    actor_id text NOT NULL,
    what text NOT NULL,
    at timestamptz NOT NULL
);
