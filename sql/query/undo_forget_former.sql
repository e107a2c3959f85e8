-- Former values of rows that a run changed.
-- $1 uuid: run ID
DELETE FROM idmigrate.former_row WHERE run_id = $1::uuid
