-- Foreign tables that are tables of their own, and no partitions. Columns: schema, table.
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'f' AND NOT c.relispartition
ORDER BY 1, 2
