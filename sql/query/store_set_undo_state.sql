-- The state of an undo.
-- $1 uuid: run ID; $2 text: state
UPDATE idmigrate.undo
SET state = $2, finished_at = CASE WHEN $2 = 'done' THEN pg_catalog.clock_timestamp() END
WHERE run_id = $1::uuid
