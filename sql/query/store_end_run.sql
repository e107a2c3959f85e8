-- The end of an attempt.
-- $1 uuid: run ID; $2 text: state; $3 integer: exit status; $4 text: outcome in one line.
UPDATE idmigrate.run
SET state = $2, exit_status = $3::integer, outcome = $4, end_lsn = pg_catalog.pg_current_wal_insert_lsn(),
    finished_at = pg_catalog.clock_timestamp(), updated_at = pg_catalog.clock_timestamp()
WHERE run_id = $1::uuid
