-- A little of everything that moves in ways of its own: n people (a multiple of 12), and what is theirs.
-- Accounts i and i + n of i % 4 = 0 became one person; nobody knows the account 'gone'.
CREATE TABLE people (id integer PRIMARY KEY, account text NOT NULL, seen timestamptz NOT NULL, note text);
CREATE TABLE teams (id integer PRIMARY KEY, owner text, best_project integer);
CREATE TABLE projects (id integer PRIMARY KEY, team_id integer REFERENCES teams, owner text);
ALTER TABLE teams ADD FOREIGN KEY (best_project) REFERENCES projects;
CREATE TABLE posts (id bigint PRIMARY KEY, person_id integer NOT NULL REFERENCES people, author text NOT NULL, body text, meta json, lang text);
CREATE TABLE replies (id uuid PRIMARY KEY, post_id bigint NOT NULL REFERENCES posts, parent uuid REFERENCES replies, author text NOT NULL);
CREATE TABLE likes (post_id bigint NOT NULL, account text);

INSERT INTO people SELECT i, 'u' || i, timestamptz '2024-01-01 00:00+00' + i * interval '1 minute', repeat('note ', i % 40)
    FROM generate_series(1, :n) AS i;
INSERT INTO people SELECT i + :n, 'u' || i + :n, timestamptz '2024-01-02 00:00+00' - i * interval '3 minutes', 'second ' || i
    FROM generate_series(4, :n, 4) AS i;
INSERT INTO teams SELECT i, 'u' || i, NULL FROM generate_series(1, :n / 4) AS i;
INSERT INTO projects SELECT i, 1 + i % (:n / 4), CASE i % 7 WHEN 0 THEN NULL ELSE 'u' || i END FROM generate_series(1, :n) AS i;
UPDATE teams SET best_project = id;
INSERT INTO posts SELECT i, CASE WHEN i % 12 = 0 THEN :n + 1 + (i - 1) % :n ELSE 1 + i % :n END,
    CASE WHEN i % 20 = 19 THEN 'gone' ELSE 'u' || 1 + i % :n END, repeat('body ' || i || E' \\ \t ', 1 + i % 9),
    json_build_object('by', 'u' || 1 + i % :n, 'with', json_build_array('u' || 1 + (i * 7) % :n, i), 'u' || 1 + i % :n, true),
    CASE i % 40 WHEN 3 THEN 'pt' ELSE 'de' END
    FROM generate_series(1, 3 * :n) AS i;
INSERT INTO replies SELECT md5('reply' || i)::uuid, 1 + i % (3 * :n), CASE WHEN i > 12 THEN md5('reply' || i / 2)::uuid END, 'u' || 1 + i % :n
    FROM generate_series(1, 2 * :n) AS i;
INSERT INTO likes SELECT 1 + i % 17, 'u' || 1 + i % 12 FROM generate_series(1, 2 * :n) AS i;
VACUUM ANALYZE;
