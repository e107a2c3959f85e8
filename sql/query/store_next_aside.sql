-- The next free number for something that is set aside. $1 uuid: run.
SELECT COALESCE(pg_catalog.max(item_no), 0) + 1 FROM idmigrate.set_aside WHERE run_id = $1::pg_catalog.uuid
