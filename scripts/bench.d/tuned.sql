-- (b) The fastest hand-written SQL: one transaction, indexes and constraints dropped before and rebuilt after.
BEGIN;
SET LOCAL maintenance_work_mem = '512MB';
SET LOCAL work_mem = '256MB';
ALTER TABLE app.meetings DROP CONSTRAINT meetings_pkey, DROP CONSTRAINT meetings_payment_unique,
    DROP CONSTRAINT meetings_event_id_fkey;
DROP INDEX app.meetings_user_idx, app.meetings_event_idx;
INSERT INTO app.meetings
SELECT m.id, m."eventId", i.workos_user_id, m."guestEmail", m."guestName", m."guestNotes", m."startTime", m."endTime",
       m.timezone, m."meetingUrl", m."stripePaymentIntentId", m."stripePaymentStatus", m."stripeAmount",
       m."createdAt", m."updatedAt"
  FROM legacy.meetings AS m
  JOIN app.idmap AS i ON i.clerk_user_id = m."clerkUserId";
INSERT INTO app.audit_logs (id, action, resource_type, resource_id, actor_id, old_values, new_values, run_id)
SELECT gen_random_uuid(), 'ROW_MIGRATED', 'meeting', m.id::text, 'idmigrate',
       jsonb_build_object('clerkUserId', m."clerkUserId"), jsonb_build_object('workos_user_id', i.workos_user_id),
       '11111111-1111-4111-8111-111111111111'
  FROM legacy.meetings AS m
  JOIN app.idmap AS i ON i.clerk_user_id = m."clerkUserId";
ALTER TABLE app.meetings ADD CONSTRAINT meetings_pkey PRIMARY KEY (id),
    ADD CONSTRAINT meetings_payment_unique UNIQUE (stripe_payment_intent_id);
CREATE INDEX meetings_user_idx ON app.meetings (workos_user_id);
CREATE INDEX meetings_event_idx ON app.meetings (event_id);
ALTER TABLE app.meetings ADD CONSTRAINT meetings_event_id_fkey
    FOREIGN KEY (event_id) REFERENCES app.events (id) ON DELETE CASCADE;
COMMIT;
