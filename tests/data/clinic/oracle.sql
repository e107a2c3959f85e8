-- What a migration of the clinic has to produce, written by hand. Reads the ID map of the people (CSV) from standard
-- input. Nothing here knows of chunks, plans or workers: every table is one statement over the whole old application.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET timezone = 'UTC';
BEGIN;
CREATE SCHEMA oracle;
SET LOCAL search_path = oracle;

CREATE TABLE person (alt uuid PRIMARY KEY, neu text NOT NULL);
\copy oracle.person from pstdin (format csv, header, delimiter ';')
CREATE TABLE praxis AS SELECT "Alt" AS alt, "Neu" AS neu FROM neu.praxis_zuordnung;
CREATE TABLE alle AS SELECT alt::text, neu FROM person UNION ALL SELECT alt::text, neu::text FROM praxis;

-- Every known ID in a text, where it is not part of a longer word. JSON text: what follows the escapes of a line end or
-- a tab begins a word.
CREATE FUNCTION ersetzt(t text) RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE m record;
BEGIN
    FOR m IN SELECT * FROM oracle.alle WHERE strpos(t, alt) > 0 LOOP
        t := regexp_replace(t, '(?:(?<![[:alnum:]_])|(?<=\\[nrt]))' || m.alt || '(?![[:alnum:]_])', m.neu, 'g');
    END LOOP;
    RETURN t;
END$$;

-- ---------------------------------------------------------------- people and practices

-- One row stays of several accounts: the one seen last; unseen loses; then the smallest old ID.
CREATE TABLE mensch AS
SELECT u.*, p.neu, row_number() OVER (PARTITION BY p.neu ORDER BY u.zuletzt DESC NULLS LAST, u.id::text COLLATE "C") AS rang,
       v.neu AS vorgesetzter_neu, x.neu AS praxis_neu,
       EXISTS (SELECT FROM neu."Benutzer" b WHERE b.id = p.neu) AS schon_da
FROM "legacy app".users u JOIN person p ON p.alt = u.id
     LEFT JOIN person v ON v.alt = u.vorgesetzter_id LEFT JOIN praxis x ON x.alt = u.praxis_id;

-- both tables in one statement: each refers to the other
WITH p AS (
    INSERT INTO neu.praxis
    SELECT x.neu, o.name, l.neu,
           CASE WHEN o.adresse IS DISTINCT FROM NULL
                THEN ROW((o.adresse).strasse, (o.adresse).plz::text, (o.adresse)."Ort, Zusatz")::"Zentrale".anschrift END,
           o.flaeche, o.oeffnung, o.pausen
    FROM "legacy app".praxis o JOIN praxis x ON x.alt = o.id JOIN person l ON l.alt = o.leiter_id)
INSERT INTO neu."Benutzer" (id, email, name, rolle, praxis_id, vorgesetzter_id, einstellungen, angelegt, zuletzt, aktiv, login_nr, kuerzel)
OVERRIDING SYSTEM VALUE
SELECT neu, email, coalesce("Anzeige Name", split_part(email, '@', 1)), rolle::text::"Zentrale".rolle, praxis_neu, vorgesetzter_neu,
       ersetzt(einstellungen::text)::json, angelegt, zuletzt, aktiv, login_nr, kuerzel
FROM mensch WHERE rang = 1 AND NOT schon_da;

UPDATE neu."Benutzer" b
SET rolle = m.rolle::text::"Zentrale".rolle, praxis_id = m.praxis_neu, vorgesetzter_id = m.vorgesetzter_neu,
    einstellungen = ersetzt(m.einstellungen::text)::json
FROM mensch m WHERE m.neu = b.id AND m.rang = 1 AND m.schon_da;

