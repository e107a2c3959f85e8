-- The structure of the target tables as it was when a run began.
-- $1 uuid: run ID.
-- Result: table number integer, structure text (store_structure.sql).
SELECT t.table_no, t.structure::text
FROM idmigrate.run_table AS t
WHERE t.run_id = $1::uuid
