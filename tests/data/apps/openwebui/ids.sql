\ir ../ids.sql
-- IDs without any prefix (Firebase: 28 characters) become ones with a short prefix (Okta: 00u and 17 characters)
CREATE FUNCTION pg_temp.firebase(i integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT pg_temp.base62('firebase ' || i, 28)$$;
-- 14 and 15 are one person
CREATE FUNCTION pg_temp.okta(i integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT '00u' || pg_temp.base62('okta ' || CASE i WHEN 15 THEN 14 ELSE i END, 17)$$;
CREATE FUNCTION pg_temp.group_id(k integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT md5('group ' || k)::uuid::text$$;
