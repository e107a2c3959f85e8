-- A small application that keeps Auth0's IDs (`sub` of the token), as its tutorials teach it. All of it is made up.
CREATE TABLE organizations (
    id integer PRIMARY KEY,
    auth0_org_id text NOT NULL UNIQUE,
    name text NOT NULL
);
CREATE TABLE users (
    id integer PRIMARY KEY,
    auth0_id text NOT NULL UNIQUE,
    email text,
    picture text,
    display_name text,
    last_login timestamptz
);
CREATE TABLE memberships (
    auth0_org_id text NOT NULL REFERENCES organizations (auth0_org_id),
    auth0_id text NOT NULL REFERENCES users (auth0_id),
    role text NOT NULL,
    PRIMARY KEY (auth0_org_id, auth0_id)
);
CREATE TABLE documents (
    id integer PRIMARY KEY,
    auth0_org_id text NOT NULL REFERENCES organizations (auth0_org_id),
    owner_sub text NOT NULL,
    editors text[] NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    body text
);
CREATE TABLE activity (
    id bigint PRIMARY KEY,
    sub text NOT NULL,
    what text NOT NULL,
    at timestamptz NOT NULL
);
CREATE TABLE sessions (id text PRIMARY KEY, sub text NOT NULL);

INSERT INTO organizations VALUES
    (1, 'org_9ybsU1dN2dKfDkBi', 'Acme'), (2, 'org_Zk3mQ8vLr1XwTn5B', 'Globex');
INSERT INTO users VALUES
    (1, 'auth0|646f87bb15b536ffce0f9b1b', 'a@example.com', NULL, 'Ada', '2026-01-05 10:00+00'),
    -- The same person by another connection: linked in Auth0 later.
    (2, 'google-oauth2|103547991597142817347', 'a@example.com', 'https://example.com/a.png', 'Ada L.', '2026-03-01 08:00+00'),
    (3, 'github|1234567', NULL, NULL, 'Linus', '2026-02-02 12:00+00'),
    (4, 'samlp|globex-okta|u-00817', 'g@example.com', NULL, 'Grace', NULL);
INSERT INTO memberships VALUES
    ('org_9ybsU1dN2dKfDkBi', 'auth0|646f87bb15b536ffce0f9b1b', 'org-admin'),
    ('org_9ybsU1dN2dKfDkBi', 'google-oauth2|103547991597142817347', 'org-member'),
    ('org_9ybsU1dN2dKfDkBi', 'github|1234567', 'billing'),
    ('org_Zk3mQ8vLr1XwTn5B', 'samlp|globex-okta|u-00817', 'org-admin');
INSERT INTO documents VALUES
    (1, 'org_9ybsU1dN2dKfDkBi', 'auth0|646f87bb15b536ffce0f9b1b',
     '{google-oauth2|103547991597142817347,github|1234567}',
     '{"pinned": {"github|1234567": true}, "org": "org_9ybsU1dN2dKfDkBi", "size": 1.50}',
     'asked by github|1234567, not by xgithub|1234567'),
    (2, 'org_Zk3mQ8vLr1XwTn5B', 'samlp|globex-okta|u-00817', '{}', '{}', NULL);
INSERT INTO activity VALUES
    (1, 'auth0|646f87bb15b536ffce0f9b1b', 'login', '2026-01-05 10:00+00'),
    (2, 'Qx7sT1bL0pWc9RkJ4dYz@clients', 'nightly export', '2026-01-06 02:00+00'),
    (3, 'auth0|5f00000000000000000000ff', 'login', '2025-06-01 09:00+00'),
    (4, 'org_Zk3mQ8vLr1XwTn5B', 'renewed', '2026-01-07 00:00+00');
INSERT INTO sessions VALUES ('s1', 'github|1234567');
