-- The digests of the source rows that the chunks of a run read. $1: run (uuid). Columns: table number, digest (hex).
SELECT table_no, source_digest FROM idmigrate.chunk
WHERE run_id = $1::pg_catalog.uuid AND state = 'done' AND source_digest IS NOT NULL
