-- What an undo makes of its run. The run's own times stay.
-- $1 uuid: run ID; $2 text: state; $3 integer: exit status or null; $4 text: outcome in one line
UPDATE idmigrate.run
SET state = $2, exit_status = $3::integer, outcome = $4, updated_at = pg_catalog.clock_timestamp()
WHERE run_id = $1::uuid
