-- A page of one ID map as a run used it.
-- $1 uuid: run ID; $2 text: name of the map; $3 text: the last old ID of the page before, '' for the first page;
-- $4 bigint: most rows.
-- Result: old_id text, new_id text, in the order of the primary key.
SELECT i.old_id, i.new_id
FROM idmigrate.idmap AS i
WHERE i.run_id = $1::uuid AND i.map = $2 AND i.old_id > $3
ORDER BY i.old_id
LIMIT $4::bigint
