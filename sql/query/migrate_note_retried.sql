-- How many rows were taken from other chunks when their rejects were tried again: each of them has one event more than it counts.
-- $1 uuid: run; $2 integer: table; $3 integer: chunk; $4 bigint: rows.
UPDATE idmigrate.chunk SET rows_retried = $4::bigint
WHERE run_id = $1::uuid AND table_no = $2::integer AND chunk_no = $3::integer
