-- What the target's audit log must hold after mappings/eleva-audit.json; see
-- oracle.sql for the surroundings. oracle_in.audit_logs is the legacy log.
-- The keys are made by idmigrate from the legacy number (UUID version 5): here
-- they are taken as they come, and `compare` leaves them out.

BEGIN;
SET LOCAL DateStyle = 'ISO';
SET LOCAL TimeZone = 'UTC';
SET LOCAL search_path = oracle_in, public, pg_temp;

CREATE TEMPORARY TABLE new_action (old text PRIMARY KEY, new text NOT NULL, resource_type text);
INSERT INTO new_action VALUES
    ('CREATE_MEDICAL_RECORD', 'MEDICAL_RECORD_CREATED'),
    ('READ_MEDICAL_RECORDS_FOR_MEETING', 'MEDICAL_RECORD_VIEWED'),
    ('UPDATE_MEDICAL_RECORD', 'MEDICAL_RECORD_UPDATED'),
    ('EVENT_UPDATED', 'EVENT_UPDATED'),
    ('EVENT_DELETED', 'EVENT_DELETED'),
    ('MEETING_CREATED', 'APPOINTMENT_CREATED'),
    ('MEETING_UPDATED', 'APPOINTMENT_UPDATED'),
    ('MEETING_CANCELLED', 'APPOINTMENT_CANCELLED'),
    ('SCHEDULE_UPDATED', 'PROFILE_UPDATED'),
    ('BLOCKED_DATE_ADDED', 'PROFILE_UPDATED'),
    ('BLOCKED_DATE_REMOVED', 'PROFILE_UPDATED'),
    ('PROFILE_PUBLISHED', 'PROFILE_UPDATED'),
    ('PROFILE_UNPUBLISHED', 'PROFILE_UPDATED'),
    ('PRACTITIONER_AGREEMENT_ACCEPTED', 'COMPLIANCE_REPORT_GENERATED'),
    ('SECURITY_ALERT_NOTIFIED', 'SECURITY_ALERT_TRIGGERED'),
    ('SECURITY_ALERT_IGNORED', 'SECURITY_ALERT_TRIGGERED');
-- Two types change the kind of thing they are about as well.
INSERT INTO new_action VALUES
    ('MEETING_PAYMENT_FAILED', 'PAYMENT_FAILED', 'payment'),
    ('EVENT_CREATED', 'PROFILE_UPDATED', 'profile');

CREATE TEMPORARY TABLE new_resource_type (old text PRIMARY KEY, new text NOT NULL);
INSERT INTO new_resource_type VALUES
    ('meeting', 'appointment'), ('schedule', 'profile'), ('payment_intent', 'payment'),
    ('legal_agreement', 'compliance'), ('security_event', 'security');

INSERT INTO public.audit_logs (workos_user_id, org_id, action, resource_type, resource_id, old_values,
    new_values, ip_address, user_agent, metadata, created_at)
SELECT coalesce(actor.workos_user_id, log."clerkUserId"), owner.org_id,
       CASE WHEN new_action.new IS NOT NULL THEN new_action.new
            WHEN log.action ~ '^FAILED_(OPERATION|(CREATE|UPDATE)_MEDICAL_RECORD|READ_MEDICAL_RECORDS)_UNAUTHORIZED$'
                THEN 'UNAUTHORIZED_ACCESS_ATTEMPT'
            ELSE pg_temp.rewritten(log.action, false) END,
       coalesce(new_action.resource_type, new_resource_type.new, log.resource_type),
       pg_temp.rewritten(log.resource_id, false),
       pg_temp.rewritten(log.old_values, true)::jsonb, pg_temp.rewritten(log.new_values, true)::jsonb,
       log.ip_address, log.user_agent,
       jsonb_build_object('legacy', jsonb_build_object(
           'id', log.id::integer, 'action', pg_temp.rewritten(log.action, false),
           'resourceType', log.resource_type, 'createdAt', log.created_at::timestamp,
           'createdAtUnknown', log.created_at IS NULL, 'timezone', 'UTC',
           'sha256', encode(sha256(convert_to(jsonb_build_array(log.id::integer, log."clerkUserId", log.action,
               log.resource_type, log.resource_id, log.old_values::jsonb, log.new_values::jsonb,
               log.ip_address, log.user_agent, log.created_at::timestamp)::text, 'UTF8')), 'hex')))
       || CASE log.action WHEN 'PROFILE_PUBLISHED' THEN '{"action": "publish"}'::jsonb
                          WHEN 'PROFILE_UNPUBLISHED' THEN '{"action": "unpublish"}'
                          WHEN 'PRACTITIONER_AGREEMENT_ACCEPTED' THEN '{"consentType": "practitioner_agreement"}'
                          ELSE '{}' END,
       coalesce(log.created_at::timestamp, 'epoch')
  FROM oracle_in.audit_logs AS log
  LEFT JOIN new_action ON new_action.old = log.action
  LEFT JOIN new_resource_type ON new_resource_type.old = log.resource_type
  LEFT JOIN oracle_in.id_map AS actor ON actor.clerk_user_id = log."clerkUserId"
  LEFT JOIN public.user_org_memberships AS owner
    ON owner.workos_user_id = actor.workos_user_id AND owner.role = 'owner' AND owner.status = 'active'
 ORDER BY log.id::integer;
COMMIT;
