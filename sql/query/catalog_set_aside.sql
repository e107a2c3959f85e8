-- Indexes and foreign keys that a run has set aside and not brought back, as the queries of their name had them before: a plan made
-- meanwhile is that of the whole. $1 boolean: foreign keys (otherwise indexes).
-- Result: as catalog_indexes.sql or catalog_foreign_keys.sql, each as text.
SELECT s.catalog_row ->> 0, s.catalog_row ->> 1, s.catalog_row ->> 2, s.catalog_row ->> 3, s.catalog_row ->> 4, s.catalog_row ->> 5,
       s.catalog_row ->> 6, s.catalog_row ->> 7, s.catalog_row ->> 8, s.catalog_row ->> 9, s.catalog_row ->> 10, s.catalog_row ->> 11
FROM idmigrate.set_aside AS s
WHERE s.state IN ('aside', 'built') AND s.catalog_row IS NOT NULL AND (s.kind = 'foreign key') = $1::pg_catalog.bool
ORDER BY s.run_id, s.item_no
