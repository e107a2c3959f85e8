-- A page of one ID map as a run used it.
-- $1 uuid: run ID; $2 text: name of the map; $3 text, $4 text: the last pair of the page before, '' for the first page;
-- $5 bigint: most rows.
-- Result: old_id text, new_id text, in the order of the primary key.
SELECT i.old_id, i.new_id
FROM idmigrate.idmap AS i
WHERE i.run_id = $1::uuid AND i.map = $2 AND (i.old_id, i.new_id) > ($3, $4)
ORDER BY i.old_id, i.new_id
LIMIT $5::bigint
