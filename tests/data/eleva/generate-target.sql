-- Fills the target (target.sql) with what is there before the migration: the
-- organizations, users and memberships that logins and provisioning made for a
-- part of the people, newcomers the legacy database never knew, and a little of
-- the new application's own data.
-- run: psql -v ON_ERROR_STOP=1 -v users=200 [-v target_categories=0] [-v plant_X=1] -f generate-target.sql

\if :{?target_categories} \else \set target_categories 1 \endif
\if :{?plant_two_orgs} \else \set plant_two_orgs 0 \endif
\if :{?plant_serial} \else \set plant_serial 0 \endif
\if :{?plant_unique} \else \set plant_unique 0 \endif
\if :{?plant_not_null} \else \set plant_not_null 0 \endif
\if :{?plant_narrow} \else \set plant_narrow 0 \endif
\if :{?plant_trigger} \else \set plant_trigger 0 \endif
\if :{?plant_rls} \else \set plant_rls 0 \endif

BEGIN;
\ir common.sql

-- People with something in the target: one row a person, not an account.
CREATE TEMPORARY TABLE known AS
SELECT i, workos_id, workos_org_id, email, expert, target = 'login' AS login,
       pg_temp.uuid_of('org:' || i) AS org_id
  FROM account WHERE i = person AND target <> 'nothing'
UNION ALL
SELECT i, pg_temp.workos_id(i), pg_temp.workos_org_id(i), 'newcomer' || i || '@example.com',
       i % 2 = 0, true, pg_temp.uuid_of('org:' || i)
  FROM generate_series(:users + 1, :users + :users / 10) AS i;

INSERT INTO organizations (id, workos_org_id, slug, name, type, created_at, updated_at)
SELECT org_id, workos_org_id, 'user-' || workos_id,
       CASE WHEN expert THEN 'Person ' || i || '''s Practice' ELSE 'Person ' || i || '''s Account' END,
       CASE WHEN expert THEN 'expert_individual' ELSE 'patient_personal' END,
       timestamp '2026-01-10' + i * interval '1 second', timestamp '2026-01-10'
  FROM known ORDER BY i;
INSERT INTO organizations (id, workos_org_id, slug, name, type)
VALUES (pg_temp.uuid_of('org:clinic'), pg_temp.workos_org_id(-1), 'clinic', 'Clínica "Sol"', 'clinic'),
       (pg_temp.uuid_of('org:closed'), pg_temp.workos_org_id(-2), 'closed', 'Closed', 'clinic');

-- Everybody owns one organization; some are members of the clinic, and some
-- once owned the closed one. Only active owners count for org_id.
INSERT INTO user_org_memberships (id, workos_user_id, org_id, role, status, joined_at, created_at, updated_at)
SELECT pg_temp.uuid_of('membership:' || role || status || i), workos_id, org, role, status,
       timestamp '2026-01-10', timestamp '2026-01-10', timestamp '2026-01-10'
  FROM (SELECT i, workos_id, org_id AS org, 'owner' AS role, 'active' AS status FROM known
        UNION ALL
        SELECT i, workos_id, pg_temp.uuid_of('org:clinic'), 'member', 'active' FROM known WHERE i % 8 = 4
        UNION ALL
        SELECT i, workos_id, pg_temp.uuid_of('org:closed'), 'owner', 'suspended' FROM known
         WHERE i % 40 = 20) AS membership
 ORDER BY i, role;

INSERT INTO users (id, workos_user_id, email, username, role, image_url, theme, language, created_at, updated_at)
SELECT pg_temp.uuid_of('target-user:' || i), workos_id, email,
       CASE WHEN i % 3 = 0 THEN 'person' || i END,
       (ARRAY['user', 'expert_top', 'admin'])[i % 3 + 1], 'https://workos.example.org/' || i,
       CASE WHEN i % 5 = 0 THEN 'dark' ELSE 'light' END, CASE WHEN i % 2 = 0 THEN 'pt' ELSE 'en' END,
       timestamp '2026-01-11' + i * interval '1 second', timestamp '2026-01-12'
  FROM known WHERE login ORDER BY i;

INSERT INTO roles (id, workos_user_id, role)
SELECT pg_temp.uuid_of('role:' || i), workos_id, 'expert_top' FROM known WHERE login AND i % 3 = 1;

INSERT INTO expert_setup (id, workos_user_id, org_id, profile_completed, created_at, updated_at)
SELECT pg_temp.uuid_of('setup:' || i), workos_id, org_id, i % 2 = 0, timestamp '2026-01-11', timestamp '2026-01-11'
  FROM known WHERE login AND expert ORDER BY i;

