-- Runs whose indexes and constraints are set aside: without foreign keys nobody could say who refers to a row.
-- Result: run_id uuid; table text (schema.table)
SELECT s.run_id, pg_catalog.format('%s.%s', s.schema_name, s.table_name)
FROM idmigrate.set_aside AS s
WHERE s.state IN ('aside', 'built')
ORDER BY s.set_aside_at, s.run_id, s.item_no
LIMIT 1
