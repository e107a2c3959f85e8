-- What all parts of the case agree on: who exists, under which IDs, and who is
-- in which situation. Everything follows from `users` alone; there is no
-- randomness, so the databases and the ID map agree without talking.
-- Included with \ir; leaves nothing behind but temporary objects.
-- in: psql variable users (number of Clerk accounts, a multiple of 200 for
--     exact counts)

\if :{?users} \else \set users 200 \endif
\if :{?meetings_per_user} \else \set meetings_per_user 3 \endif
\if :{?audit_per_user} \else \set audit_per_user 5 \endif

SET client_min_messages = warning;
SET TimeZone = 'UTC';

-- A UUID of version 4 in form, made from a word.
CREATE FUNCTION pg_temp.uuid_of(word text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT overlay(overlay(md5(word) placing '4' from 13) placing 'a' from 17)::uuid
$$;

-- Base64 of a hash without its two signs is base62: upper case, lower case, digits.
CREATE FUNCTION pg_temp.base62(word text, length integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(translate(encode(sha256(convert_to(word, 'UTF8')), 'base64'), '+/=', 'kW'), length)
$$;

-- Crockford's base 32 has no I, L, O and U.
CREATE FUNCTION pg_temp.crockford(word text, length integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(translate(upper(encode(sha256(convert_to(word, 'UTF8')), 'base64')),
                          'ILOU+/=', 'WXYZ79'), length)
$$;

-- Accounts 17 and 18 are two people whose IDs differ in the case of one letter.
CREATE FUNCTION pg_temp.clerk_id(account integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'user_2' || CASE account
        WHEN 17 THEN overlay(pg_temp.base62('clerk:17', 26) placing 'q' from 12)
        WHEN 18 THEN overlay(pg_temp.base62('clerk:17', 26) placing 'Q' from 12)
        ELSE pg_temp.base62('clerk:' || account, 26) END
$$;

CREATE FUNCTION pg_temp.workos_id(person integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'user_01K' || pg_temp.crockford('workos:' || person, 23)
$$;

CREATE FUNCTION pg_temp.workos_org_id(person integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'org_01K' || pg_temp.crockford('organization:' || person, 23)
$$;

-- Text as people write it, and as COPY, CSV and JSON dislike it.
CREATE FUNCTION pg_temp.prose(counter integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE counter % 19
        WHEN 0 THEN NULL
        WHEN 1 THEN ''
        WHEN 2 THEN 'First visit'
        WHEN 3 THEN 'She said "it''s fine", twice'
        WHEN 4 THEN E'tab\tbetween\ttabs\t'
        WHEN 5 THEN E'line one\nline two\n'
        WHEN 6 THEN E'back\\slash and \\N and \\n and C:\\temp'
        WHEN 7 THEN '\N'
        WHEN 8 THEN '\.'
        WHEN 9 THEN E'windows\r\nlines\r\nand a lone \r'
        WHEN 10 THEN 'emoji 😀👩‍⚕️🇵🇹 end'
        WHEN 11 THEN 'مرحبا بالعالم and שלום'
        WHEN 12 THEN E'combining e\u0301 a\u0308 and zero\u200Bwidth'
        WHEN 13 THEN '  spaces around  '
        WHEN 14 THEN E'vertical \x0b form feed \x0c bell \x07'
        WHEN 15 THEN 'a,b;c|d {curly} [square] $dollar$ :colon'
        WHEN 16 THEN 'null'
        WHEN 17 THEN 'Olá, São João — “aspas” … ¿qué?'
        ELSE 'note ' || counter END
$$;

-- One row an account. See README.md for the situations.
--   person      the account whose WorkOS user this account became
--   deleted     deleted in Clerk: no WorkOS user, not in the ID map
--   has_row     the application made a row in users
--   expert      offers events
--   rank        number among the experts, from 1
--   target      what the new application knows: login, provisioned or nothing
CREATE TEMPORARY TABLE account AS
SELECT a.*,
       CASE WHEN NOT deleted THEN pg_temp.workos_id(person) END AS workos_id,
       CASE WHEN NOT deleted AND target <> 'nothing' THEN pg_temp.workos_org_id(person) END
           AS workos_org_id,
       CASE WHEN expert THEN row_number() OVER (PARTITION BY expert ORDER BY i) END AS rank
  FROM (SELECT i, person,
               pg_temp.clerk_id(i) AS clerk_id,
               'person' || person || '@example.org' AS email,
               i % 20 = 13 AS deleted,
               i % 10 <> 5 AND i % 40 <> 33 AS has_row,
               i % 5 IN (1, 2, 3) OR i % 10 = 5 AS expert,
               CASE WHEN i % 20 = 13 THEN 'nothing'
                    ELSE (ARRAY['login', 'provisioned', 'provisioned', 'nothing'])[person % 4 + 1]
               END AS target
          FROM (SELECT i, CASE WHEN i % 25 = 2 AND i > 1 THEN i - 1 ELSE i END AS person
                  FROM generate_series(1, :users) AS i) AS numbered) AS a;
CREATE UNIQUE INDEX ON account (i);
CREATE UNIQUE INDEX ON account (clerk_id);
CREATE INDEX ON account (rank);
ANALYZE account;
