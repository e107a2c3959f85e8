-- (d) What people write in a script: each row looked up, inserted, logged and committed, one round trip a statement.
-- run: psql -v sample=20000 -f row-by-row.sql
\set ON_ERROR_STOP 1
\timing off
PREPARE move_row (uuid) AS
INSERT INTO app.meetings
SELECT m.id, m."eventId", i.workos_user_id, m."guestEmail", m."guestName", m."guestNotes", m."startTime", m."endTime",
       m.timezone, m."meetingUrl", m."stripePaymentIntentId", m."stripePaymentStatus", m."stripeAmount",
       m."createdAt", m."updatedAt"
  FROM legacy.meetings AS m
  JOIN app.idmap AS i ON i.clerk_user_id = m."clerkUserId"
 WHERE m.id = $1;
PREPARE log_row (uuid) AS
INSERT INTO app.audit_logs (id, action, resource_type, resource_id, actor_id, run_id)
VALUES (gen_random_uuid(), 'ROW_MIGRATED', 'meeting', $1::text, 'idmigrate', '11111111-1111-4111-8111-111111111111');
SELECT 'BEGIN', format('EXECUTE move_row(%L)', id), format('EXECUTE log_row(%L)', id), 'COMMIT'
  FROM legacy.meetings LIMIT :sample \gexec
