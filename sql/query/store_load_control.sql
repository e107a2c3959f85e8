-- What is said to a run while it is carried out.
-- $1 uuid: run ID.
-- Result: is_paused boolean, jobs integer, waiting text, then the limits, bigint: max_rows_rate, max_bytes_rate, max_lag_bytes, max_lag_ms, max_wal_rate, max_slot_bytes.
SELECT is_paused, jobs, waiting, max_rows_rate, max_bytes_rate, max_lag_bytes, max_lag_ms, max_wal_rate, max_slot_bytes
FROM idmigrate.control
WHERE run_id = $1::uuid
