-- The tables of a run with the sums over their chunks. Chunks that were superseded count nowhere, except for rows that they
-- updated and removed: those changes were made, whatever came after.
-- $1 uuid: run ID.
-- Result: table_no, step, pass integer, label, source_name, source_schema, source_table, target_schema, target_table,
-- state text, columns, dropped, column_counts jsonb, rows_estimated, target_rows_before, chunks, chunks_done, read,
-- written, merged, skipped, rejected, updated, removed bigint, seconds double precision (first start to last end), codec text,
-- began double precision (seconds from the run's start to the first chunk's).
SELECT t.table_no, t.step, t.pass, t.label, t.source_name, t.source_schema, t.source_table, t.target_schema,
       t.target_table, t.state, t.columns, t.dropped, COALESCE(ids.counts, t.column_counts) AS column_counts,
       t.rows_estimated, t.target_rows_before, ledger.chunks, ledger.chunks_done, ledger.rows_read,
       ledger.rows_written, ledger.rows_merged, ledger.rows_skipped, ledger.rows_rejected, ledger.rows_updated,
       ledger.rows_removed, ledger.seconds, t.codec,
       pg_catalog.date_part('epoch', ledger.first_start - (SELECT r.started_at FROM idmigrate.run AS r WHERE r.run_id = t.run_id)) AS began
FROM idmigrate.run_table AS t
CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) FILTER (WHERE c.state <> 'superseded') AS chunks,
           pg_catalog.count(*) FILTER (WHERE c.state = 'done') AS chunks_done,
           COALESCE(pg_catalog.sum(c.rows_read) FILTER (WHERE c.state = 'done'), 0)::bigint AS rows_read,
           COALESCE(pg_catalog.sum(c.rows_written) FILTER (WHERE c.state = 'done'), 0)::bigint AS rows_written,
           COALESCE(pg_catalog.sum(c.rows_merged) FILTER (WHERE c.state = 'done'), 0)::bigint AS rows_merged,
           COALESCE(pg_catalog.sum(c.rows_skipped) FILTER (WHERE c.state = 'done'), 0)::bigint AS rows_skipped,
           COALESCE(pg_catalog.sum(c.rows_rejected) FILTER (WHERE c.state = 'done'), 0)::bigint AS rows_rejected,
           COALESCE(pg_catalog.sum(c.rows_updated), 0)::bigint AS rows_updated,
           COALESCE(pg_catalog.sum(c.rows_removed), 0)::bigint AS rows_removed,
           COALESCE(pg_catalog.date_part('epoch', pg_catalog.max(c.finished_at) - pg_catalog.min(c.started_at)
                                                      FILTER (WHERE c.state = 'done')), 0) AS seconds,
           pg_catalog.min(c.started_at) FILTER (WHERE c.state = 'done') AS first_start
    FROM idmigrate.chunk AS c
    WHERE c.run_id = t.run_id AND c.table_no = t.table_no) AS ledger
CROSS JOIN LATERAL (
    SELECT pg_catalog.jsonb_object_agg(by_column.name, by_column.counts) AS counts
    FROM (
        SELECT by_count.name, pg_catalog.jsonb_object_agg(by_count.what, by_count.total) AS counts
        FROM (
            SELECT a.key AS name, b.key AS what, pg_catalog.sum(b.value::bigint) AS total
            FROM idmigrate.chunk AS c,
                 pg_catalog.jsonb_each(c.column_counts) AS a,
                 pg_catalog.jsonb_each_text(a.value) AS b
            WHERE c.run_id = t.run_id AND c.table_no = t.table_no AND c.state = 'done'
            GROUP BY a.key, b.key) AS by_count
        GROUP BY by_count.name) AS by_column) AS ids
WHERE t.run_id = $1::uuid
ORDER BY t.table_no
