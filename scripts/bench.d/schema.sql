-- The bench's one database: schema legacy with `rows` meetings of `users` people, schema app with the table they move
-- to, the ID map as a table for the hand-written ways and as CSV for idmigrate.
-- run: psql -v rows=1000000 -v users=100000 -v csv=/tmp/users.csv -f schema.sql
\set ON_ERROR_STOP 1
SET client_min_messages = warning;

CREATE SCHEMA legacy;
CREATE SCHEMA app;

CREATE TABLE app.idmap (clerk_user_id text COLLATE "C" PRIMARY KEY, workos_user_id text COLLATE "C" NOT NULL);
INSERT INTO app.idmap
SELECT 'user_2' || substr(translate(encode(sha256(('old' || n)::bytea), 'base64'), '+/=', 'xyz'), 1, 26),
       'user_01' || translate(upper(substr(encode(sha256(('new' || n)::bytea), 'hex'), 1, 24)), 'ILOU', 'WXYZ')
  FROM generate_series(1, :users) AS n;
\o :csv
COPY (SELECT clerk_user_id, workos_user_id FROM app.idmap ORDER BY 1) TO STDOUT (FORMAT csv, HEADER);
\o

CREATE TABLE app.events (id uuid PRIMARY KEY, name text NOT NULL);
INSERT INTO app.events SELECT gen_random_uuid(), 'event ' || n FROM generate_series(1, :users / 10) AS n;

CREATE TABLE legacy.meetings (
    id                           uuid PRIMARY KEY,
    "eventId"                    uuid NOT NULL,
    "clerkUserId"                text NOT NULL,
    "guestEmail"                 text NOT NULL,
    "guestName"                  text NOT NULL,
    "guestNotes"                 text,
    "startTime"                  timestamp NOT NULL,
    "endTime"                    timestamp NOT NULL,
    timezone                     text NOT NULL,
    "meetingUrl"                 text,
    "stripePaymentIntentId"      text UNIQUE,
    "stripePaymentStatus"        text DEFAULT 'pending',
    "stripeAmount"               integer,
    "createdAt"                  timestamp NOT NULL DEFAULT now(),
    "updatedAt"                  timestamp NOT NULL DEFAULT now()
);

CREATE TABLE app.meetings (
    id                           uuid PRIMARY KEY,
    event_id                     uuid NOT NULL REFERENCES app.events (id) ON DELETE CASCADE,
    workos_user_id               text NOT NULL,
    guest_email                  text NOT NULL,
    guest_name                   text NOT NULL,
    guest_notes                  text,
    start_time                   timestamp NOT NULL,
    end_time                     timestamp NOT NULL,
    timezone                     text NOT NULL,
    meeting_url                  text,
    stripe_payment_intent_id     text,
    stripe_payment_status        text DEFAULT 'pending',
    stripe_amount                integer,
    created_at                   timestamp NOT NULL DEFAULT now(),
    updated_at                   timestamp NOT NULL DEFAULT now(),
    CONSTRAINT meetings_payment_unique UNIQUE (stripe_payment_intent_id)
);
CREATE INDEX meetings_user_idx ON app.meetings (workos_user_id);
CREATE INDEX meetings_event_idx ON app.meetings (event_id);

INSERT INTO legacy.meetings
SELECT gen_random_uuid(), event.id, idmap.clerk_user_id,
       'guest' || n || '@example.org', 'Guest No. ' || n,
       CASE WHEN n % 3 = 0 THEN E'a "note"\tof ' || n || E'\nin two lines, with C:\\path and 🙂' END,
       timestamp '2024-01-01' + n * interval '1 minute', timestamp '2024-01-01 00:45' + n * interval '1 minute',
       'Europe/Lisbon', 'https://meet.example.org/' || md5(n::text),
       CASE WHEN n % 2 = 0 THEN 'pi_' || md5('pi' || n) END, 'succeeded', (n % 20000)::integer,
       timestamp '2024-01-01' + n * interval '1 minute', timestamp '2024-01-01' + n * interval '1 minute'
  FROM generate_series(1, :rows) AS n
  JOIN (SELECT row_number() OVER () AS number, id FROM app.events) AS event ON event.number = n % (:users / 10) + 1
  JOIN (SELECT row_number() OVER () AS number, clerk_user_id FROM app.idmap) AS idmap ON idmap.number = n * 7 % :users + 1;

VACUUM (ANALYZE) legacy.meetings;
VACUUM (ANALYZE) app.idmap;
VACUUM (ANALYZE) app.events;
CHECKPOINT;
