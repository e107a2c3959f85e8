-- The tables of an undo: those of its run.
-- $1 uuid: run ID
INSERT INTO idmigrate.undo_table (run_id, table_no, state)
SELECT t.run_id, t.table_no, 'pending' FROM idmigrate.run_table AS t WHERE t.run_id = $1::uuid
ON CONFLICT (run_id, table_no) DO NOTHING
