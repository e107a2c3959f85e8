-- Forgets the rejects of a table, because its source is read again: what is still rejected comes back with its event.
-- $1 uuid: run; $2 integer: table
DELETE FROM idmigrate.reject WHERE run_id = $1::uuid AND table_no = $2::integer
