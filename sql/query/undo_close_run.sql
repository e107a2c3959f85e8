-- A run that can no longer be undone.
-- $1 uuid: run ID
UPDATE idmigrate.run SET closed_at = COALESCE(closed_at, pg_catalog.now()), updated_at = pg_catalog.clock_timestamp()
WHERE run_id = $1::uuid
