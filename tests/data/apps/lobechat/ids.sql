\ir ../ids.sql
-- 6 differs from 5 in the case of one letter only; the two are two people
CREATE FUNCTION pg_temp.clerk(i integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT 'user_' || CASE i WHEN 5 THEN '2a' WHEN 6 THEN '2A' ELSE '2' || pg_temp.base62('head ' || i, 1) END
         || pg_temp.base62('clerk ' || CASE i WHEN 6 THEN 5 ELSE i END, 25)$$;
-- 20 is 19's second account; 40, 41 and 42 are one person
CREATE FUNCTION pg_temp.workos(i integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT 'user_01' || pg_temp.crockford('workos ' || CASE WHEN i = 20 THEN 19 WHEN i IN (41, 42) THEN 40 ELSE i END, 24)$$;
