-- One more attempt at a run that is not done, nor taken back.
-- $1 uuid: run ID.
UPDATE idmigrate.run
SET state = 'running', attempts = attempts + 1, exit_status = NULL, outcome = NULL, finished_at = NULL, end_lsn = NULL,
    updated_at = pg_catalog.clock_timestamp()
WHERE run_id = $1::uuid AND state IN ('running', 'stopped')
