-- How far an undo is, table by table, in the order in which tables are taken back.
-- $1 uuid: run ID
-- Result: table_no integer, label, state text, listed, next_row, removed, restored, refused, gone bigint
SELECT u.table_no, t.label, u.state, u.rows_listed, u.next_row, u.rows_removed, u.rows_restored, u.rows_refused, u.rows_gone
FROM idmigrate.undo_table AS u
JOIN idmigrate.run_table AS t USING (run_id, table_no)
WHERE u.run_id = $1::uuid
ORDER BY t.step DESC, u.table_no
