-- What a migration with mapping-contrib.json has to produce; after oracle.sql, whose tables it uses.
\set ON_ERROR_STOP on
SET search_path = "Erweiterungen";
INSERT INTO "neue Etiketten".etikett
SELECT DISTINCT ON (p.neu, e.name) p.neu, e.name, oracle.ersetzt(e.merkmale::text)::hstore, e.nr
FROM "alte Etiketten".etikett e JOIN oracle.person p ON p.alt = e.user_id
ORDER BY p.neu, e.name, e.nr DESC;
