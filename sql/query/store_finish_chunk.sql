-- Writes what a chunk did into the ledger. No row: it was not pending.
-- $1 uuid: run ID; $2 integer: table number; $3 integer: chunk number; $4 to $11 bigint: rows read, written, merged,
-- skipped, rejected, unchanged, updated, removed; $12 text: digest of the source rows; $13 bigint: their bytes;
-- $14 jsonb: counts of IDs by column, or null.
UPDATE idmigrate.chunk
SET state = 'done', rows_read = $4::bigint, rows_written = $5::bigint, rows_merged = $6::bigint,
    rows_skipped = $7::bigint, rows_rejected = $8::bigint, rows_unchanged = $9::bigint, rows_updated = $10::bigint,
    rows_removed = $11::bigint, source_digest = $12, source_bytes = $13::bigint, column_counts = $14::jsonb,
    started_at = COALESCE(started_at, pg_catalog.now()), finished_at = pg_catalog.clock_timestamp()
WHERE run_id = $1::uuid AND table_no = $2::integer AND chunk_no = $3::integer AND state = 'pending'
