-- Other runs whose undo is not finished.
-- $1 uuid: run ID
-- Result: run_id uuid
SELECT u.run_id FROM idmigrate.undo AS u WHERE u.state <> 'done' AND u.run_id <> $1::uuid ORDER BY u.started_at
