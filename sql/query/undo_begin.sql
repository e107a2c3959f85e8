-- Begins an undo, or one more attempt at it; its ID stays.
-- $1 uuid: run ID; $2 uuid: ID of the undo, if it is new; $3 text: operator
-- Result: undo_id uuid
INSERT INTO idmigrate.undo AS u (run_id, undo_id, state, operator, started_at)
VALUES ($1::uuid, $2::uuid, 'running', $3, pg_catalog.now())
ON CONFLICT (run_id) DO UPDATE SET state = 'running', operator = EXCLUDED.operator, attempts = u.attempts + 1,
    finished_at = NULL
RETURNING u.undo_id
