-- The ledger of a run, added up by table. $1: run (uuid).
-- Columns: table number, done, rows of the target before, chunks, chunks not done, chunks that do not add up, rows read, written,
-- merged, skipped, rejected, updated, removed, audit events, pass, when the table was begun (UTC,
-- microseconds; and those since 2000-01-01). Chunks that a later pass replaced do not count, except for rows
-- updated and removed and for events: those were written, whatever came after. A row that a pass found as it was left has no new event.
SELECT t.table_no, t.state = 'done', t.target_rows_before,
       count(c.chunk_no) FILTER (WHERE c.counts),
       count(c.chunk_no) FILTER (WHERE c.counts AND c.state <> 'done'),
       count(c.chunk_no) FILTER (
           WHERE c.state = 'done' AND c.rows_read IS DISTINCT FROM c.rows_written + c.rows_merged + c.rows_skipped + c.rows_rejected),
       coalesce(sum(c.rows_read) FILTER (WHERE c.counts), 0), coalesce(sum(c.rows_written) FILTER (WHERE c.counts), 0),
       coalesce(sum(c.rows_merged) FILTER (WHERE c.counts), 0), coalesce(sum(c.rows_skipped) FILTER (WHERE c.counts), 0),
       coalesce(sum(c.rows_rejected) FILTER (WHERE c.counts), 0),
       coalesce(sum(c.rows_updated), 0), coalesce(sum(c.rows_removed), 0),
       coalesce(sum(coalesce(c.rows_read, 0) - coalesce(c.rows_unchanged, 0) + coalesce(c.rows_removed, 0) + coalesce(c.rows_retried, 0)), 0),
       t.pass + (coalesce(sum(c.rows_retried), 0) > 0)::integer,
       coalesce(pg_catalog.to_char(t.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), ''),
       coalesce((pg_catalog.date_part('epoch', t.started_at - '2000-01-01 00:00:00+00'::timestamptz) * 1000000)::bigint, 0)
FROM idmigrate.run_table AS t
LEFT JOIN LATERAL (
    SELECT l.*, l.state <> 'superseded' AS counts
    FROM idmigrate.chunk AS l
    WHERE l.run_id = t.run_id AND l.table_no = t.table_no) AS c ON true
WHERE t.run_id = $1::pg_catalog.uuid
GROUP BY t.table_no, t.state, t.target_rows_before, t.pass, t.started_at
ORDER BY t.table_no
