-- (a) What a careful engineer writes first: rows and events in one statement, indexes in place.
WITH moved AS (
    INSERT INTO app.meetings
    SELECT m.id, m."eventId", i.workos_user_id, m."guestEmail", m."guestName", m."guestNotes", m."startTime", m."endTime",
           m.timezone, m."meetingUrl", m."stripePaymentIntentId", m."stripePaymentStatus", m."stripeAmount",
           m."createdAt", m."updatedAt"
      FROM legacy.meetings AS m
      JOIN app.idmap AS i ON i.clerk_user_id = m."clerkUserId"
    RETURNING id, workos_user_id
)
INSERT INTO app.audit_logs (id, action, resource_type, resource_id, actor_id, old_values, new_values, run_id)
SELECT gen_random_uuid(), 'ROW_MIGRATED', 'meeting', moved.id::text, 'idmigrate',
       jsonb_build_object('clerkUserId', i.clerk_user_id), jsonb_build_object('workos_user_id', moved.workos_user_id),
       '11111111-1111-4111-8111-111111111111'
  FROM moved
  JOIN app.idmap AS i ON i.workos_user_id = moved.workos_user_id;
