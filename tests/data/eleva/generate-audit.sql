-- Fills the legacy audit database (legacy-audit.sql) for `users` Clerk accounts,
-- audit_per_user rows each (default 5).
-- run: psql -v ON_ERROR_STOP=1 -v users=200 [-v audit_per_user=5] [-v plant_X=1] -f generate-audit.sql

\if :{?plant_json_keys} \else \set plant_json_keys 0 \endif

BEGIN;
\ir common.sql

-- The 31 event types of the application with their resource types, then what
-- older releases wrote as free text: an unknown type, one with an ID inside,
-- an unknown resource type, and a resource type that differs in case.
CREATE TEMPORARY TABLE kind AS
SELECT *, row_number() OVER () AS n FROM (VALUES
    ('CREATE_MEDICAL_RECORD', 'medical_record'),
    ('READ_MEDICAL_RECORDS_FOR_MEETING', 'medical_record'),
    ('UPDATE_MEDICAL_RECORD', 'medical_record'),
    ('FAILED_CREATE_MEDICAL_RECORD', 'medical_record'),
    ('FAILED_CREATE_MEDICAL_RECORD_UNAUTHORIZED', 'medical_record'),
    ('FAILED_READ_MEDICAL_RECORDS', 'medical_record'),
    ('FAILED_READ_MEDICAL_RECORDS_UNAUTHORIZED', 'medical_record'),
    ('FAILED_UPDATE_MEDICAL_RECORD', 'medical_record'),
    ('FAILED_UPDATE_MEDICAL_RECORD_UNAUTHORIZED', 'medical_record'),
    ('MEETING_PAYMENT_FAILED', 'meeting'),
    ('MULTIBANCO_EXPIRY_RISK', 'payment_intent'),
    ('EVENT_CREATED', 'event'),
    ('EVENT_UPDATED', 'event'),
    ('EVENT_DELETED', 'event'),
    ('MEETING_CREATED', 'meeting'),
    ('MEETING_UPDATED', 'meeting'),
    ('MEETING_CANCELLED', 'meeting'),
    ('SCHEDULE_UPDATED', 'schedule'),
    ('BLOCKED_DATE_ADDED', 'schedule'),
    ('BLOCKED_DATE_REMOVED', 'schedule'),
    ('PROFILE_PUBLISHED', 'profile'),
    ('PROFILE_UNPUBLISHED', 'profile'),
    ('PRACTITIONER_AGREEMENT_ACCEPTED', 'legal_agreement'),
    ('SECURITY_ALERT_NOTIFIED', 'security_event'),
    ('SECURITY_ALERT_IGNORED', 'security_event'),
    ('FAILED_OPERATION', 'system'),
    ('FAILED_OPERATION_UNAUTHORIZED', 'user'),
    ('SYSTEM_ERROR', 'system'),
    ('PACK_CREATED', 'session_pack'),
    ('PACK_UPDATED', 'session_pack'),
    ('PACK_DELETED', 'session_pack'),
    ('user.login', 'user'),
    ('role changed: ', 'user'),
    ('EXPORT', 'Report (old)'),
    ('SCHEDULE_UPDATED', 'Schedule')) AS v (action, resource_type);

-- Row k: types in turn, accounts in steps of seven, so that each type meets
-- every sort of account.
CREATE TEMPORARY TABLE entry AS
SELECT k, kind.*, account.i, account.clerk_id, account.rank,
       pg_temp.uuid_of('event:' || coalesce(rank, 1) || ':1') AS event_id,
       pg_temp.uuid_of('meeting:' || k % (:users * :meetings_per_user) + 1) AS meeting_id,
       CASE WHEN action LIKE '%\_UNAUTHORIZED' AND (k - 1) / 35 % 2 = 0 THEN 'unknown'
            ELSE clerk_id END AS actor
  FROM generate_series(1, :users * :audit_per_user) AS k
  JOIN kind ON kind.n = (k - 1) % 35 + 1
  JOIN account ON account.i = (7 * (k - 1)) % :users + 1;

INSERT INTO audit_logs (id, "clerkUserId", action, resource_type, resource_id, old_values,
    new_values, ip_address, user_agent, created_at)
