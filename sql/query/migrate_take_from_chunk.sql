-- Takes rows out of a finished chunk that had rejected them: another chunk has them now, or the source has them no more.
-- $1 uuid: run; $2 integer: table; $3 integer: chunk; $4 bigint: rows; $5 text: digest of the source rows that are left.
UPDATE idmigrate.chunk
SET rows_read = rows_read - $4::bigint, rows_rejected = rows_rejected - $4::bigint, source_digest = $5
WHERE run_id = $1::uuid AND table_no = $2::integer AND chunk_no = $3::integer AND state = 'done'
