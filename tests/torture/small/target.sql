-- The new application; some of its people have come already.
CREATE TABLE people (id integer PRIMARY KEY, user_id text NOT NULL UNIQUE, seen timestamptz NOT NULL, note text);
CREATE TABLE teams (id serial PRIMARY KEY, owner text, best_project integer);
CREATE TABLE projects (id integer PRIMARY KEY, team_id integer REFERENCES teams, owner text);
ALTER TABLE teams ADD FOREIGN KEY (best_project) REFERENCES projects;
CREATE TABLE languages (code text PRIMARY KEY);
INSERT INTO languages VALUES ('de'), ('pt');
CREATE TABLE posts (id bigint PRIMARY KEY, person_id integer NOT NULL REFERENCES people, author text NOT NULL, body text, meta jsonb,
    lang text REFERENCES languages);
CREATE INDEX ON posts (person_id);
CREATE TABLE replies (id uuid PRIMARY KEY, post_id bigint NOT NULL REFERENCES posts, parent uuid REFERENCES replies, author text NOT NULL);
CREATE TABLE likes (no bigserial PRIMARY KEY, post_id bigint NOT NULL, user_id text CHECK (user_id <> ''));
INSERT INTO people SELECT 100000 + i, 'n' || i, timestamptz '2025-01-01 00:00+00', 'was here' FROM generate_series(1, :n, 5) AS i;
VACUUM ANALYZE;
