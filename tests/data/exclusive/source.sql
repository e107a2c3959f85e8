-- The legacy side of target.sql: rows that fit all of its rules, owners u1 to u100.
CREATE TABLE person (
    id integer PRIMARY KEY, owner text NOT NULL, email text, name text, nick text, country text, boss integer, tags text[],
    document jsonb, joined date, number_a integer, number_b integer);
INSERT INTO person
SELECT i, 'u' || i, 'P' || i || '@x.example', 'Name ' || i % 10, CASE WHEN i % 3 = 0 THEN 'nick' || i ELSE '' END,
       (ARRAY['de', 'fr', 'pt', NULL])[i % 4 + 1], CASE WHEN i > 10 AND i % 10 > 0 THEN i / 10 * 10 END, ARRAY['a', 'b' || i % 5], jsonb_build_object('n', i),
       date '2020-01-01' + i, i, i * 2
FROM generate_series(1, 100) AS i;
CREATE TABLE session (token text PRIMARY KEY, person integer, owner text, during tstzrange);
INSERT INTO session
SELECT 't' || i, i % 100 + 1, 'u' || i % 100 + 1,
       tstzrange(timestamptz '2024-01-01' + i * interval '1 hour', timestamptz '2024-01-01' + i * interval '1 hour' + interval '50 minutes')
FROM generate_series(1, 500) AS i;
CREATE TABLE booking ("Key A" integer, "Key B" text, owner text, person integer, note text, PRIMARY KEY ("Key A", "Key B"));
INSERT INTO booking SELECT i, 'b' || i % 3, 'u' || i % 100 + 1, i % 100 + 1, 'note ' || i FROM generate_series(1, 300) AS i;
CREATE TABLE visit (
    id integer, day date, owner text, person integer, booking_a integer, booking_b text, note text, PRIMARY KEY (id, day, person));
INSERT INTO visit
SELECT i, date '2023-12-01' + i % 90, 'u' || i % 100 + 1, i % 100 + 1, CASE WHEN i % 4 = 0 THEN i % 300 + 1 END,
       CASE WHEN i % 4 = 0 THEN 'b' || (i % 300 + 1) % 3 END, 'visit ' || i
FROM generate_series(1, 2000) AS i;
