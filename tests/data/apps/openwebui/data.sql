-- Fifty people. psql variable: app, as in source.sql.
\set ON_ERROR_STOP on
\if :{?app} \else \set app public \endif
SET client_min_messages = warning;
SET timezone = 'UTC';
\ir ids.sql
SET search_path = :"app";
BEGIN;
INSERT INTO "user"
SELECT pg_temp.firebase(i), 'Nutzer ' || i, 'user' || i || '@example.net', CASE WHEN i = 1 THEN 'admin' WHEN i % 11 = 0 THEN 'pending' ELSE 'user' END,
       CASE WHEN i % 3 = 0 THEN '/user.png' ELSE '/api/v1/users/' || pg_temp.firebase(i) || '/profile/image' END, CASE WHEN i % 4 = 0 THEN 'sk-' || md5(i::text) END,
       CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '{"ui": {"pinned": ["' || pg_temp.firebase(i) || '"], "width": 1.50}}' WHEN 2 THEN 'null' ELSE '{"b":1,  "a":[]}' END::json,
       CASE WHEN i % 5 = 0 THEN '{"by":"' || pg_temp.firebase(1) || E'", "by2" :\t"none"}' END::json,
       1700000000 + pg_temp.pick('active ' || i, 9000000), 1690000000 + i, 1700000000 + pg_temp.pick('updated ' || i, 1000)
FROM generate_series(1, 50) i;
INSERT INTO auth SELECT id, email, '$2b$' || md5(id), true FROM "user";

-- children stand before parents; 14 and 15 have folders of the same ID
INSERT INTO folder
SELECT 'folder-' || CASE WHEN i = 15 THEN 14 ELSE i END || '-' || k, CASE WHEN k > 1 THEN 'folder-' || CASE WHEN i = 15 THEN 14 ELSE i END || '-' || k / 2 END, pg_temp.firebase(i), 'Ordner ' || k,
       CASE WHEN k = 2 THEN '{"chat_ids": [], "shared_by": "' || pg_temp.firebase(1 + i % 50) || '"}' END::json, NULL, k = 1, 1700000000 + k, 1700000000 + pg_temp.pick('folder ' || i || k, 500)
FROM generate_series(50, 1, -1) i, generate_series(4, 1, -1) k;
INSERT INTO tag SELECT 'tag_' || k, 'Tag ' || k || CASE WHEN i = 15 THEN ' (2)' ELSE '' END, pg_temp.firebase(i), CASE WHEN k = 1 THEN '{"n":1.0}' END::json FROM generate_series(1, 50) i, generate_series(1, 3) k;

INSERT INTO chat
SELECT md5('chat ' || i)::uuid, u, 'Chat ' || i,
       (format(E'{"id":"", "history":{"currentId":"m%s","messages":{"m%s":{"user":"%s","content":"Hi %s!\\n%s again \\u00fc"}}},"tokens":123456789012345678901234567890,"timestamp":1700000000000.0 }', i, i, u, u, u))::json,
       CASE WHEN i % 10 = 0 THEN 'share-' || i END, false, i % 7 = 0, CASE WHEN i % 2 = 0 THEN '{"tags": ["tag_1"], "from": "' || u || '"}' ELSE '{}' END::json,
       CASE WHEN i % 3 = 0 THEN 'folder-' || CASE WHEN p = 15 THEN 14 ELSE p END || '-' || 1 + i % 4 END, 1700000000 + i, 1700000001 + i
FROM (SELECT i, 1 + i % 50 AS p, pg_temp.firebase(1 + i % 50) AS u FROM generate_series(1, 300) i) x;

INSERT INTO "group"
SELECT pg_temp.group_id(k), pg_temp.firebase(k), 'Gruppe ' || k, '', '{}',
       CASE WHEN k = 9 THEN '[]' WHEN k <> 10 THEN (SELECT json_agg(pg_temp.firebase(i) ORDER BY i) FROM generate_series(1, 50) i WHERE i % k = 0 AND i <> 15) END, 1700000000, 1700000000
FROM generate_series(1, 10) k;
INSERT INTO channel
SELECT 'channel-' || k, pg_temp.firebase(k), CASE WHEN k % 2 = 0 THEN 'group' END, 'kanal-' || k, NULL,
       CASE WHEN k % 3 > 0 THEN json_build_object('read', json_build_object('group_ids', json_build_array(pg_temp.group_id(k)), 'user_ids', json_build_array(pg_temp.firebase(k), pg_temp.firebase(k + 1)))) END,
       1700000000000000000 + k, 1700000000000000000 + k, CASE WHEN k = 5 THEN 1700000000000000009 END, CASE WHEN k = 5 THEN pg_temp.firebase(2) END
