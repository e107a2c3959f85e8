-- Rejects of a run by table, reason and column, the most first.
-- $1 uuid: run ID.
-- Result: label, reason_code, column_name, sqlstate, constraint_name text, rejects bigint.
SELECT t.label, r.reason_code, r.column_name, r.sqlstate, r.constraint_name, pg_catalog.count(*) AS rejects
FROM idmigrate.reject AS r
JOIN idmigrate.run_table AS t USING (run_id, table_no)
WHERE r.run_id = $1::uuid
GROUP BY t.table_no, t.label, r.reason_code, r.column_name, r.sqlstate, r.constraint_name
ORDER BY rejects DESC, t.table_no, r.reason_code, r.column_name, r.constraint_name
