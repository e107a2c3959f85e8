-- The new application is in use: all teams are organizations there; 2 and 31 (who is 30 and 32 too) have logged in and
-- have an account.
\set ON_ERROR_STOP on
SELECT to_regprocedure('pg_temp.org(integer)') IS NULL AS needs_ids \gset
\if :needs_ids
\ir ids.sql
\endif
SET search_path = basejump;
INSERT INTO config DEFAULT VALUES;
INSERT INTO organizations SELECT pg_temp.org(k), pg_temp.team(k), 'Team ' || k FROM generate_series(1, 12) k;
INSERT INTO organizations VALUES ('org_01' || repeat('0', 24), NULL, 'made in the new application');
INSERT INTO users (id, email, created_at) SELECT pg_temp.workos(i), 'person' || i || '@example.org', '2025-01-01 00:00+00' FROM unnest(ARRAY[2, 31]) i;
INSERT INTO accounts (id, user_id, primary_owner_user_id, name, personal_account, updated_at)
SELECT id, id, id, 'new', true, '2025-01-01 00:00+00' FROM users;
INSERT INTO account_user SELECT id, id, 'admin' FROM users;
