-- What a migration has to produce, by hand.
SET client_min_messages = warning;
CREATE SCHEMA oracle;
CREATE TABLE oracle.id (old text PRIMARY KEY, new text NOT NULL);
INSERT INTO oracle.id SELECT 'acct_' || lpad(i::text, 8, '0'), 'usr-' || md5('account' || i) FROM generate_series(1, 500) AS i;
CREATE FUNCTION oracle.neu(alt text) RETURNS text LANGUAGE sql STABLE RETURN (SELECT new FROM oracle.id WHERE old = alt);
CREATE FUNCTION oracle.alle(alt text[]) RETURNS text[] LANGUAGE sql STABLE
RETURN (SELECT array_agg(coalesce(i.new, x) ORDER BY nr) FROM unnest(alt) WITH ORDINALITY AS u (x, nr) LEFT JOIN oracle.id AS i ON i.old = x);

INSERT INTO neu.bewegung SELECT id, ort, oracle.neu(konto), wann FROM alt.bewegung;
INSERT INTO neu.messung SELECT id, oracle.neu(konto), wert, zeit AT TIME ZONE 'UTC' FROM alt.messung;
INSERT INTO neu.konto SELECT id, oracle.neu(konto), saldo, notiz FROM alt.konten;
INSERT INTO neu.notiz SELECT oracle.neu(konto), text FROM alt.notiz;
INSERT INTO neu.lieferung SELECT nr, oracle.neu(konto), menge, stand FROM alt.lieferung;
INSERT INTO neu.artikel SELECT kennung, oracle.neu(konto), text FROM alt.artikel;
INSERT INTO neu.zettel SELECT nr, oracle.neu(konto) FROM alt.zettel;
INSERT INTO neu.uebersicht SELECT nr, oracle.neu(konto), menge, text FROM alt.uebersicht;
INSERT INTO neu.summe SELECT oracle.neu(konto), anzahl, zuletzt FROM alt.summe;
INSERT INTO neu.wurzel SELECT id, oracle.neu(konto) FROM ONLY alt.wurzel UNION ALL SELECT id, oracle.neu(konto) FROM alt.blatt;
INSERT INTO neu.ast SELECT id, oracle.neu(konto), art FROM alt.ast;
INSERT INTO neu.berechnet (nr, folge, konto, netto, brutto) OVERRIDING SYSTEM VALUE SELECT nr, folge, oracle.neu(konto), netto, brutto FROM alt.berechnet;
INSERT INTO neu.verlassen (id, konto, wert, spaet) SELECT id, oracle.neu(konto), wert, spaet FROM alt.verlassen;
INSERT INTO neu."Größe & ""Maß""" SELECT "ID", oracle.neu("konto des Nutzers"), "Länge (m²)", "select", "日本語", "a.b" FROM alt."Größe & ""Maß""";
INSERT INTO neu.merkzettel SELECT id FROM alt.merkzettel;
INSERT INTO neu.doppelt SELECT oracle.neu(konto), n, x FROM alt.doppelt;
INSERT INTO neu.marke SELECT name, oracle.neu(konto), eigenschaften, pfad, pfade FROM alt.marke;
INSERT INTO neu.fluechtig SELECT id, oracle.neu(konto) FROM alt.fluechtig;
INSERT INTO neu.ausloeser SELECT id, oracle.neu(konto) FROM alt.ausloeser;
INSERT INTO neu.felder SELECT id, oracle.alle(konten), oracle.alle(leute), worte FROM alt.felder;
INSERT INTO neu.person SELECT id, oracle.neu(konto), name FROM alt.person;
INSERT INTO neu.vorliebe SELECT oracle.neu(konto), farbe FROM alt.person WHERE farbe IS NOT NULL;
SELECT 'INSERT INTO neu.breit (id, konto, ' || string_agg('c' || i, ', ' ORDER BY i) || ') SELECT id, oracle.neu(konto), ' || string_agg('c' || i, ', ' ORDER BY i) || ' FROM alt.breit'
FROM generate_series(1, 198) AS i \gexec
INSERT INTO neu.gross SELECT id, oracle.neu(konto), a, b, c, d FROM alt.gross;
