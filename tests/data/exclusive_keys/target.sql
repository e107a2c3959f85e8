-- A target whose own keys and exclusion constraints legacy rows may violate: what `run --exclusive` finds only when they come back.
CREATE EXTENSION btree_gist;

-- Outside the mapping: parents of members.
CREATE TABLE country (code text PRIMARY KEY);
INSERT INTO country VALUES ('de'), ('fr');
CREATE TABLE team (name text PRIMARY KEY);
INSERT INTO team VALUES ('red'), ('blue');

-- Its key is not the source's: two legacy rows may become rows with one key.
CREATE TABLE seat (
    owner text,
    slot integer CONSTRAINT seat_slot CHECK (slot < 10000),
    legacy integer,
    note text,
    CONSTRAINT seat_key PRIMARY KEY (owner, slot)
);
CREATE INDEX seat_note ON seat (note);
CREATE TABLE ticket (
    number integer CONSTRAINT ticket_key PRIMARY KEY,
    owner text,
    slot integer,
    CONSTRAINT ticket_seat FOREIGN KEY (owner, slot) REFERENCES seat
);

-- Nothing but the key: two legacy rows may become one and the same row.
CREATE TABLE vote (
    owner text,
    poll integer,
    CONSTRAINT vote_key PRIMARY KEY (owner, poll)
);

CREATE TABLE member (
    id integer CONSTRAINT member_key PRIMARY KEY,
    owner text NOT NULL,
    email text,
    active boolean,
    country text CONSTRAINT member_country REFERENCES country,
    team text CONSTRAINT member_team REFERENCES team
);
CREATE UNIQUE INDEX member_email ON member (lower(email)) WHERE active;
-- It fails for some texts.
CREATE INDEX member_share ON member ((100 / (length(email) - 3)));

CREATE TABLE booking (
    id integer CONSTRAINT booking_key PRIMARY KEY,
    owner text,
    room integer,
    during int4range,
    kept boolean,
    CONSTRAINT booking_once EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (kept)
);

-- Partitions, one of which has a rule of its own.
CREATE TABLE visit (
    owner text NOT NULL,
    day date NOT NULL,
    number integer NOT NULL CONSTRAINT visit_number CHECK (number < 10000),
    legacy integer,
    CONSTRAINT visit_key PRIMARY KEY (owner, day, number)
) PARTITION BY RANGE (day);
CREATE TABLE visit_early PARTITION OF visit FOR VALUES FROM (MINVALUE) TO ('2024-04-01');
CREATE TABLE visit_late PARTITION OF visit DEFAULT;
ALTER TABLE visit_late ADD CONSTRAINT visit_late_once EXCLUDE USING gist (number WITH =);
CREATE INDEX visit_share ON visit (owner, (100 / (number + 7)));

-- References to the table itself and in a cycle, by keys that are not the source's.
CREATE TABLE unit (
    number integer CONSTRAINT unit_key PRIMARY KEY,
    owner text,
    above integer CONSTRAINT unit_above REFERENCES unit,
    house integer,
    legacy integer
);
CREATE TABLE house (
    number integer CONSTRAINT house_key PRIMARY KEY,
    owner text,
    unit integer CONSTRAINT house_unit REFERENCES unit,
    legacy integer
);
ALTER TABLE unit ADD CONSTRAINT unit_house FOREIGN KEY (house) REFERENCES house;

-- No key by which a row could be taken back.
CREATE TABLE line (owner text, words text CONSTRAINT line_once UNIQUE);
