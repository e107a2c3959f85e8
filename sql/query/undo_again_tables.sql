-- Tables with such rows are not done. Audit records, which stay in any case, are not listed.
-- $1 uuid: run ID
UPDATE idmigrate.undo_table AS t SET state = 'listed', next_row = 0, rows_refused = 0, finished_at = NULL
WHERE t.run_id = $1::uuid AND t.state = 'done' AND t.rows_refused > 0
  AND (EXISTS (SELECT FROM idmigrate.undo_row AS u WHERE u.run_id = t.run_id AND u.table_no = t.table_no)
    OR EXISTS (SELECT FROM idmigrate.former_row AS f WHERE f.run_id = t.run_id AND f.table_no = t.table_no))
