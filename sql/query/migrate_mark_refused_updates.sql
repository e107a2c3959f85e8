-- Rows of the source that were to change a row which is there, and that the target refuses: another one takes their place.
-- Marked by survivor 'migrated' with updates, which no other decision has, until they are rejects.
-- $1 uuid: run; $2 integer: table; $3 text[]: source keys
UPDATE idmigrate.merge
SET survivor = 'migrated'
WHERE run_id = $1::uuid AND table_no = $2::integer AND updates AND source_key = ANY ($3::text[])
