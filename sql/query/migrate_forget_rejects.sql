-- Forgets the rejects of a table, and the rows skipped with their parent, because its source is read again: what is still left
-- out comes back with its event.
-- $1 uuid: run; $2 integer: table
WITH skips AS (DELETE FROM idmigrate.skip WHERE run_id = $1::uuid AND table_no = $2::integer)
DELETE FROM idmigrate.reject WHERE run_id = $1::uuid AND table_no = $2::integer
