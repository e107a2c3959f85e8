-- What a careful engineer writes to check the move: the same sums on both sides. psql -v run=UUID.
-- Rows: md5 of each row's text as it must have become, added up, so that order does not matter.
\set ON_ERROR_STOP 1
CREATE TEMP VIEW expected AS
SELECT m.id, m."eventId" AS event_id, i.workos_user_id, m."guestEmail" AS guest_email, m."guestName" AS guest_name,
       m."guestNotes" AS guest_notes, m."startTime" AS start_time, m."endTime" AS end_time, m.timezone,
       m."meetingUrl" AS meeting_url, m."stripePaymentIntentId" AS stripe_payment_intent_id,
       m."stripePaymentStatus" AS stripe_payment_status, m."stripeAmount" AS stripe_amount,
       m."createdAt" AS created_at, m."updatedAt" AS updated_at
  FROM legacy.meetings AS m
  JOIN app.idmap AS i ON i.clerk_user_id = m."clerkUserId";
SELECT s.count = t.count AND s.sum = t.sum AS rows_are_equal
  FROM (SELECT count(*), sum(('x' || substr(md5(e::text), 1, 16))::bit(64)::bigint) FROM expected AS e) AS s,
       (SELECT count(*), sum(('x' || substr(md5(m::text), 1, 16))::bit(64)::bigint) FROM app.meetings AS m) AS t \gset
-- IDs: nothing but new IDs of the map.
SELECT count(*) = 0 AS ids_are_new FROM app.meetings AS m
 WHERE NOT EXISTS (SELECT FROM app.idmap AS i WHERE i.workos_user_id = m.workos_user_id) \gset
-- Events: one for each row, with its old and its new ID.
SELECT s.count = t.count AND s.sum = t.sum AS events_are_right
  FROM (SELECT count(*), sum(('x' || substr(md5(row(m.id::text, i.clerk_user_id, i.workos_user_id)::text), 1, 16))::bit(64)::bigint)
          FROM legacy.meetings AS m JOIN app.idmap AS i ON i.clerk_user_id = m."clerkUserId") AS s,
       (SELECT count(*), sum(('x' || substr(md5(row(resource_id, old_values ->> 'clerkUserId',
                                                    new_values ->> 'workos_user_id')::text), 1, 16))::bit(64)::bigint)
          FROM app.audit_logs WHERE run_id = :'run') AS t \gset
\if :rows_are_equal
    \if :ids_are_new
        \if :events_are_right
            \q
        \endif
    \endif
\endif
\echo 'different:' :rows_are_equal :ids_are_new :events_are_right
SELECT 1 / 0;
