-- Begins an attempt of a run: nothing has been said to it yet.
-- $1 uuid: run ID.
INSERT INTO idmigrate.control (run_id) VALUES ($1::uuid)
ON CONFLICT (run_id) DO UPDATE
SET (is_paused, jobs, waiting, max_rows_rate, max_bytes_rate, max_lag_bytes, max_lag_ms, max_wal_rate, max_slot_bytes,
     changed_at, changed_by) = (false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
