-- Adds rows that were taken back to a chunk's ledger row.
-- $1 uuid: run; $2 integer: table; $3 integer: chunk; $4 bigint: rows
UPDATE idmigrate.chunk
SET rows_removed = COALESCE(rows_removed, 0) + $4::bigint
WHERE run_id = $1::uuid AND table_no = $2::integer AND chunk_no = $3::integer
