-- Relations of an audit log that do not refuse changes: without a trigger that always fires before UPDATE, DELETE and
-- TRUNCATE. A trigger on rows of a partitioned table is that of its partitions too, but each must have it enabled.
-- $1 text: schema; $2 text: table.
-- Result: relation text, lacks text; none when all refuse.
SELECT w.relation, pg_catalog.string_agg(w.operation, ', ' ORDER BY w.operation) AS lacks
FROM (
    SELECT t.relid::regclass::text AS relation, o.operation
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace,
         LATERAL (SELECT c.oid::regclass AS relid WHERE c.relkind = 'r'
                  UNION ALL SELECT x.relid FROM pg_catalog.pg_partition_tree(c.oid) AS x WHERE c.relkind = 'p') AS t,
         (VALUES ('DELETE', 8), ('UPDATE', 16), ('TRUNCATE', 32)) AS o (operation, bit)
    WHERE n.nspname = $1 AND c.relname = $2
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g
                      WHERE g.tgrelid = t.relid AND g.tgenabled = 'A' AND g.tgtype::integer & 2 = 2
                        AND g.tgtype::integer & o.bit = o.bit)) AS w
GROUP BY w.relation
ORDER BY w.relation
