-- The same application after its move, in use already.
CREATE TABLE members (
    id text PRIMARY KEY, email text NOT NULL, name text, plan text, seen integer NOT NULL DEFAULT 0
);
INSERT INTO members VALUES ('m_ann', 'ann@new.example.org', 'Ann N.', 'none', 7), ('m_zed', 'zed@example.org', 'Zed', 'none', 1);
CREATE TABLE posts (
    id serial PRIMARY KEY, member_id text REFERENCES members, team_id text, title text NOT NULL, body jsonb, tags text[], note text,
    price numeric(10,2), created timestamptz NOT NULL, state text NOT NULL, views integer NOT NULL DEFAULT 0
);
INSERT INTO members VALUES ('system', 'system@example.org', 'System', 'none', 0), ('u_gone', 'gone@example.org', 'Gone', 'none', 0);
INSERT INTO posts VALUES (1000, 'm_zed', NULL, 'By the application', '{}', '{}', NULL, NULL, '2025-03-01', 'open', 3);
SELECT setval('posts_id_seq', 1000);
CREATE TABLE comments (
    id uuid PRIMARY KEY, post_id integer REFERENCES posts, member_id text REFERENCES members, text text,
    changed timestamptz
);
CREATE TABLE likes (post_id integer, member_id text);
INSERT INTO likes VALUES (1000, 'm_zed');
CREATE TABLE profiles (id integer PRIMARY KEY, member_id text NOT NULL UNIQUE REFERENCES members, bio text);
CREATE TABLE links (id integer PRIMARY KEY, profile_id integer REFERENCES profiles, url text);
CREATE TABLE calendars (id integer PRIMARY KEY, member_id text NOT NULL UNIQUE, zone text);
CREATE TABLE slots (calendar_id integer REFERENCES calendars, hour integer, PRIMARY KEY (calendar_id, hour));
CREATE TABLE records (id uuid PRIMARY KEY, member_id text, text text);
CREATE TABLE pages (record_id uuid REFERENCES records, page integer, PRIMARY KEY (record_id, page));
CREATE TABLE nothing (id integer PRIMARY KEY, member_id text);
CREATE TABLE desks (room text, nr integer, member_id text NOT NULL UNIQUE, PRIMARY KEY (room, nr));
CREATE TABLE drawers (label text PRIMARY KEY, room text, nr integer, FOREIGN KEY (room, nr) REFERENCES desks);

-- What must be as it was after a run, and is damaged in turn.
CREATE INDEX likes_member_idx ON likes (member_id);
CREATE FUNCTION likes_stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER likes_stay BEFORE UPDATE ON likes FOR EACH ROW EXECUTE FUNCTION likes_stay();
ALTER TABLE desks ADD CONSTRAINT desks_have_a_room CHECK (room <> '');
ALTER TABLE drawers ENABLE ROW LEVEL SECURITY;
CREATE POLICY drawers_of_a_room ON drawers USING (room = current_setting('app.room', true));
