-- Says something to a run that is carried out; what is null stays as it is.
-- $1 uuid: run ID; $2 boolean: paused; $3 integer: jobs; $4 to $9 bigint: the limits, in the table's order.
-- No row: the run is not there, or is not running.
INSERT INTO idmigrate.control AS c (run_id, is_paused, jobs, max_rows_rate, max_bytes_rate, max_lag_bytes, max_lag_ms,
    max_wal_rate, max_slot_bytes, changed_at, changed_by)
SELECT r.run_id, COALESCE($2::boolean, false), $3::integer, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint,
       $9::bigint, pg_catalog.now(), session_user
FROM idmigrate.run AS r
WHERE r.run_id = $1::uuid AND r.state = 'running'
ON CONFLICT (run_id) DO UPDATE
SET is_paused = COALESCE($2::boolean, c.is_paused), jobs = COALESCE($3::integer, c.jobs),
    max_rows_rate = COALESCE($4::bigint, c.max_rows_rate), max_bytes_rate = COALESCE($5::bigint, c.max_bytes_rate),
    max_lag_bytes = COALESCE($6::bigint, c.max_lag_bytes), max_lag_ms = COALESCE($7::bigint, c.max_lag_ms),
    max_wal_rate = COALESCE($8::bigint, c.max_wal_rate), max_slot_bytes = COALESCE($9::bigint, c.max_slot_bytes),
    changed_at = excluded.changed_at, changed_by = excluded.changed_by
