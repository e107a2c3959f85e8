-- One place of each sort that can hold an ID. A is in the map, B is not, N is a new ID.
\set A user_2YDryYFVMM1W1plDDKz7Gzf4we6
\set B user_2ZZZyYFVMM1W1plDDKz7Gzf4we6
\set N user_01E4ZCR3C56J083X43JQXF3JK5
SET client_min_messages = warning;

CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE SCHEMA "Odd ""Schema";
CREATE DOMAIN user_id AS text CHECK (VALUE <> '');
CREATE TYPE contact AS (person text, since date);

CREATE TABLE people (
    id text PRIMARY KEY,
    as_varchar varchar(40) UNIQUE,
    as_char char(40),
    as_citext citext,
    as_name name,
    as_domain user_id,
    free text,
    as_json json,
    as_jsonb jsonb,
    list text[],
    matrix text[],
    as_contact contact,
    contacts contact[],
    pairs hstore,
    markup xml,
    bytes bytea,
    number integer,
    at timestamptz
);
INSERT INTO people VALUES (
    :'A', :'A', :'A', :'A', :'A', :'A', E'one\n' || :'A' || E'\ttwo\\' || :'B' || ' three',
    '{"a": "\u0075ser_2YDryYFVMM1W1plDDKz7Gzf4we6"}',
    jsonb_build_object('by', :'A', 'roles', jsonb_build_object(:'B', 1), 'text', E'"quoted"\n' || :'A'),
    ARRAY[NULL, 'x', :'A', '{' || :'B' || '}'], ARRAY[[:'A', 'a,"b'], ['c', :'B']],
    ROW(:'A', NULL), ARRAY[ROW(:'B', '2020-01-01')::contact],
    hstore('who', :'A') || hstore(:'B', NULL), ('<u id="' || :'A' || '"/>')::xml, convert_to('x ' || :'A', 'UTF8'), 1, now());
INSERT INTO people (id, free) VALUES (:'N', 'nothing'), ('system', NULL), ('', ''), (E'\\N', E'\\.');

CREATE TABLE "Odd ""Schema"."Tä'ble" ("Ü ""x" text REFERENCES people (id), plain integer);
INSERT INTO "Odd ""Schema"."Tä'ble" VALUES (:'A', 1), (NULL, 2);

CREATE TABLE parted (who text, at date) PARTITION BY RANGE (at);
CREATE TABLE parted_old PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE parted_new PARTITION OF parted FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY LIST (who);
CREATE TABLE parted_leaf PARTITION OF parted_new DEFAULT;
INSERT INTO parted VALUES (:'A', '2020-05-05'), (:'A', '2021-05-05'), (:'B', '2021-05-06');

CREATE TABLE parent (who text);
CREATE TABLE heir () INHERITS (parent);
CREATE TABLE wider (more text) INHERITS (parent);
INSERT INTO parent VALUES (:'A');
INSERT INTO heir VALUES (:'A');
INSERT INTO wider VALUES (:'A', :'A');

CREATE MATERIALIZED VIEW seen AS SELECT id FROM people;
CREATE VIEW view_of_people AS SELECT id FROM people;
CREATE TABLE empty (who text);
CREATE TABLE numbers (n integer);
