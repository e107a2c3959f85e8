-- IDs on the other side of the given ones in ID maps of runs.
-- $1 uuid[], $2 text[]: run and map, by position; $3 text[]: IDs.
-- Result: id text, each once.
SELECT p.new_id AS id
FROM ROWS FROM (pg_catalog.unnest($1::uuid[]), pg_catalog.unnest($2::text[])) AS m (run_id, map)
JOIN idmigrate.idmap AS p ON p.run_id = m.run_id AND p.map = m.map
WHERE p.old_id = ANY ($3::text[])
UNION
SELECT p.old_id
FROM ROWS FROM (pg_catalog.unnest($1::uuid[]), pg_catalog.unnest($2::text[])) AS m (run_id, map)
JOIN idmigrate.idmap AS p ON p.run_id = m.run_id AND p.map = m.map
WHERE p.new_id = ANY ($3::text[])
