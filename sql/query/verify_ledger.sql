-- The ledger of a run, added up by table. $1: run (uuid).
-- Columns: table number, done, rows of the target before, chunks, chunks not done, chunks that do not add up, rows read, written,
-- merged, skipped, rejected, updated, removed. Chunks that a later pass replaced do not count.
SELECT t.table_no, t.state = 'done', t.target_rows_before,
       count(c.chunk_no),
       count(c.chunk_no) FILTER (WHERE c.state <> 'done'),
       count(c.chunk_no) FILTER (
           WHERE c.state = 'done' AND c.rows_read IS DISTINCT FROM c.rows_written + c.rows_merged + c.rows_skipped + c.rows_rejected),
       coalesce(sum(c.rows_read), 0), coalesce(sum(c.rows_written), 0), coalesce(sum(c.rows_merged), 0),
       coalesce(sum(c.rows_skipped), 0), coalesce(sum(c.rows_rejected), 0), coalesce(sum(c.rows_updated), 0),
       coalesce(sum(c.rows_removed), 0)
FROM idmigrate.run_table AS t
LEFT JOIN idmigrate.chunk AS c ON c.run_id = t.run_id AND c.table_no = t.table_no AND c.state <> 'superseded'
WHERE t.run_id = $1::pg_catalog.uuid
GROUP BY t.table_no, t.state, t.target_rows_before
ORDER BY t.table_no
