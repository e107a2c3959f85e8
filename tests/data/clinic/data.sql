-- Rows of the clinic, the same on every machine. psql variables: n (people, default 60, at least 60),
-- rejects (1: adds people without a new ID, their rows, and a JSON object whose keys would meet), refused (1: adds a row
-- that the target does not take).
\set ON_ERROR_STOP on
\if :{?n} \else \set n 60 \endif
\if :{?rejects} \else \set rejects 0 \endif
\if :{?refused} \else \set refused 0 \endif
SET client_min_messages = warning;
SET timezone = 'UTC';
\ir ids.sql
SET search_path = "legacy app";

CREATE FUNCTION pg_temp.zufall(text, m integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$SELECT (('x' || left(md5($1), 7))::bit(28)::integer) % m$$;
-- 1 .. n, whatever comes in
CREATE FUNCTION pg_temp.jemand(t text, n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$SELECT 1 + pg_temp.zufall(t, n)$$;

BEGIN;

-- ---------------------------------------------------------------- people and practices (a cycle)

INSERT INTO praxis (id, name, leiter_id, adresse, flaeche, oeffnung, pausen)
SELECT pg_temp.praxis_alt(k), 'Praxis Nr. ' || k, pg_temp.alt(k * 3),
       CASE WHEN k % 4 <> 0 THEN ROW('Straße "' || k || '", Hof', lpad((10115 + k)::text, 5, '0'), CASE WHEN k % 2 = 0 THEN '' END)::anschrift END,
       (k * 1.000000001 + 12345)::numeric(14,9),
       CASE WHEN k % 3 = 0 THEN 'empty'::int4range ELSE int4range(k, NULL) END,
       CASE WHEN k % 2 = 0 THEN nummultirange(numrange(k, k + 0.5), numrange(k + 1, k + 2, '[]')) ELSE '{}' END
FROM generate_series(1, :n / 10) k;

-- n first: those who report to somebody stand in the heap before him
INSERT INTO users (id, email, "Anzeige Name", rolle, praxis_id, vorgesetzter_id, einstellungen, angelegt, zuletzt, aktiv, kuerzel)
SELECT pg_temp.alt(i),
       'Person' || i || '@Beispiel.DE',
       CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN 'Zoë "Z" ' || i WHEN 2 THEN E'Tab\there\\' || i WHEN 3 THEN '😀 ' || i ELSE E'O''Neill\n' || i END,
       (ARRAY['arzt', 'pflege', 'empfang', 'ver"waltung'])[1 + i % 4]::rolle,
       CASE WHEN i % 9 <> 0 THEN pg_temp.praxis_alt(1 + i % (:n / 10)) END,
       CASE WHEN i > 1 THEN pg_temp.alt(greatest(i / 3, 1)) END,
       CASE i % 7
            WHEN 1 THEN format(E'{"z":1, "a" : "%s",\n\t"zahl": 12345678901234567890.123456789012345678900, "klein":1E-7,"b":{"%s":{"%s":[true,null,"%s"]}}}',
                               pg_temp.alt(i), pg_temp.alt(i), pg_temp.praxis_alt(1 + i % (:n / 10)), pg_temp.alt(1))
            WHEN 2 THEN format('{"text":"\u00e4\ud83d\ude00 \u0000 \/ \"%s\" ,\n%s", "text":"zweimal\\"}', pg_temp.alt(i), pg_temp.alt(2))
            WHEN 3 THEN repeat('{"k":[', 25) || '"' || pg_temp.alt(i) || '"' || repeat(']}', 25)
            WHEN 4 THEN '"' || pg_temp.alt(i) || '"'
            WHEN 5 THEN format('{"liste":["%s","%s","%s"],"praxis":"%s" }', pg_temp.alt(i), pg_temp.alt(i - 1), pg_temp.weg(i), pg_temp.praxis_alt(1))
            WHEN 6 THEN '[ ]' ELSE NULL END::json,
       timestamptz '2020-02-29 23:59:59.999999+00' + i * interval '17 hours',
       -- ties and NULLs among the accounts of one person: 29+30 equal, 39 NULL, 49+50 both NULL
       CASE WHEN i IN (39, 49, 50) THEN NULL
            WHEN i IN (29, 30) THEN timestamptz '2025-05-05 05:05:05.5+00'
            ELSE timestamptz '2025-01-01 00:00+00' + pg_temp.zufall('zuletzt ' || i, 400) * interval '1 day' END,
       CASE i % 3 WHEN 0 THEN true WHEN 1 THEN false END,
       CASE WHEN i % 4 = 0 THEN NULL WHEN i % 4 = 1 THEN '' ELSE 'k' || i END
FROM generate_series(:n, 1, -1) i;

-- every person in one to three practices; the accounts of one person often in the same one
INSERT INTO mitgliedschaft
SELECT DISTINCT ON (p, u) p, u, (ARRAY['arzt', 'pflege', 'empfang'])[1 + (i + j) % 3]::rolle,
       CASE WHEN (i + j) % 11 <> 0 THEN date '2019-01-01' + pg_temp.zufall('seit ' || i || '/' || j, 2000) END,
       (pg_temp.zufall('anteil ' || i || '/' || j, 10001) / 10000.0)::numeric(5,4)
FROM generate_series(1, :n) i, generate_series(0, 2) j,
     LATERAL (SELECT pg_temp.praxis_alt(1 + (pg_temp.person(i) + j * (1 + i % 2)) % (:n / 10)) AS p, pg_temp.alt(i) AS u) x
WHERE j = 0 OR (i + j) % 2 = 0
ORDER BY p, u, j;

INSERT INTO schicht
SELECT m.praxis_id, m.user_id, date '2025-03-28' + t, time '06:00' + t * interval '37 minutes 0.123456 seconds', timetz '14:00+01' + t * interval '1 hour'
FROM mitgliedschaft m, generate_series(0, 4) t
WHERE pg_temp.zufall(m.user_id::text || t, 3) > 0;

-- ---------------------------------------------------------------- partitioned table

INSERT INTO termin (beginn, dauer, arzt_id, patient_id, zeitraum, preis, notiz, erinnerung)
SELECT beginn, dauer, pg_temp.alt(pg_temp.jemand('arzt ' || i, :n)),
       CASE WHEN i % 6 <> 0 THEN pg_temp.alt(pg_temp.jemand('patient ' || i, :n)) END,
       CASE WHEN i % 10 = 0 THEN 'empty' WHEN i % 10 = 1 THEN NULL ELSE tstzrange(beginn, beginn + interval '1 hour', '(]') END,
       CASE WHEN i % 50 = 0 THEN 'NaN' ELSE (pg_temp.zufall('preis ' || i, 1000000) / 1000.0)::numeric(9,3) END,
       CASE i % 6 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'Zeile 1\nZeile 2\r\n\tTab' WHEN 3 THEN '\N \. "quoted" ''x'' \\' WHEN 4 THEN 'ÄÖÜß 漢字 👩‍⚕️' ELSE repeat('lang ', i % 400) END,
       CASE i % 4 WHEN 0 THEN '{}' WHEN 1 THEN ARRAY[beginn - interval '1 day', NULL, 'infinity'] END::timestamptz[]
FROM (SELECT i, timestamptz '2025-01-01 00:30+00' + pg_temp.zufall('beginn ' || i, 20000) * interval '30 minutes' AS beginn,
             CASE WHEN i % 13 = 0 THEN interval '1 mon 2 days 03:04:05.678' ELSE (15 + i % 90) * interval '1 minute' END AS dauer
      FROM generate_series(1, :n * 8) i) x;
-- two instants that are one local time (end of summer time), the hour that is not there in spring, and eternity
INSERT INTO termin (beginn, dauer, arzt_id, patient_id)
VALUES ('2025-10-26 00:30+00', '1 hour', pg_temp.alt(1), pg_temp.alt(2)),
       ('2025-10-26 01:30+00', '1 hour', pg_temp.alt(1), pg_temp.alt(3)),
       ('2025-03-30 01:00+00', '-1 hour', pg_temp.alt(1), NULL),
       ('infinity', '1 day', pg_temp.alt(9), pg_temp.alt(10));

-- ---------------------------------------------------------------- no key, equal rows

INSERT INTO nachricht
SELECT pg_temp.alt(pg_temp.jemand('von ' || i, :n)),
       CASE i % 8 WHEN 0 THEN NULL WHEN 1 THEN pg_temp.weg(i) ELSE pg_temp.alt(pg_temp.jemand('an ' || i, :n)) END,
       CASE WHEN i % 3 > 0 THEN left(repeat('Betreff ' || i || ' ', 9), 40) END,
       CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE E'Guten Tag,\n\n' || i || E'\t"ja"\\' END,
       timestamp '2025-03-30 02:30:00' + i * interval '11 minutes 1.5 seconds'
FROM generate_series(1, :n * 5) i, generate_series(1, CASE WHEN i % 10 = 0 THEN 3 ELSE 1 END);

-- ---------------------------------------------------------------- names and types

INSERT INTO "Geräte & Räume" ("Größe in m²", "select", "a""b", "$kosten$", "pfad\name", "user", messwert, messwert4, foto,
    code, code4, gekauft, gewartet, garantie, adresse, bits, schalter, zahl, klein, frist, plz, such)
SELECT CASE i % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN 10 ^ -30 WHEN 2 THEN 12345678901234567890.50 ELSE 1.10 END,
       CASE WHEN i % 3 = 0 THEN 'FROM' WHEN i % 3 = 1 THEN '' END,
       'a"b' || i, (i * 1.0625)::numeric(12,4), 'C:\' || i || '\neu',
       CASE WHEN i % 5 <> 0 THEN pg_temp.alt(pg_temp.jemand('gerät ' || i, :n)) END,
       (ARRAY['NaN', 'Infinity', '-Infinity', '-0', '1e-323', '0.1', '1.7976931348623157e308'])[1 + i % 7]::double precision,
       (ARRAY['NaN', 'Infinity', '-0', '1.1754944e-38', '0.1', '16777217'])[1 + i % 6]::real,
       CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE decode(repeat('00ff5c270a0922', i % 20), 'hex') END,
       CASE i % 3 WHEN 0 THEN 'x' WHEN 1 THEN '  y' END, CASE i % 3 WHEN 0 THEN 'ab ' WHEN 1 THEN '' ELSE 'äöüß' END,
       CASE i % 6 WHEN 0 THEN 'infinity' WHEN 1 THEN '0044-03-15 BC' WHEN 2 THEN '-infinity' WHEN 3 THEN '4713-01-01 BC' ELSE date '2024-02-29' + i END::date,
       CASE i % 5 WHEN 0 THEN '0001-01-01 00:00:00 BC' WHEN 1 THEN 'infinity' ELSE timestamp '1999-12-31 23:59:59.999999' + i * interval '1 microsecond' END::timestamp,
       CASE i % 5 WHEN 0 THEN '0099-06-01 12:00:00+00 BC' WHEN 1 THEN '-infinity' ELSE timestamptz '1893-04-01 00:00+00' + i * interval '1 day' END::timestamptz,
       CASE i % 3 WHEN 0 THEN '2001:db8::1/64' WHEN 1 THEN '10.0.0.1' END::inet,
       (i % 32)::bit(5), CASE i % 3 WHEN 0 THEN '' WHEN 1 THEN '101' END::bit varying(9),
       CASE i % 3 WHEN 0 THEN 2147483647 WHEN 1 THEN -2147483648 END, CASE WHEN i % 2 = 0 THEN -32768 ELSE i END,
       CASE i % 3 WHEN 0 THEN '-1 year -2 mons +3 days -04:05:06.789' WHEN 1 THEN 'P0Y' END::interval,
       CASE WHEN i % 4 <> 0 THEN lpad((i * 97)::text, 5, '0') END,
       CASE WHEN i % 2 = 0 THEN to_tsvector('simple', 'Der ''große'' Raum ' || i) END
FROM generate_series(1, 84) i;
DELETE FROM "Geräte & Räume" WHERE id % 17 = 0;      -- holes, and a sequence above the highest key
SELECT nextval('"legacy app"."Geräte & Räume_id_seq"') FROM generate_series(1, 10) \g /dev/null

-- ---------------------------------------------------------------- IDs inside arrays, JSON, text, composites

INSERT INTO dokument (besitzer, geteilt_mit, verfasser, kommentare, rechte, inhalt, kontakt, matrix)
SELECT b,
       CASE i % 8
            WHEN 0 THEN NULL WHEN 1 THEN '{}' WHEN 2 THEN ARRAY[a, NULL, w]
            WHEN 3 THEN ('[0:1]={' || a || ',' || b || '}')::uuid[]
            WHEN 4 THEN ARRAY[ARRAY[a, b], ARRAY[b, NULL]]
            WHEN 5 THEN ('[-3:-2][5:5]={{' || b || '},{' || w || '}}')::uuid[]
            ELSE ARRAY[a, a, b] END,
       CASE i % 5
            WHEN 0 THEN NULL WHEN 1 THEN '{}'
            WHEN 2 THEN ARRAY['system', b::text, NULL, 'NULL', '', 'a,b', '"q"', '{', E'\\', ' leer ', 'é']
            WHEN 3 THEN ('[7:8]={x,' || a || '}')::text[] ELSE ARRAY[[a::text], [b::text]] END,
       CASE i % 4
            WHEN 0 THEN NULL
            WHEN 1 THEN format(E'[ {"von":"%s","text":"Hallo %s, siehe /%s/bild.png","antworten":[{"von":"%s","n":1.0000000000000000000001}]} ,\n 1.0, -0, 1e2 ]', a, b, a, b)
            WHEN 2 THEN format('{"%s":{"gelesen":true},"%s":{"gelesen":false,"um":1700000000000000000001}}', b, w)
            ELSE '{}' END::json,
       CASE i % 4
            WHEN 0 THEN NULL
            WHEN 1 THEN jsonb_build_object(b::text, 'rw', 'praxis', p, 'menge', 12345678901234567890.10::numeric)
            WHEN 2 THEN jsonb_build_object('lesen', jsonb_build_array(a, b, w, 'system'), 'tief', jsonb_build_object(p::text, jsonb_build_object(a::text, 1e20::numeric)))
            ELSE to_jsonb(b::text) END,
       CASE i % 4
            WHEN 0 THEN NULL
            WHEN 1 THEN format(E'Von %s an (%s); Datei /akten/%s-2/scan.pdf\nPraxis:%s', a, b, a, p)
            -- none of these is a whole known ID
            WHEN 2 THEN format('x%s %s0 akte_%s %s %s', a, b, a, upper(b::text), w)
            ELSE '' END,
       CASE WHEN i % 3 = 0 THEN ROW(b::text, date '2024-01-01' + i)::ansprechpartner WHEN i % 3 = 1 THEN ROW('Frau "Doktor", ' || i, NULL)::ansprechpartner END,
       CASE WHEN i % 3 = 0 THEN ARRAY[[1, NULL], [i, -i]] WHEN i % 3 = 1 THEN '[2:3]={1,2}' END::integer[]
FROM (SELECT i, pg_temp.alt(pg_temp.jemand('a ' || i, :n)) AS a, pg_temp.alt(pg_temp.jemand('b ' || i, :n)) AS b, pg_temp.weg(i) AS w,
             pg_temp.praxis_alt(1 + i % (:n / 10)) AS p FROM generate_series(1, :n * 3) i) x;

-- ---------------------------------------------------------------- one row a person, and rows that hang on such rows

INSERT INTO profil (id, user_id, "überMich", geaendert)
SELECT 1000 + i * 7, pg_temp.alt(i), CASE WHEN i % 3 > 0 THEN 'Über mich: ' || i END,
       CASE WHEN i % 12 <> 0 THEN timestamptz '2024-06-01 00:00+00' + pg_temp.zufall('profil ' || i, 300) * interval '1 day' END
FROM generate_series(1, :n) i WHERE i % 4 <> 3 OR i % 10 IN (9, 0);
INSERT INTO profil_sprache
SELECT id, s, 1 + pg_temp.zufall(id || s, 6) FROM profil, unnest(ARRAY['de', 'en', 'tr', 'zh-Hant']) s WHERE pg_temp.zufall(s || id, 2) = 0;
SELECT setval('"legacy app".profil_id_seq', (SELECT max(id) FROM profil)) \g /dev/null

INSERT INTO einstellung
SELECT pg_temp.alt(i), CASE i % 3 WHEN 0 THEN 'dunkel' WHEN 1 THEN 'hell' END,
       -- of different length and sign: as words they have another order
       CASE WHEN i % 5 <> 0 OR i % 4 = 0 THEN (pg_temp.zufall('zugriff ' || i, 1000) - 300) * (ARRAY[1, 1000, 10])[1 + i % 3] END
FROM generate_series(1, :n) i WHERE i % 6 <> 1;

INSERT INTO freigabe
SELECT DISTINCT ON (1, 2, 3) d.besitzer, pg_temp.alt(i), d.id, (ARRAY['lesen', 'schreiben'])[1 + i % 2]
FROM dokument d, generate_series(1, :n) i
WHERE pg_temp.zufall('freigabe ' || d.id || '/' || pg_temp.person(i), :n) < 2
  AND NOT EXISTS (SELECT FROM generate_series(1, :n) j WHERE pg_temp.alt(j) = d.besitzer AND pg_temp.person(j) = pg_temp.person(i))
ORDER BY 1, 2, 3;

INSERT INTO "order" ("user", "table", "from")
SELECT pg_temp.alt(pg_temp.jemand('order ' || i, :n)), 'tisch ' || i % 9, timestamp '2025-01-01' + i * interval '1 second' FROM generate_series(1, :n) i;

INSERT INTO rechnung
SELECT i * 1000000007::bigint, pg_temp.alt(pg_temp.jemand('rechnung ' || i, :n)), i * 1.11, CASE WHEN i % 4 > 0 THEN date '2025-01-31' + i END, i % 3 = 0
FROM generate_series(1, :n * 2) i;

INSERT INTO akte SELECT i, pg_temp.alt(pg_temp.jemand('akte ' || i, :n)), 'Akte ' || i, i % 10 = 0 FROM generate_series(1, :n) i;
INSERT INTO "akte 2019" SELECT i + 1000, pg_temp.alt(pg_temp.jemand('akte 2019 ' || i, :n)), 'Akte 2019-' || i, i % 7 = 0 FROM generate_series(1, :n / 3) i;
INSERT INTO akte_alt SELECT i + 5, pg_temp.alt(pg_temp.jemand('akte_alt ' || i, :n)), 'alte Akte ' || i, false, date '2010-01-01' + i FROM generate_series(1, :n / 2) i;

INSERT INTO sitzung SELECT md5('token ' || i), pg_temp.alt(i) FROM generate_series(1, :n) i;
INSERT INTO "Sitzung.alt/2019" SELECT md5('alt ' || i), pg_temp.weg(i) FROM generate_series(1, 5) i;

INSERT INTO "Archiv$2"."Protokoll" (benutzer, betrifft, aktion, am, daten)
SELECT CASE i % 9 WHEN 0 THEN NULL WHEN 1 THEN 'system' WHEN 2 THEN 'unbekannt' WHEN 3 THEN '' WHEN 4 THEN pg_temp.weg(i)::text
                  WHEN 5 THEN pg_temp.neu(1) ELSE pg_temp.alt(pg_temp.jemand('wer ' || i, :n))::text END,
       -- a person or a practice in one column
       CASE i % 3 WHEN 0 THEN pg_temp.praxis_alt(1 + i % (:n / 10))::text WHEN 1 THEN pg_temp.alt(pg_temp.jemand('was ' || i, :n))::text END,
       (ARRAY['LOGIN', 'LOGOUT', 'DELETE', 'sonst was'])[1 + i % 4],
       timestamp '2025-10-26 02:30:00' + i * interval '1 hour',
       CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN jsonb_build_object('wer', pg_temp.alt(pg_temp.jemand('wer ' || i, :n)), 'nr', 0.30) ELSE '[]' END
FROM generate_series(1, :n * 4) i;
INSERT INTO "Archiv$2"."Alt" VALUES (1);

\if :rejects
INSERT INTO users (id, email, rolle, vorgesetzter_id, angelegt)
SELECT pg_temp.weg(1000 + i), 'weg' || i || '@beispiel.de', 'pflege', pg_temp.alt(1), '2020-01-01 00:00+00' FROM generate_series(1, 3) i;
UPDATE users SET vorgesetzter_id = pg_temp.weg(1001) WHERE id = pg_temp.alt(2);
INSERT INTO mitgliedschaft SELECT pg_temp.praxis_alt(1), pg_temp.weg(1000 + i), 'pflege', '2020-01-01', 1 FROM generate_series(1, 2) i;
INSERT INTO einstellung SELECT pg_temp.weg(1000 + i), 'dunkel', i FROM generate_series(1, 3) i;
INSERT INTO nachricht SELECT pg_temp.weg(1000 + i % 3 + 1), pg_temp.alt(1), 'von niemand', NULL, '2025-01-01' FROM generate_series(1, 7) i;
INSERT INTO dokument (besitzer, rechte, inhalt)
VALUES (pg_temp.alt(1), jsonb_build_object(pg_temp.alt(9)::text, 'r', pg_temp.alt(10)::text, 'w'), 'Schlüsselkonflikt');
\endif

\if :refused
-- 19 shares with 20, who is the same person: fine for every ID, and the target has a CHECK against it
INSERT INTO freigabe SELECT pg_temp.alt(19), pg_temp.alt(20), min(id), 'lesen' FROM dokument;
\endif

-- ---------------------------------------------------------------- the new application is in use already

INSERT INTO neu.praxis_zuordnung SELECT pg_temp.praxis_alt(k), pg_temp.praxis_neu(k) FROM generate_series(1, :n / 10) k;
-- 3 has logged in, 9 (who is also 10) has, and somebody who never was in the old application
INSERT INTO neu."Benutzer" (id, email, name, rolle, angelegt, login_nr, bemerkung) OVERRIDING SYSTEM VALUE
VALUES (pg_temp.neu(3), 'Neu3@beispiel.de', 'Drei, neu', 'empfang', '2026-01-01 00:00+00', 900003, 'hat sich schon angemeldet'),
       (pg_temp.neu(9), 'Neu9@beispiel.de', 'Neun, neu', 'empfang', '2026-01-02 00:00+00', 900009, DEFAULT),
       ('auth0|ffffffffffffffffffffffff', 'fremd@beispiel.de', 'Fremd', 'empfang', '2026-01-03 00:00+00', 900010, NULL);
SELECT setval('neu."Benutzer_login_nr_seq"', 900010) \g /dev/null
INSERT INTO neu.einstellung VALUES (pg_temp.neu(3), 'neu', 1);

COMMIT;
ANALYZE;
