-- A small application before its move: people by their old IDs, and all that refers to them.
CREATE TABLE people (
    id text PRIMARY KEY, email text NOT NULL, name text, plan text, updated timestamptz
);
INSERT INTO people VALUES
    ('u_ann', 'ann@example.org', 'Ann', 'gold', '2025-01-01 10:00+00'),
    ('u_bob', 'bob@example.org', E'Bob\t"the"\\n', NULL, '2025-01-02 10:00+00'),
    ('u_cat', 'cat@example.org', 'Cat', 'free', '2025-01-03 10:00+00'),
    ('u_cat2', 'cat2@example.org', 'Cat again', 'gold', '2025-01-03 10:00:00.5+00'),
    ('u_dan', 'dan@example.org', '', 'free', NULL),
    ('u_zoe3', 'zoe@example.org', 'Zoe', 'free', NULL);

CREATE TABLE posts (
    id integer PRIMARY KEY, author text, title varchar(50) NOT NULL, body json, tags text[], note text,
    price numeric(10,2), created timestamp NOT NULL, state text NOT NULL
);
INSERT INTO posts VALUES
    (1, 'u_ann', 'One', '{"by": "u_ann", "likes": {"u_bob": 1, "x": 2}, "n": 1.50}', '{u_ann,"a b",NULL}', 'from u_ann, for u_bob.', 1.5,
     '2025-02-01 12:00:00.123456', 'live'),
    (2, 'u_bob', E'Two\nlines', '{"u_cat": [], "short": "u_bobby"}', '{}', 'u_ann_old stays', NULL, '2025-02-02 12:00', 'live'),
    (3, 'u_cat', 'Three', NULL, NULL, '', 0, '2025-02-03 12:00', 'old'),
    (4, 'u_cat2', 'Four', '[]', '{u_cat2}', NULL, -1, '2025-02-04 12:00', 'old'),
    (5, 'system', 'Five', 'null', NULL, NULL, 5, '2025-02-05 12:00', 'live'),
    (6, NULL, 'Six', '"u_dan"', NULL, 'u_dan', 6, '2025-02-06 12:00', 'live'),
    (7, 'u_gone', 'Seven', '{}', '{u_gone}', 'u_gone', 7, '2025-02-07 12:00', 'live');

CREATE TABLE comments (
    id uuid PRIMARY KEY, post integer REFERENCES posts, author text, text text, changed timestamptz
);
INSERT INTO comments
    SELECT ('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, 1 + n % 7,
           (ARRAY['u_ann', 'u_bob', 'u_cat', 'u_dan'])[1 + n % 4], 'comment ' || n,
           CASE WHEN n % 3 > 0 THEN '2025-03-01 12:00+00'::timestamptz + n * interval '1 minute' END
    FROM generate_series(1, 200) AS n;

CREATE TABLE likes (post integer, author text);
INSERT INTO likes VALUES (1, 'u_ann'), (1, 'u_ann'), (2, 'u_bob'), (2, NULL), (3, 'u_dan');

CREATE TABLE profiles (id integer PRIMARY KEY, person text NOT NULL, bio text, changed integer);
INSERT INTO profiles VALUES (1, 'u_cat', 'one', 9), (2, 'u_cat2', 'two', 10), (3, 'u_bob', 'three', NULL), (9, 'u_zoe3', 'nine', 1);
CREATE TABLE links (id integer PRIMARY KEY, profile integer REFERENCES profiles, url text);
INSERT INTO links VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c'), (4, NULL, 'd'), (9, 9, 'e');

CREATE TABLE calendars (id integer PRIMARY KEY, person text NOT NULL, zone text);
INSERT INTO calendars VALUES (1, 'u_cat', 'UTC'), (2, 'u_cat2', 'UTC'), (3, 'u_ann', 'UTC');
CREATE TABLE slots (calendar integer REFERENCES calendars, hour integer, PRIMARY KEY (calendar, hour));
INSERT INTO slots VALUES (1, 8), (1, 9), (2, 8), (3, 8);

CREATE TABLE records (nr bigint PRIMARY KEY, person text, text text);
INSERT INTO records VALUES (1, 'u_ann', 'x'), (2, 'u_bob', 'y');
CREATE TABLE pages (record bigint REFERENCES records, page integer, PRIMARY KEY (record, page));
INSERT INTO pages VALUES (1, 1), (1, 2), (2, 1);
CREATE TABLE nothing (id integer PRIMARY KEY, person text);
CREATE TABLE desks (room text, nr integer, person text NOT NULL, PRIMARY KEY (room, nr));
INSERT INTO desks VALUES (E'a"b\\c', 1, 'u_cat'), ('b', 2, 'u_cat2'), ('c', 3, 'u_bob');
CREATE TABLE drawers (label text PRIMARY KEY, room text, nr integer, FOREIGN KEY (room, nr) REFERENCES desks);
INSERT INTO drawers VALUES ('x', E'a"b\\c', 1), ('y', 'b', 2), ('z', NULL, 3);
