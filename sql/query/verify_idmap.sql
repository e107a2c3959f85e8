-- The ID maps as a run used them. $1: run (uuid). Columns: map, old ID, new ID.
SELECT map, old_id, new_id FROM idmigrate.idmap WHERE run_id = $1::pg_catalog.uuid