INSERT INTO neu.mitgliedschaft
SELECT DISTINCT ON (p.neu, x.neu) p.neu, x.neu, m.rolle::text::"Zentrale".rolle, m.seit, m.anteil
FROM "legacy app".mitgliedschaft m JOIN person p ON p.alt = m.user_id JOIN praxis x ON x.alt = m.praxis_id
ORDER BY p.neu, x.neu, m.seit ASC NULLS LAST, m.praxis_id::text COLLATE "C", m.user_id::text COLLATE "C";

INSERT INTO neu.schicht
SELECT DISTINCT ON (s.tag, p.neu, x.neu) s.tag, p.neu, x.neu, s.von, s.bis
FROM "legacy app".schicht s JOIN person p ON p.alt = s.user_id JOIN praxis x ON x.alt = s.praxis_id
ORDER BY s.tag, p.neu, x.neu, s.praxis_id::text COLLATE "C", s.user_id::text COLLATE "C";

-- ---------------------------------------------------------------- everything else

INSERT INTO neu.termin (id, beginn, dauer, arzt_id, patient_id, praxis_id, zeitraum, preis, notiz, erinnerung) OVERRIDING SYSTEM VALUE
SELECT t.id, t.beginn AT TIME ZONE 'Europe/Berlin', t.dauer, a.neu, p.neu,
       (SELECT x.neu FROM "legacy app".mitgliedschaft m JOIN praxis x ON x.alt = m.praxis_id
        WHERE m.user_id = t.arzt_id AND m.rolle = 'arzt' ORDER BY m.praxis_id LIMIT 1),
       t.zeitraum, t.preis, t.notiz, t.erinnerung
FROM "legacy app".termin t JOIN person a ON a.alt = t.arzt_id LEFT JOIN person p ON p.alt = t.patient_id;

INSERT INTO neu.nachricht (von, an, betreff, text, gesendet)
SELECT v.neu, a.neu, n.betreff, n.text, n.gesendet AT TIME ZONE 'UTC'
FROM "legacy app".nachricht n JOIN person v ON v.alt = n.von LEFT JOIN person a ON a.alt = n.an;

INSERT INTO "Zentrale"."Geräte/Räume ""neu""" ("größe_m2", id, "select", "a""b", "kosten$", "pfad\name", "user", messwert, messwert4,
    foto, code, code4, gekauft, gewartet, garantie, adresse, bits, schalter, zahl, klein, frist, plz, such)
SELECT "Größe in m²", id, "select", "a""b", "$kosten$", "pfad\name", p.neu, messwert, messwert4,
       foto, code, code4::text, gekauft, gewartet, garantie, adresse, bits, schalter, zahl, klein, frist, plz::text, such
FROM "legacy app"."Geräte & Räume" g LEFT JOIN person p ON p.alt = g."user";

INSERT INTO neu.dokument (id, besitzer, geteilt_mit, verfasser, kommentare, rechte, inhalt, kontakt, matrix, herkunft, merkmale) OVERRIDING SYSTEM VALUE
SELECT d.id, p.neu, ersetzt(d.geteilt_mit::text)::text[], ersetzt(d.verfasser::text)::text[], ersetzt(d.kommentare::text)::json,
       ersetzt(d.rechte::text)::jsonb, ersetzt(d.inhalt),
       CASE WHEN d.kontakt IS DISTINCT FROM NULL
            THEN ROW(ersetzt((d.kontakt).person), (d.kontakt).seit)::"Zentrale".ansprechpartner END,
       d.matrix::bigint[], 'cognito', '{"umgezogen": true, "ziel": ["auth0"]}'
FROM "legacy app".dokument d JOIN person p ON p.alt = d.besitzer
WHERE d.inhalt IS DISTINCT FROM 'Schlüsselkonflikt';

