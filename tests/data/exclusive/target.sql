-- A target with an index or constraint of every kind, to show that each comes back as it was.
-- Needs btree_gist, citext and the roles of the cluster's superuser; run with psql -v ON_ERROR_STOP=1.
CREATE EXTENSION btree_gist;
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

-- Outside the mapping: a parent with rows, and (at the end) a child of what is moved.
CREATE TABLE country (code text PRIMARY KEY);
INSERT INTO country VALUES ('de'), ('fr'), ('pt');

CREATE FUNCTION folded_name(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1)';

CREATE TABLE person (
    id integer CONSTRAINT person_key PRIMARY KEY WITH (fillfactor = 71),
    owner text NOT NULL,
    email citext,
    name text,
    nick text,
    country text CONSTRAINT person_country REFERENCES country ON UPDATE CASCADE ON DELETE SET NULL,
    boss integer CONSTRAINT person_boss REFERENCES person DEFERRABLE INITIALLY DEFERRED,
    tags text[],
    document jsonb,
    joined date,
    number_a integer,
    number_b integer,
    CONSTRAINT "Owner is ""one""" UNIQUE (owner) INCLUDE (name),
    CONSTRAINT person_email UNIQUE (email) DEFERRABLE,
    CONSTRAINT person_numbers UNIQUE (number_a, number_b) DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX person_nick ON person (nick) NULLS NOT DISTINCT WHERE nick IS NULL OR nick <> '';
CREATE UNIQUE INDEX person_folded ON person (folded_name(owner) COLLATE "C" text_pattern_ops, id DESC NULLS LAST);
CREATE INDEX "Weird ""name"", really" ON person (name COLLATE folded DESC NULLS LAST) INCLUDE (owner) WITH (deduplicate_items = off);
CREATE INDEX person_tags ON person USING gin (tags) WITH (fastupdate = off, gin_pending_list_limit = 128);
CREATE INDEX person_document ON person USING gin (document jsonb_path_ops);
CREATE INDEX person_likes ON person USING gist (name gist_trgm_ops (siglen = 32));
CREATE INDEX person_joined ON person USING brin (joined) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX person_hash ON person USING hash (owner) WHERE joined IS NOT NULL;
CREATE INDEX person_computed ON person ((number_a + number_b), (pg_catalog.upper(name))) WITH (fillfactor = 66);
ALTER INDEX person_computed ALTER COLUMN 1 SET STATISTICS 555;
ALTER INDEX person_computed ALTER COLUMN 2 SET STATISTICS 77;
ALTER TABLE person CLUSTER ON person_folded;
COMMENT ON INDEX person_tags IS 'tags: it''s a "comment"';
COMMENT ON INDEX person_key IS 'of the index';
COMMENT ON CONSTRAINT person_key ON person IS 'of the constraint';
COMMENT ON CONSTRAINT person_boss ON person IS 'bosses';

CREATE UNLOGGED TABLE session (
    token text NOT NULL,
    person integer NOT NULL,
    owner text,
    during tstzrange,
    CONSTRAINT session_once EXCLUDE USING gist (person WITH =, during WITH &&) WITH (fillfactor = 60) WHERE (owner IS NOT NULL)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT session_person FOREIGN KEY (person) REFERENCES person ON DELETE CASCADE
);
CREATE UNIQUE INDEX session_token ON session (token);
ALTER TABLE session REPLICA IDENTITY USING INDEX session_token;
CREATE INDEX session_owner ON session (owner);
COMMENT ON CONSTRAINT session_once ON session IS 'no two at once';

CREATE SCHEMA "Other Schema";
CREATE TABLE "Other Schema"."Booking Table" (
    "Key A" integer,
    "Key B" text,
    owner text,
    person integer,
    note text,
    PRIMARY KEY ("Key A", "Key B")
);
ALTER TABLE "Other Schema"."Booking Table" ADD CONSTRAINT "Booked by" FOREIGN KEY (person) REFERENCES public.person NOT VALID;
CREATE INDEX "Booking Table_note" ON "Other Schema"."Booking Table" USING hash (note);

-- Partitions on two levels, with indexes that came from above, one that was attached, and one of their own.
CREATE TABLE visit (
    id integer NOT NULL,
    day date NOT NULL,
    owner text,
    person integer,
    booking_a integer,
    booking_b text,
    note text
) PARTITION BY RANGE (day);
CREATE TABLE visit_2024 PARTITION OF visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (person);
CREATE TABLE visit_2024_small PARTITION OF visit_2024 FOR VALUES IN (1, 2, 3, 4, 5, NULL);
CREATE TABLE visit_2024_rest PARTITION OF visit_2024 DEFAULT;
CREATE TABLE visit_rest PARTITION OF visit DEFAULT;
CREATE UNIQUE INDEX "own of rest" ON visit_rest (note, id, day) WHERE note IS NOT NULL;
CREATE INDEX small_owner ON visit_2024_small (owner) WITH (fillfactor = 55);
CREATE INDEX visit_owner ON visit (owner);
ALTER TABLE visit ADD CONSTRAINT visit_key PRIMARY KEY (id, day, person) INCLUDE (owner);
ALTER TABLE visit ADD CONSTRAINT visit_once UNIQUE (note, id, day, person) DEFERRABLE;
ALTER TABLE visit ADD CONSTRAINT visit_person FOREIGN KEY (person) REFERENCES person (id);
ALTER TABLE visit ADD CONSTRAINT visit_booking FOREIGN KEY (booking_a, booking_b)
    REFERENCES "Other Schema"."Booking Table" MATCH FULL ON UPDATE CASCADE;
CREATE INDEX visit_note ON ONLY visit (note);
CREATE INDEX visit_2024_note ON ONLY visit_2024 (note);
CREATE INDEX visit_2024_small_note ON visit_2024_small (note);
CREATE INDEX visit_2024_rest_note_it_is ON visit_2024_rest (note);
CREATE INDEX visit_rest_note ON visit_rest (note);
ALTER INDEX visit_2024_note ATTACH PARTITION visit_2024_small_note;
ALTER INDEX visit_2024_note ATTACH PARTITION visit_2024_rest_note_it_is;
ALTER INDEX visit_note ATTACH PARTITION visit_2024_note;
ALTER INDEX visit_note ATTACH PARTITION visit_rest_note;
COMMENT ON INDEX visit_2024_rest_note_it_is IS 'attached by hand';
COMMENT ON INDEX visit_owner IS 'of all';
COMMENT ON CONSTRAINT visit_key ON visit IS 'visits';

-- A reference from a table that is not moved, with a reference to a partitioned table.
CREATE TABLE invoice (
    number integer PRIMARY KEY,
    person integer CONSTRAINT invoice_person REFERENCES person ON DELETE RESTRICT,
    visit integer,
    day date,
    visitor integer,
    CONSTRAINT invoice_visit FOREIGN KEY (visit, day, visitor) REFERENCES visit (id, day, person)
);
INSERT INTO invoice VALUES (1, NULL, NULL, NULL, NULL);
COMMENT ON CONSTRAINT invoice_person ON invoice IS 'who pays';
