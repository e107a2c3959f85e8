-- Notes a name under which a run's snapshot of a source can be had.
-- $1 uuid: run ID; $2 text: source; $3 text: name.
INSERT INTO idmigrate.snapshot (run_id, source_name, name) VALUES ($1::uuid, $2, $3)
