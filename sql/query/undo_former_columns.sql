-- Columns that a run changed in rows of one table that were there before.
-- $1 uuid: run ID; $2 integer: table number
-- Result: name text
SELECT DISTINCT k.name
FROM idmigrate.former_row AS f, pg_catalog.jsonb_object_keys(f.former) AS k (name)
WHERE f.run_id = $1::uuid AND f.table_no = $2::integer
ORDER BY k.name