FROM generate_series(1, 12) k;
INSERT INTO channel_member
SELECT 'cm-' || i || '-' || k, 'channel-' || k, pg_temp.firebase(i), CASE WHEN i = k THEN 'manager' END, true, CASE WHEN i <> k THEN pg_temp.firebase(k) END,
       CASE WHEN i % 6 > 0 THEN 1700000000000000000 + pg_temp.pick('read ' || i || k, 99999) END, 1700000000000000000
FROM generate_series(1, 50) i, generate_series(1, 12) k WHERE i IN (14, 15) OR i = k OR pg_temp.pick('channel member ' || i || '/' || k, 4) = 0;
INSERT INTO message
SELECT 'message-' || i, pg_temp.firebase(1 + pg_temp.pick('author ' || i, 50)), 'channel-' || 1 + i % 12, CASE WHEN i % 5 = 0 AND i > 12 THEN 'message-' || i - 12 END, CASE WHEN i % 4 = 0 AND i > 24 THEN 'message-' || i - 24 END,
       i % 20 = 0, CASE WHEN i % 20 = 0 THEN pg_temp.firebase(3) END, CASE i % 3 WHEN 0 THEN '' WHEN 1 THEN '<@U:' || pg_temp.firebase(1 + i % 50) || '|Nutzer> ✓' ELSE E'no\tID \\ here' END, NULL,
       1700000000000000000 + i, NULL
FROM generate_series(300, 1, -1) i;
-- 14 and 15 liked the same messages
INSERT INTO message_reaction
SELECT 'reaction-' || i || '-' || m, pg_temp.firebase(i), 'message-' || m, CASE WHEN i % 9 = 0 THEN 'star' ELSE 'heart' END, 1700000000000000000 + pg_temp.pick('reaction ' || i || m, 1000)
FROM generate_series(1, 50) i, generate_series(1, 300) m WHERE (i IN (14, 15) AND m <= 20) OR pg_temp.pick('reacts ' || i || '/' || m, 60) = 0;

INSERT INTO access_grant
SELECT DISTINCT ON (type, resource, principal, permission) 'grant-' || i, 'knowledge', resource, type, principal, permission, 1700000000 + i
FROM (SELECT i, 'res-' || i % 40 AS resource, CASE WHEN i % 3 = 0 THEN 'group' ELSE 'user' END AS type,
             CASE WHEN i % 3 = 0 THEN pg_temp.group_id(1 + i % 10) WHEN i % 7 = 0 THEN '*' WHEN i % 5 < 2 THEN pg_temp.firebase(14 + i / 40 % 2) ELSE pg_temp.firebase(1 + pg_temp.pick('grant ' || i, 50)) END AS principal,
             CASE i % 4 WHEN 0 THEN 'write' ELSE 'read' END AS permission FROM generate_series(1, 300) i) x
ORDER BY type, resource, principal, permission, i;
INSERT INTO file
SELECT 'file-' || i, pg_temp.firebase(1 + i % 50), md5(i::text), 'Bericht ' || i || '.pdf', '/data/uploads/' || pg_temp.firebase(1 + i % 50) || '/' || i || '.pdf',
       json_build_object('name', 'Bericht', 'collection_name', 'file-' || i, 'data', json_build_object('user_id', pg_temp.firebase(1 + i % 50))), CASE WHEN i % 2 = 0 THEN '{}' END::json, 1700000000
FROM generate_series(1, 100) i;
-- two people are gone, and a row of a time before there were people
INSERT INTO memory
SELECT md5('memory ' || i)::uuid, CASE WHEN i = 77 THEN '' WHEN i = 78 THEN NULL WHEN i > 75 THEN pg_temp.firebase(1000 + i) ELSE pg_temp.firebase(1 + i % 50) END, 'likes ' || i, 1700000000 + i
FROM generate_series(1, 80) i;
INSERT INTO model
SELECT 'model-' || i, CASE WHEN i % 6 = 0 THEN 'system' ELSE pg_temp.firebase(1 + i % 50) END, NULL, 'Model', '{"author": "' || pg_temp.firebase(1 + i % 50) || '", "temperature": 0.70}',
       CASE WHEN i % 3 = 0 THEN json_build_object('write', json_build_object('user_ids', json_build_array(pg_temp.firebase(2)))) END, true, 1700000000
FROM generate_series(1, 50) i;
INSERT INTO oauth_session SELECT 'os-' || i, pg_temp.firebase(i), 'token', 1800000000 FROM generate_series(1, 50) i;
COMMIT;
ANALYZE;
