-- Forgets the ID maps of a run, because others are put in their place.
-- $1 uuid: run
DELETE FROM idmigrate.idmap WHERE run_id = $1::uuid
