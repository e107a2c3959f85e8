-- How many pairs of each ID map a run keeps.
-- $1 uuid: run ID.
-- Result: map text, pairs bigint.
SELECT i.map, pg_catalog.count(*) AS pairs
FROM idmigrate.idmap AS i
WHERE i.run_id = $1::uuid
GROUP BY i.map
ORDER BY i.map
