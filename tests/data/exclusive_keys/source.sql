-- The legacy side of target.sql: it holds no rule of the target, so that rows can be planted which violate any of them.
-- All rows fit until a test says otherwise; owners u1 to u40.
CREATE TABLE seat (id integer PRIMARY KEY, owner text NOT NULL, slot integer NOT NULL, note text);
INSERT INTO seat SELECT i, 'u' || i % 40 + 1, i, 'note ' || i FROM generate_series(1, 200) AS i;
CREATE TABLE ticket (number integer PRIMARY KEY, owner text NOT NULL, slot integer NOT NULL);
INSERT INTO ticket SELECT i, 'u' || i % 40 + 1, i FROM generate_series(1, 100) AS i;
CREATE TABLE vote (id integer PRIMARY KEY, owner text NOT NULL, poll integer NOT NULL);
INSERT INTO vote SELECT i, 'u' || i % 40 + 1, i FROM generate_series(1, 200) AS i;
CREATE TABLE member (id integer PRIMARY KEY, owner text NOT NULL, email text, active boolean NOT NULL, country text, team text);
INSERT INTO member SELECT i, 'u' || i % 40 + 1, 'P' || i || '@x.example', i % 5 > 0, 'de', 'red' FROM generate_series(1, 100) AS i;
CREATE TABLE booking (id integer PRIMARY KEY, owner text NOT NULL, room integer NOT NULL, during int4range NOT NULL, kept boolean NOT NULL);
INSERT INTO booking SELECT i, 'u' || i % 40 + 1, i % 7, int4range(i * 10, i * 10 + 10), true FROM generate_series(1, 200) AS i;
CREATE TABLE visit (id integer PRIMARY KEY, owner text NOT NULL, day date NOT NULL, number integer NOT NULL);
INSERT INTO visit SELECT i, 'u' || i % 40 + 1, date '2024-01-01' + i % 200, i FROM generate_series(1, 200) AS i;
CREATE TABLE unit (id integer PRIMARY KEY, owner text NOT NULL, number integer NOT NULL, above integer, house integer);
INSERT INTO unit SELECT i, 'u' || i % 40 + 1, i, CASE WHEN i % 10 > 0 THEN i / 10 * 10 END, i % 9 FROM generate_series(0, 99) AS i;
CREATE TABLE house (id integer PRIMARY KEY, owner text NOT NULL, number integer NOT NULL, unit integer);
INSERT INTO house SELECT i, 'u' || i % 40 + 1, i, i * 10 FROM generate_series(0, 8) AS i;
CREATE TABLE old_seat (number integer PRIMARY KEY, owner text NOT NULL, slot integer NOT NULL);
INSERT INTO old_seat SELECT i, 'u' || i % 40 + 1, i + 500 FROM generate_series(1, 50) AS i;
CREATE TABLE line (owner text NOT NULL, words text);
INSERT INTO line SELECT 'u' || i % 40 + 1, 'words ' || i FROM generate_series(1, 50) AS i;
