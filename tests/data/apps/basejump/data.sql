-- Fifty people, twelve teams. psql variables as in source.sql.
\set ON_ERROR_STOP on
\if :{?auth} \else \set auth auth \endif
\if :{?app} \else \set app basejump \endif
SET client_min_messages = warning;
SET timezone = 'UTC';
\ir ids.sql
SET search_path = :"app";
BEGIN;
INSERT INTO :"auth".users
SELECT CASE WHEN i % 2 = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid END, pg_temp.supabase(i), 'person' || i || '@example.org', '$2a$10$' || md5(i::text),
       CASE WHEN i % 4 > 0 THEN jsonb_build_object('sub', pg_temp.supabase(i), 'name', 'Ünï ' || i) END,
       timestamptz '2023-01-01 00:00+00' + i * interval '1 day', CASE WHEN i % 3 > 0 THEN timestamptz '2024-01-01 00:00+00' + pg_temp.pick('seen ' || i, 99) * interval '1 day' END,
       CASE WHEN i BETWEEN 45 AND 47 THEN timestamptz '2024-06-01 00:00+00' END
FROM generate_series(1, 50) i;
INSERT INTO :"auth".identities SELECT 'google', 'g' || i, pg_temp.supabase(i) FROM generate_series(1, 50) i WHERE i % 3 = 0;
INSERT INTO config DEFAULT VALUES;

INSERT INTO accounts (id, primary_owner_user_id, name, personal_account, updated_at, created_at, created_by, updated_by, private_metadata)
SELECT pg_temp.supabase(i), pg_temp.supabase(i), 'person' || i, true, CASE WHEN i % 4 > 0 THEN timestamptz '2024-02-01 00:00+00' + pg_temp.pick('acc ' || i, 50) * interval '1 hour' END,
       '2023-01-01 00:00+00', CASE WHEN i % 5 > 0 THEN pg_temp.supabase(i) END, CASE WHEN i % 7 = 0 THEN pg_temp.supabase(45) END,
       jsonb_build_object(pg_temp.supabase(i)::text, jsonb_build_object('teams', jsonb_build_array(pg_temp.team(1 + i % 12), pg_temp.supabase(46)), 'n', 1.000::numeric))
FROM generate_series(1, 50) i;
INSERT INTO accounts (id, primary_owner_user_id, name, slug, updated_at, created_at, created_by)
SELECT pg_temp.team(k), pg_temp.supabase(k * 3), 'Team ' || k, 'team-' || k, '2024-01-01 00:00+00', '2024-01-01 00:00+00', pg_temp.supabase(CASE WHEN k = 5 THEN 47 ELSE k END)
FROM generate_series(1, 12) k;

INSERT INTO account_user SELECT pg_temp.supabase(i), pg_temp.supabase(i), 'owner' FROM generate_series(1, 50) i;
-- 10 and 11, 30 to 32 are in the same teams, as owner with one account and as member with the other
INSERT INTO account_user
SELECT pg_temp.supabase(i), pg_temp.team(k), CASE WHEN i IN (11, 31) OR i = k * 3 THEN 'owner' ELSE 'member' END::account_role
FROM generate_series(1, 50) i, generate_series(1, 12) k
WHERE CASE WHEN i IN (10, 11) THEN k < 4 WHEN i IN (30, 31, 32) THEN k IN (2, 3) ELSE i = k * 3 OR pg_temp.pick('member ' || i || '/' || k, 6) = 0 END;

INSERT INTO invitations
SELECT md5('invitation ' || i)::uuid, 'member', CASE WHEN i % 2 = 0 THEN pg_temp.team(1 + i % 12) ELSE pg_temp.supabase(1 + i % 44) END, md5('token ' || i),
       pg_temp.supabase(1 + i % 44), CASE WHEN i % 3 = 0 THEN 'Team' END, NULL, '2024-03-01 00:00+00', CASE i % 2 WHEN 0 THEN 'one_time' ELSE '24_hour' END::invitation_type
FROM generate_series(1, 80) i;
INSERT INTO billing_customers
SELECT CASE WHEN i > 44 THEN pg_temp.team(i - 44) ELSE pg_temp.supabase(i) END, 'cus_' || pg_temp.base62('cus ' || i, 14), 'billing' || i || '@example.org', i % 2 = 0, 'stripe'
FROM generate_series(1, 56) i;
INSERT INTO billing_subscriptions
SELECT 'sub_' || md5(id), account_id, id, (enum_range(NULL::subscription_status))[1 + pg_temp.pick(id, 7)], jsonb_build_object('account_id', account_id, 'seat', 1), 'price_1', 3, NULL,
       '2024-04-01 00:00+00', CASE WHEN active THEN NULL ELSE timestamptz '2024-05-01 00:00+00' END
FROM billing_customers;

INSERT INTO projects
SELECT md5('project ' || i)::uuid, 'Project ' || i, a, jsonb_build_object('id', md5('project ' || i)::uuid, 'owner', a, 'url', 'https://x.example/' || a || '/live'), i % 9 = 0
FROM (SELECT i, CASE i % 3 WHEN 0 THEN pg_temp.team(1 + i % 12) ELSE pg_temp.supabase(1 + i % 44) END AS a FROM generate_series(1, 120) i) x;
-- what was forked stands before what it was forked from
INSERT INTO threads
SELECT md5('thread ' || i)::uuid, p.account_id, p.project_id, CASE WHEN i > 20 THEN md5('thread ' || i / 2)::uuid END, timestamptz '2024-05-01 00:00+00' + i * interval '1 minute'
FROM generate_series(200, 1, -1) i JOIN projects p ON p.project_id = md5('project ' || (1 + i % 120))::uuid;
INSERT INTO messages
SELECT md5('message ' || i)::uuid, md5('thread ' || (1 + i % 200))::uuid, 'user',
       jsonb_build_object('role', 'user', 'content', 'I am ' || pg_temp.supabase(1 + i % 50) || E'\nand "you"?', 'n', 0.10),
       (CASE WHEN i % 3 > 0 THEN E'{"by" : "' || pg_temp.supabase(1 + i % 50) || E'",\n "cost":1.10, "thread":"' || md5('thread ' || (1 + i % 200))::uuid || '"}' END)::json,
       timestamptz '2024-05-02 00:00+00' + i * interval '1 second'
FROM generate_series(1, 400) i;
COMMIT;
ANALYZE;
