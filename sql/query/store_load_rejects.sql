-- Samples of a run's rejects, taken in turn from every table, reason and column, so that no group hides another.
-- $1 uuid: run ID; $2 bigint: most rows.
-- Result: label, source_key, reason_code, column_name, old_id, sqlstate, constraint_name text, total bigint (of all
-- rejects of the run).
SELECT sample.label, sample.source_key, sample.reason_code, sample.column_name, sample.old_id, sample.sqlstate,
       sample.constraint_name, sample.total
FROM (
    SELECT t.table_no, t.label, r.source_key, r.reason_code, r.column_name, r.old_id, r.sqlstate, r.constraint_name,
           r.chunk_no, r.reject_no, pg_catalog.count(*) OVER () AS total,
           pg_catalog.row_number() OVER (PARTITION BY r.table_no, r.reason_code, r.column_name, r.constraint_name
                                         ORDER BY r.chunk_no, r.reject_no) AS turn
    FROM idmigrate.reject AS r
    JOIN idmigrate.run_table AS t USING (run_id, table_no)
    WHERE r.run_id = $1::uuid) AS sample
ORDER BY sample.turn, sample.table_no, sample.reason_code, sample.column_name, sample.chunk_no, sample.reject_no
LIMIT $2::bigint
