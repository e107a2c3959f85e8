-- The keys that a table's rows were decided on by.
-- $1 uuid: run; $2 integer: table
-- Result: decision_digest text, null when nothing was decided
SELECT t.decision_digest FROM idmigrate.run_table AS t WHERE t.run_id = $1::uuid AND t.table_no = $2::integer
