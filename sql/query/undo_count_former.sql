-- Rows that a run changed and whose former values it keeps, those that an undo has refused left out.
-- $1 uuid: run ID
-- Result: table_no integer; rows bigint
SELECT f.table_no, pg_catalog.count(*)
FROM idmigrate.former_row AS f
WHERE f.run_id = $1::uuid AND f.reason_code IS NULL
GROUP BY f.table_no
