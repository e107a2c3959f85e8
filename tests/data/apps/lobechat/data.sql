-- Sixty people and what they left. psql variable: app, as in source.sql.
\set ON_ERROR_STOP on
\if :{?app} \else \set app public \endif
SET client_min_messages = warning;
SET timezone = 'UTC';
\ir ids.sql
SET search_path = :"app";
BEGIN;

INSERT INTO users (id, username, email, avatar, phone, first_name, last_name, full_name, is_onboarded, clerk_created_at, email_verified_at, preference, accessed_at, created_at, updated_at)
SELECT pg_temp.clerk(i), CASE WHEN i % 4 > 0 THEN 'name' || i END, 'user' || i || '@example.com',
       CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '/webapi/user/avatar/' || pg_temp.clerk(i) || '/1.webp' ELSE '😀' END,
       NULL, 'First' || i, '', E'Full\t"' || i || E'"\\', i % 5 = 0, t, CASE WHEN i % 2 = 0 THEN t END,
       CASE WHEN i % 7 = 0 THEN NULL ELSE jsonb_build_object('guide', jsonb_build_object(pg_temp.clerk(i), true), 'invitedBy', pg_temp.clerk(1 + i % 60)) END,
       t, t, t + pg_temp.pick('updated ' || i, 300) * interval '1 day'
FROM (SELECT i, timestamptz '2024-01-01 00:00:00.123456+00' + i * interval '31 hours' AS t FROM generate_series(1, 60) i) x;

INSERT INTO user_settings
SELECT pg_temp.clerk(i), '{"sttLocale": "auto"}', CASE WHEN i % 3 = 0 THEN 'enc:' || md5(i::text) END,
       jsonb_build_object('userId', pg_temp.clerk(i), 'fontSize', 14.50::numeric), NULL, '{}'
FROM generate_series(1, 60) i WHERE i % 5 <> 1;

INSERT INTO user_installed_plugins
SELECT pg_temp.clerk(i), 'plugin-' || p, CASE WHEN p % 2 = 0 THEN 'plugin' ELSE 'customPlugin' END,
       jsonb_build_object('author', pg_temp.clerk(1 + (i + p) % 60)), NULL, '2024-05-01 00:00+00',
       timestamptz '2024-05-01 00:00+00' + CASE WHEN p = 1 THEN 0 ELSE pg_temp.pick('plugin ' || i || p, 200) END * interval '1 hour'
FROM generate_series(1, 60) i, generate_series(1, 4) p WHERE pg_temp.pick('has plugin ' || i || p, 3) > 0;

INSERT INTO ai_providers
SELECT p, pg_temp.clerk(i), initcap(p), 1, i % 2 = 0, CASE WHEN i % 4 = 0 THEN 'enc:' || md5(p || i) END, 'builtin', '{}',
       timestamptz '2024-06-01 00:00+00' + pg_temp.pick(p || i, 200) * interval '1 hour'
FROM generate_series(1, 60) i, unnest(ARRAY['openai', 'anthropic', 'ollama', 'custom/µ']) p WHERE pg_temp.pick('provider ' || p || i, 2) = 0;
INSERT INTO ai_models
SELECT p.id || '-' || m, p.id, p.user_id, 'Model ' || m, NULL, '{"input": 0.000000150}', 128000 * m, '2024-06-0' || m, p.updated_at
FROM ai_providers p, generate_series(1, 2) m;

INSERT INTO session_groups SELECT 'sg_' || i, 'Group ' || i, i, pg_temp.clerk(i), NULL FROM generate_series(1, 60) i WHERE i % 2 = 0;
-- everybody has an inbox: the accounts of one person meet there
INSERT INTO sessions (id, slug, title, user_id, group_id, client_id, pinned, created_at, updated_at)
SELECT 'ssn_' || i || '_' || k, CASE k WHEN 0 THEN 'inbox' ELSE 'slug-' || i || '-' || k END, CASE WHEN k > 0 THEN 'Session ' || k END,
       pg_temp.clerk(i), CASE WHEN i % 2 = 0 AND k > 0 THEN 'sg_' || i END, CASE WHEN k > 0 THEN 'client-' || i || '-' || k END, k = 2,
       '2024-02-01 00:00+00', timestamptz '2024-02-01 00:00+00' + pg_temp.pick('session ' || i, 99) * interval '1 day'
FROM generate_series(1, 60) i, generate_series(0, 2) k;

INSERT INTO agents
SELECT 'agt_' || i || '_' || k, CASE WHEN k = 0 THEN 'agent-slug-' || i END, 'Agent', '["a", "b"]', NULL, pg_temp.clerk(i),
       jsonb_build_object('owner', pg_temp.clerk(i)), NULL, E'You help ' || pg_temp.clerk(i) || E'.\nBe kind.'
