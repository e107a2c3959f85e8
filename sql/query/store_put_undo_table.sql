-- What an undo counts of one table.
-- $1 uuid: run ID; $2 integer: table number; $3 text: state; $4 ... $9 bigint: listed, next row, removed, restored,
-- refused, gone
UPDATE idmigrate.undo_table
SET state = $3, rows_listed = $4::bigint, next_row = $5::bigint, rows_removed = $6::bigint, rows_restored = $7::bigint,
    rows_refused = $8::bigint, rows_gone = $9::bigint, started_at = COALESCE(started_at, pg_catalog.clock_timestamp()),
    finished_at = CASE WHEN $3 = 'done' THEN pg_catalog.clock_timestamp() END
WHERE run_id = $1::uuid AND table_no = $2::integer