SELECT k, actor,
       CASE WHEN action = 'role changed: ' THEN action || clerk_id ELSE action END, resource_type,
       CASE WHEN action = 'READ_MEDICAL_RECORDS_FOR_MEETING' AND (k - 1) / 35 % 2 = 0 THEN clerk_id
            WHEN action LIKE '%MEDICAL_RECORD%' OR action LIKE 'MEETING\_%' AND action <> 'MEETING_CREATED'
                THEN meeting_id::text
            WHEN action LIKE 'EVENT\_%' OR action = 'MEETING_CREATED' THEN event_id::text
            WHEN action LIKE 'SECURITY\_%' THEN 'sess_2' || pg_temp.base62('session:' || k, 26)
            WHEN action = 'MULTIBANCO_EXPIRY_RISK' THEN 'pi_' || k
            WHEN resource_type = 'user' THEN clerk_id
            WHEN resource_type = 'system' THEN CASE WHEN k % 2 = 0 THEN '' END
            WHEN resource_type = 'session_pack' THEN pg_temp.uuid_of('pack:' || i)::text
            WHEN resource_type = 'profile' THEN pg_temp.uuid_of('profile:' || i)::text
            WHEN resource_type ILIKE 'schedule' THEN pg_temp.uuid_of('schedule:' || i)::text
            ELSE k::text END,
       -- Old values: whole rows as the application held them.
       CASE WHEN action IN ('EVENT_UPDATED', 'EVENT_DELETED') THEN
                jsonb_build_object('id', event_id, 'name', pg_temp.prose(k), 'price', 50.10,
                    'isActive', true, 'clerkUserId', clerk_id, 'description', NULL)
            WHEN resource_type ILIKE 'schedule' AND action = 'SCHEDULE_UPDATED' THEN
                jsonb_build_object('clerkUserId', clerk_id, 'timezone', 'Europe/Lisbon',
                    'availabilities', jsonb_build_array(
                        jsonb_build_object('dayOfWeek', 'monday', 'startTime', '09:00',
                            'owner', jsonb_build_object('clerkUserId', clerk_id)),
                        jsonb_build_object('dayOfWeek', 'friday', 'startTime', '9:00')))
            WHEN action = 'PACK_UPDATED' THEN
                jsonb_build_object('clerkUserId', clerk_id, 'sessionsCount', 5) END,
       -- New values: objects with IDs at any depth, as keys, in text and after an
       -- escape; string scalars; JSON null beside SQL NULL.
       CASE WHEN action LIKE '%MEDICAL_RECORD%' THEN
                jsonb_build_object('expertId', clerk_id, 'meetingId', meeting_id,
                    'recordCount', k % 3, 'success', action NOT LIKE 'FAILED%')
            WHEN action = 'MEETING_PAYMENT_FAILED' THEN
                jsonb_build_object('expertId', clerk_id, 'error', pg_temp.prose(k),
                    'amount', 123456789012345678.10)
            WHEN action = 'MEETING_CREATED' THEN
                jsonb_build_object('clerkUserId', clerk_id, 'guestEmail', 'guest@example.net',
                    'guestName', 'Guest "' || k || '"',
                    'guestNotes', E'from\n' || clerk_id || E'\tto x' || clerk_id)
            WHEN action IN ('EVENT_DELETED', 'PACK_DELETED') THEN to_jsonb('User requested deletion'::text)
            WHEN action = 'FAILED_OPERATION_UNAUTHORIZED' THEN to_jsonb(clerk_id)
            WHEN action IN ('EVENT_CREATED', 'EVENT_UPDATED', 'PACK_CREATED', 'PACK_UPDATED') THEN
                jsonb_build_object('id', event_id, 'clerkUserId', clerk_id,
                    'roles', jsonb_build_object(clerk_id, 'host'),
                    'watchers', jsonb_build_array(clerk_id, 'unknown', 7, NULL, true))
            WHEN action = 'SYSTEM_ERROR' THEN 'null'::jsonb
            WHEN resource_type = 'security_event' THEN
                jsonb_build_object('userId', clerk_id, 'link',
                    'https://example.org/u/' || clerk_id || '/sessions?for=' || clerk_id) END,
       (ARRAY['203.0.113.' || k % 256, '2001:db8::' || to_hex(k % 65536), 'Unknown', 'SYSTEM_WEBHOOK',
              'webhook', '10.0.0.1, 198.51.100.2', NULL, '', '::1', '127.0.0.1:5432'])[k % 11],
       (ARRAY['Mozilla/5.0 (X11; Linux x86_64)', 'Unknown', NULL, '', E'odd\tagent\\1', 'bot 🤖'])[k % 6 + 1],
       CASE WHEN k % 97 > 0 THEN timestamp '2024-10-27 00:30:00' + k * interval '641.000001 seconds' END
  FROM entry ORDER BY entry.k;

SELECT setval('audit_logs_id_seq', (SELECT max(id) FROM audit_logs))
\g /dev/null

\if :plant_json_keys
    -- Two accounts of one person as keys of one object: rewritten, they are one key.
    UPDATE audit_logs SET new_values = new_values || jsonb_build_object('roles',
        jsonb_build_object(pg_temp.clerk_id(1), 'host', pg_temp.clerk_id(2), 'guest'))
     WHERE id = 12;
\endif
COMMIT;
ANALYZE;
