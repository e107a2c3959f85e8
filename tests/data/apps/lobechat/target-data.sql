-- The new application is in use: 3 and 41 (who is 40 and 42 too) have logged in, and a stranger.
\set ON_ERROR_STOP on
SELECT to_regprocedure('pg_temp.clerk(integer)') IS NULL AS needs_ids \gset
\if :needs_ids
\ir ids.sql
\endif
SET search_path = public;
INSERT INTO users (id, username, email, accessed_at, created_at, updated_at)
VALUES (pg_temp.workos(3), 'three', 'user3@example.com', '2025-01-01 00:00+00', '2025-01-01 00:00+00', '2025-01-01 00:00+00'),
       (pg_temp.workos(41), NULL, 'forty@example.com', '2025-01-01 00:00+00', '2025-01-01 00:00+00', '2025-01-01 00:00+00'),
       ('user_01' || repeat('0', 24), 'stranger', 'stranger@example.com', '2025-01-01 00:00+00', '2025-01-01 00:00+00', '2025-01-01 00:00+00');
INSERT INTO user_settings (id, general) VALUES (pg_temp.workos(3), '{"fontSize": 99}');
INSERT INTO sessions (id, slug, user_id, created_at, updated_at) VALUES ('ssn_new_3', 'inbox', pg_temp.workos(3), '2025-01-01 00:00+00', '2025-01-01 00:00+00');