-- Experts who set themselves up anew: pairs (i % 100 = 76) and others (8).
INSERT INTO profiles (id, org_id, workos_user_id, first_name, last_name, published, created_at, updated_at)
SELECT pg_temp.uuid_of('target-profile:' || i), org_id, workos_id, 'New', 'Profile', true,
       timestamp '2026-01-12', timestamp '2026-01-12'
  FROM known WHERE i % 100 IN (8, 76) AND i <= :users ORDER BY i;
INSERT INTO schedules (id, org_id, workos_user_id, timezone, created_at, updated_at)
SELECT pg_temp.uuid_of('target-schedule:' || i), org_id, workos_id, 'Europe/Madrid',
       timestamp '2026-01-12', timestamp '2026-01-12'
  FROM known WHERE i % 100 IN (8, 76) AND i <= :users ORDER BY i;
INSERT INTO schedule_availabilities (id, schedule_id, start_time, end_time, day_of_week)
SELECT pg_temp.uuid_of('target-availability:' || i || d), pg_temp.uuid_of('target-schedule:' || i),
       '10:00', '11:00', d::day
  FROM known, unnest(ARRAY['monday', 'sunday']) AS d WHERE i % 100 IN (8, 76) AND i <= :users ORDER BY i, d;

-- Data of newcomers, who came from nowhere.
INSERT INTO events (id, org_id, workos_user_id, name, slug, duration_in_minutes, created_at, updated_at)
SELECT pg_temp.uuid_of('target-event:' || i), org_id, workos_id, 'New event', 'new-event', 45,
       timestamp '2026-01-13', timestamp '2026-01-13'
  FROM known WHERE i > :users AND expert ORDER BY i;
INSERT INTO meetings (id, org_id, event_id, workos_user_id, guest_email, guest_name, start_time, end_time,
    timezone, stripe_payment_intent_id, created_at, updated_at)
SELECT pg_temp.uuid_of('target-meeting:' || i), org_id, pg_temp.uuid_of('target-event:' || i), workos_id,
       'guest@example.com', 'Guest', timestamp '2026-02-01', timestamp '2026-02-01 00:45', 'UTC',
       'pi_new_' || i, timestamp '2026-01-13', timestamp '2026-01-13'
  FROM known WHERE i > :users AND expert ORDER BY i;
INSERT INTO audit_logs (id, workos_user_id, org_id, action, resource_type, resource_id, new_values, metadata, created_at)
SELECT pg_temp.uuid_of('target-audit:' || i), workos_id, org_id, 'PROFILE_VIEWED', 'profile', workos_id,
       NULL, '{"via": "app"}', timestamp '2026-01-14' + i * interval '1 second'
  FROM known WHERE login AND i % 2 = 0 ORDER BY i;

\if :target_categories
    -- Two categories the new application was seeded with; the others are missing.
    INSERT INTO categories (id, name, description, created_at, updated_at)
    VALUES (pg_temp.uuid_of('target-category:7'), 'Nutrition', 'seeded', timestamp '2026-01-01', timestamp '2026-01-01'),
           (pg_temp.uuid_of('target-category:9'), 'Sleep medicine', NULL, timestamp '2026-01-01', timestamp '2026-01-01');
\endif

-- Plants.
\if :plant_two_orgs
    INSERT INTO user_org_memberships (workos_user_id, org_id, role)
    VALUES (pg_temp.workos_id(8), pg_temp.uuid_of('org:clinic'), 'owner');
\endif
\if :plant_serial
    -- The application has taken a number that a legacy row bears.
    INSERT INTO blocked_dates (id, workos_user_id, date) VALUES (12, pg_temp.workos_id(4), '2026-05-01');
\endif
\if :plant_unique
    -- A meeting of the new application holds a payment that a legacy meeting holds.
    INSERT INTO meetings (event_id, workos_user_id, guest_email, guest_name, start_time, end_time,
        timezone, stripe_payment_intent_id)
    SELECT id, workos_user_id, 'g@example.com', 'G', now(), now(), 'UTC', 'pi_1' FROM events
     ORDER BY id LIMIT 1;
\endif
\if :plant_not_null
    ALTER TABLE records ADD COLUMN retain_until timestamptz NOT NULL;
\endif
\if :plant_narrow
    ALTER TABLE meetings ALTER COLUMN guest_name TYPE varchar(5);
\endif
\if :plant_trigger
    CREATE FUNCTION public.touch_meeting() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.updated_at := now(); RETURN NEW; END';
    CREATE TRIGGER touch_meeting BEFORE INSERT ON meetings
        FOR EACH ROW EXECUTE FUNCTION public.touch_meeting();
\endif
\if :plant_rls
    -- Forced, so that it holds for the owner too (for a superuser it never does).
    ALTER TABLE events ENABLE ROW LEVEL SECURITY;
    ALTER TABLE events FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON events USING (workos_user_id = current_setting('app.user_id', true));
\endif
COMMIT;
ANALYZE;
