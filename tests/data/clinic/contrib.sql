-- The part of the clinic that needs contrib: citext in a key, hstore with IDs. psql variable: n.
\set ON_ERROR_STOP on
\if :{?n} \else \set n 60 \endif
SET client_min_messages = warning;
SELECT to_regprocedure('pg_temp.alt(integer)') IS NULL AS needs_ids \gset
\if :needs_ids
\ir ids.sql
\endif
CREATE SCHEMA "Erweiterungen";
CREATE EXTENSION citext SCHEMA "Erweiterungen";
CREATE EXTENSION hstore SCHEMA "Erweiterungen";
SET search_path = "Erweiterungen";

CREATE SCHEMA "alte Etiketten";
CREATE TABLE "alte Etiketten".etikett (
    user_id uuid,
    name citext,
    merkmale hstore,
    nr integer NOT NULL,
    PRIMARY KEY (user_id, name)
);
CREATE SCHEMA "neue Etiketten";
CREATE TABLE "neue Etiketten".etikett (
    benutzer_id text,
    name citext,
    merkmale hstore,
    nr integer NOT NULL,
    PRIMARY KEY (benutzer_id, name)
);

-- 9 has 'Gast', 10 has 'GAST': equal for citext, and the two are one person
INSERT INTO "alte Etiketten".etikett
SELECT pg_temp.alt(i), CASE WHEN i % 10 = 0 THEN upper(w) ELSE w END,
       CASE i % 3 WHEN 0 THEN hstore('wer', pg_temp.alt(i)::text) || hstore('leer', NULL) || '"a b"=>"c\"d"'
                  WHEN 1 THEN hstore(pg_temp.alt(1)::text, 'x=>y') END, i * 10 + nr
FROM generate_series(1, :n) i, unnest(ARRAY['Gast', 'vip', 'Straße']) WITH ORDINALITY AS x(w, nr) WHERE i % 10 IN (0, 9) OR (i + nr) % 2 = 0;
