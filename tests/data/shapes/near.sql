-- The second server of the source: what it sees as foreign tables.
SET client_min_messages = warning;
CREATE SCHEMA lager;

CREATE FUNCTION lager.konto(i integer) RETURNS text LANGUAGE sql IMMUTABLE
RETURN 'acct_' || lpad((1 + i % 500)::text, 8, '0');

-- An integer key: the server finds a range of it by its index.
CREATE TABLE lager.lieferung (nr bigint PRIMARY KEY, konto text NOT NULL, menge numeric(12, 3), stand timestamptz);
INSERT INTO lager.lieferung
SELECT i * 7, lager.konto(i), i / 8.0, timestamptz '2026-01-01 00:00+00' + i * interval '1 hour' FROM generate_series(1, :n) AS i;

-- A text key, in an order that no two collations agree about.
CREATE TABLE lager.artikel (kennung text PRIMARY KEY, konto text, text text);
INSERT INTO lager.artikel
SELECT CASE i % 5 WHEN 0 THEN 'ä' WHEN 1 THEN 'Z' WHEN 2 THEN 'a-' WHEN 3 THEN '_' ELSE 'É ''\' END || i, lager.konto(i), repeat('Text ' || i || ' ', i % 40)
FROM generate_series(1, :n) AS i;

-- A key that is not known here to be one, with rows that have none.
CREATE TABLE lager.zettel (nr integer, konto text);
INSERT INTO lager.zettel SELECT nullif(i, 3), lager.konto(i) FROM generate_series(1, :n) AS i;

-- A partition of the source's table.
CREATE TABLE lager.bewegung_fern (id bigint NOT NULL, ort text NOT NULL, konto text NOT NULL, wann date NOT NULL);
INSERT INTO lager.bewegung_fern SELECT i, 'fern', lager.konto(i), date '2025-01-01' + i % 700 FROM generate_series(1, :n) AS i;