CREATE TABLE profil AS
SELECT o.*, p.neu, first_value(o.id) OVER (PARTITION BY p.neu ORDER BY o.geaendert DESC NULLS LAST, o.id::text COLLATE "C") AS bleibt
FROM "legacy app".profil o JOIN person p ON p.alt = o.user_id;
INSERT INTO neu.profil SELECT id, neu, "überMich", geaendert FROM profil WHERE id = bleibt;
INSERT INTO neu.profil_sprache
SELECT DISTINCT ON (p.bleibt, s.sprache) p.bleibt, s.sprache, s.stufe
FROM "legacy app".profil_sprache s JOIN profil p ON p.id = s.profil_id
ORDER BY p.bleibt, s.sprache, s.profil_id::text COLLATE "C";

INSERT INTO neu.einstellung
SELECT DISTINCT ON (p.neu) p.neu, e.thema, e."letzterZugriff"
FROM "legacy app".einstellung e JOIN person p ON p.alt = e.user_id
WHERE NOT EXISTS (SELECT FROM neu.einstellung n WHERE n.benutzer_id = p.neu)
ORDER BY p.neu, e."letzterZugriff" DESC NULLS LAST, e.user_id::text COLLATE "C";

INSERT INTO neu.freigabe
SELECT DISTINCT ON (b.neu, e.neu, f.dokument_id) b.neu, e.neu, f.dokument_id, f.recht
FROM "legacy app".freigabe f JOIN person b ON b.alt = f.besitzer JOIN person e ON e.alt = f.empfaenger
WHERE b.neu <> e.neu
ORDER BY b.neu, e.neu, f.dokument_id, f.besitzer::text COLLATE "C", f.empfaenger::text COLLATE "C";

INSERT INTO neu."order" SELECT o.nr, p.neu, o."table", o."from" FROM "legacy app"."order" o JOIN person p ON p.alt = o."user";

INSERT INTO neu.offene_rechnung
SELECT r.nr, p.neu, r.betrag, r.faellig FROM "legacy app".rechnung r JOIN person p ON p.alt = r.user_id WHERE NOT r.bezahlt;

INSERT INTO neu.akte
SELECT a.id, p.neu, a.titel
FROM (SELECT * FROM ONLY "legacy app".akte UNION ALL SELECT * FROM "legacy app"."akte 2019") a JOIN person p ON p.alt = a.user_id
WHERE NOT a.geloescht;
INSERT INTO "Zentrale"."Akte (alt)"
SELECT a.id, p.neu, a.titel, a.archiviert_am FROM "legacy app".akte_alt a JOIN person p ON p.alt = a.user_id;

INSERT INTO "Zentrale"."Protokoll"
SELECT o.id, coalesce(p.neu, o.benutzer), coalesce(b.neu, o.betrifft),
       CASE o.aktion WHEN 'LOGIN' THEN 'anmeldung' WHEN 'LOGOUT' THEN 'abmeldung' WHEN 'DELETE' THEN 'löschung' ELSE o.aktion END,
       o.am AT TIME ZONE 'Europe/Berlin', ersetzt(o.daten::text)::jsonb
FROM "Archiv$2"."Protokoll" o LEFT JOIN person p ON p.alt::text = o.benutzer LEFT JOIN alle b ON b.alt = o.betrifft;

-- ---------------------------------------------------------------- the next key is a free one
SELECT setval(pg_get_serial_sequence('neu.termin', 'id'), (SELECT max(id) FROM neu.termin)),
       setval(pg_get_serial_sequence('neu.dokument', 'id'), (SELECT max(id) FROM neu.dokument)),
       setval(pg_get_serial_sequence('neu.profil', 'id'), (SELECT max(id) FROM neu.profil)),
       setval(pg_get_serial_sequence('neu."order"', 'nr'), (SELECT max(nr) FROM neu."order")),
       setval(pg_get_serial_sequence('"Zentrale"."Protokoll"', 'id'), (SELECT max(id) FROM "Zentrale"."Protokoll")),
       setval('"Zentrale"."Geräte/Räume ""neu""_id_seq"', (SELECT max(id) FROM "Zentrale"."Geräte/Räume ""neu"""))
\g /dev/null
COMMIT;
