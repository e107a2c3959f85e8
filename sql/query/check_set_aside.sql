-- What runs of other mappings have set aside of some tables and not brought back. $1 oid[]: the tables; $2 text: this mapping's name.
-- Result: schema and table, quoted; run; how many things.
SELECT pg_catalog.format('%I.%I', s.schema_name, s.table_name), s.run_id, pg_catalog.count(*)
FROM idmigrate.set_aside AS s
JOIN idmigrate.run AS r USING (run_id)
WHERE s.state IN ('aside', 'built') AND s.table_oid = ANY ($1::pg_catalog.oid[]) AND r.name <> $2
GROUP BY 1, 2
ORDER BY 1, 2
