-- Puts the chunks of a table aside, because its source is read again in another way.
-- $1 uuid: run ID; $2 integer: table number.
UPDATE idmigrate.chunk
SET state = 'superseded'
WHERE run_id = $1::uuid AND table_no = $2::integer AND state <> 'superseded'