FROM generate_series(1, 60) i, generate_series(0, 1) k;
INSERT INTO agents_to_sessions SELECT 'agt_' || i || '_' || k % 2, 'ssn_' || i || '_' || k, pg_temp.clerk(i) FROM generate_series(1, 60) i, generate_series(0, 2) k;

INSERT INTO topics
SELECT 'tpc_' || i || '_' || k, 'Topic ' || k, k = 1, 'ssn_' || i || '_' || k % 3, pg_temp.clerk(i), NULL, CASE WHEN k = 2 THEN '' END,
       CASE WHEN k = 3 THEN jsonb_build_object('by', pg_temp.clerk(i)) END
FROM generate_series(1, 60) i, generate_series(1, 4) k;

-- a later thread hangs on an earlier one, and stands before it
INSERT INTO threads
SELECT 'thd_' || i || '_' || k, NULL, 'continuation', 'active', 'tpc_' || i || '_1', 'msg_' || i || '_' || (k + 4), CASE WHEN k = 2 THEN 'thd_' || i || '_1' END,
       pg_temp.clerk(i), timestamptz '2024-03-01 00:00+00' + i * interval '1 hour'
FROM generate_series(60, 1, -1) i, generate_series(2, 1, -1) k;

-- answers before questions; 20 imported the messages 19 has, 41 and 42 those of 40: equal client_id
INSERT INTO messages (id, role, content, metadata, model, favorite, tools, client_id, user_id, session_id, topic_id, thread_id, parent_id, quota_id, agent_id, created_at, updated_at)
SELECT 'msg_' || i || '_' || k, CASE k % 2 WHEN 0 THEN 'assistant' ELSE 'user' END,
       CASE k WHEN 1 THEN NULL WHEN 2 THEN '' WHEN 3 THEN E'Ask ' || pg_temp.clerk(5) || ' or ' || pg_temp.clerk(6) || E', not x' || pg_temp.clerk(i) || E'.\n\t"ok"\\'
              ELSE '漢字 ' || repeat('text ', i) END,
       CASE k % 3 WHEN 0 THEN jsonb_build_object('mentions', jsonb_build_array(pg_temp.clerk(i), pg_temp.clerk(1 + i % 60)), 'cost', 0.000000123456789012345678901234::numeric) END,
       'model', false, CASE WHEN k = 4 THEN jsonb_build_array(jsonb_build_object('args', '{"user":"' || pg_temp.clerk(i) || '"}')) END,
       CASE WHEN i IN (19, 20) AND k <= 6 THEN 'imported-' || k WHEN i IN (40, 41, 42) AND k IN (2, 3, 8) THEN 'imported-' || k WHEN k % 2 = 0 THEN 'client-' || i || '-' || k END,
       pg_temp.clerk(i), 'ssn_' || i || '_1', 'tpc_' || i || '_1', CASE WHEN k > 6 THEN 'thd_' || i || '_' || (k - 6) END,
       CASE WHEN k > 1 THEN 'msg_' || i || '_' || (k - 1) END, CASE WHEN k = 8 THEN 'msg_' || i || '_1' END, CASE WHEN k % 2 = 0 THEN 'agt_' || i || '_0' END,
       '2024-04-01 00:00+00', timestamptz '2024-04-01 00:00+00' + CASE WHEN k = 3 THEN 0 ELSE pg_temp.pick('message ' || i || ' ' || k, 999) END * interval '1 minute'
FROM generate_series(1, 60) i, generate_series(8, 1, -1) k;

INSERT INTO message_plugins SELECT id, 'call_' || id, 'default', 'search', '{"q": "' || user_id || '"}', jsonb_build_object('by', user_id), user_id FROM messages WHERE id ~ '_[46]$';
INSERT INTO message_translates SELECT id, 'Übersetzung', 'en-US', 'de-DE', user_id FROM messages WHERE id ~ '_[25]$' AND pg_temp.pick(id, 3) > 0;
INSERT INTO global_files SELECT md5('hash ' || i), 'image/png', i, 'files/' || pg_temp.clerk(i) || '/' || i || '.png', pg_temp.clerk(i) FROM generate_series(1, 60) i;
INSERT INTO files
SELECT 'file_' || i || '_' || k, pg_temp.clerk(i), 'image/png', CASE WHEN k = 0 THEN md5('hash ' || i) END, 'f' || k, 1, 'files/' || pg_temp.clerk(i) || '/' || k || '.png', '{}'
FROM generate_series(1, 60) i, generate_series(0, 1) k;
INSERT INTO messages_files SELECT 'file_' || i || '_' || k, 'msg_' || i || '_' || (k + 2), pg_temp.clerk(i) FROM generate_series(1, 60) i, generate_series(0, 1) k;
INSERT INTO nextauth_sessions SELECT md5('s' || i), pg_temp.clerk(i), '2024-12-31' FROM generate_series(1, 60) i;
COMMIT;
ANALYZE;
