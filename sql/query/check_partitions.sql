-- Which rows the leaf partitions of a table take, as one condition over its columns. A default partition's own says "none of
-- the others", so that the whole is true for every row.
-- $1 oid: the partitioned table.
-- Result: condition, NULL without partitions.
SELECT pg_catalog.string_agg('(' || COALESCE(pg_catalog.pg_get_partition_constraintdef(p.relid), 'true') || ')', ' OR ')
FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass) AS p
WHERE p.isleaf AND p.level > 0;
