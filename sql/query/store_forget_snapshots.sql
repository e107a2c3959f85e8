-- Forgets the snapshots of a run, when an attempt begins or ends.
-- $1 uuid: run ID.
DELETE FROM idmigrate.snapshot WHERE run_id = $1::uuid
