-- The undo of a run; no row: there is none.
-- $1 uuid: run ID
-- Result: undo_id uuid, state, operator text, attempts integer, started_at, finished_at timestamptz
SELECT u.undo_id, u.state, u.operator, u.attempts, u.started_at, u.finished_at
FROM idmigrate.undo AS u
WHERE u.run_id = $1::uuid
