-- Who is who, as functions of a number; used by data.sql and idmap.sql in their own sessions.
-- old IDs: UUIDs (the `sub` of a user pool); new IDs: auth0|24 hex digits, or google-oauth2|21 digits for every seventh.
CREATE FUNCTION pg_temp.alt(i integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$SELECT md5('sub ' || i)::uuid$$;

-- People with several old accounts have one new one: 9+10, 19+20, 29+30, ...; 11, 12 and 13.
CREATE FUNCTION pg_temp.person(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$SELECT CASE WHEN i % 10 = 0 THEN i - 1 WHEN i IN (12, 13) THEN 11 ELSE i END$$;

CREATE FUNCTION pg_temp.neu(i integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT CASE WHEN pg_temp.person(i) % 7 = 0
              THEN 'google-oauth2|1' || lpad(translate(md5('google ' || pg_temp.person(i)), 'abcdef', '012345'), 20, '0')
              ELSE 'auth0|' || left(md5('auth0 ' || pg_temp.person(i)), 24) END$$;

-- IDs of people who were deleted: in old rows, in no map
CREATE FUNCTION pg_temp.weg(i integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$SELECT md5('weg ' || i)::uuid$$;

CREATE FUNCTION pg_temp.praxis_alt(i integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$SELECT md5('praxis ' || i)::uuid$$;
CREATE FUNCTION pg_temp.praxis_neu(i integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$SELECT md5('neue praxis ' || i)::uuid$$;
