-- The names under which a run's snapshot of a source could be had.
-- $1 uuid: run ID; $2 text: source.
-- Result: name text.
SELECT name FROM idmigrate.snapshot WHERE run_id = $1::uuid AND source_name = $2 ORDER BY name
