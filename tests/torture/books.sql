-- What a run says it did, as text, for comparing two runs: the ledger's sums, rejects, merges and events. Left out is
-- what must differ: keys and times of events, the run's own ID, and how the work was cut into chunks.
-- psql variable: audit, the audit table with its schema.
SET client_min_messages = warning;
SET search_path = '';
SET timezone = 'UTC';
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT 'run', state, exit_status FROM idmigrate.run ORDER BY started_at;
SELECT 'unfinished', t.label, t.state FROM idmigrate.run_table t WHERE t.state <> 'done' ORDER BY 2;
SELECT 'ledger', t.label, sum(c.rows_read), sum(c.rows_written), sum(c.rows_merged), sum(c.rows_skipped), sum(c.rows_rejected),
       count(*) FILTER (WHERE c.state = 'pending')
FROM idmigrate.run_table t JOIN idmigrate.chunk c USING (run_id, table_no)
WHERE c.state <> 'superseded' GROUP BY t.run_id, t.table_no, t.label ORDER BY t.label COLLATE "C";
-- One event for each source row that was read.
SELECT 'events and rows', (SELECT count(*) FROM :audit WHERE action IN ('ROW_MIGRATED', 'ROW_MERGED', 'ROW_SKIPPED', 'ROW_REJECTED'))
       = (SELECT sum(rows_read) FROM idmigrate.chunk WHERE state = 'done');
COPY (SELECT 'reject', q.what FROM (
        SELECT pg_catalog.to_jsonb(r) - '{run_id,chunk_no,reject_no,recorded_at,event_id}'::text[] AS what FROM idmigrate.reject r) q
      ORDER BY q.what::text COLLATE "C") TO STDOUT;
SELECT pg_catalog.format('COPY (SELECT ''event'', e.what FROM (SELECT pg_catalog.jsonb_set(
           pg_catalog.to_jsonb(a) - ''{id,recorded_at,created_at,run_id}''::text[], ''{metadata}'',
           coalesce(pg_catalog.to_jsonb(a) -> ''metadata'', ''{}'') - ''run_id'' - ''undoes'') AS what
           FROM %s a WHERE action LIKE ''ROW\_%%'') e ORDER BY e.what::text COLLATE "C") TO STDOUT', :'audit')
\gexec
COMMIT;
