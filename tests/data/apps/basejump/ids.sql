\ir ../ids.sql
CREATE FUNCTION pg_temp.supabase(i integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$SELECT overlay(overlay(md5('supabase ' || i) PLACING '4' FROM 13) PLACING 'a' FROM 17)::uuid$$;
-- 11 is 10's second account; 30, 31 and 32 are one person
CREATE FUNCTION pg_temp.workos(i integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT 'user_01' || pg_temp.crockford('workos ' || CASE WHEN i = 11 THEN 10 WHEN i IN (31, 32) THEN 30 ELSE i END, 24)$$;
CREATE FUNCTION pg_temp.team(k integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT md5('team ' || k)::uuid$$;
CREATE FUNCTION pg_temp.org(k integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'org_01' || pg_temp.crockford('org ' || k, 24)$$;
