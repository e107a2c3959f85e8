-- The foreign keys of the tables of some schemas. One that refers to a partitioned table has a row for each of its
-- partitions beside it; those have a parent and are left out.
-- $1 text[]: schemas.
-- Result: oid of the table, name, schema and table referred to, column numbers (integer[]), columns referred to
-- (text[]), deferrable, deferred, validated, ON DELETE, ON UPDATE, is MATCH FULL.
SELECT
    k.conrelid,
    k.conname,
    rn.nspname,
    r.relname,
    k.conkey,
    (
        SELECT pg_catalog.array_agg(a.attname ORDER BY o.place)
        FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS o (number, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = o.number
    ),
    k.condeferrable,
    k.condeferred,
    k.convalidated,
    k.confdeltype,
    k.confupdtype,
    k.confmatchtype = 'f'
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND k.contype = 'f'
    AND k.conparentid = 0
    AND NOT c.relispartition
ORDER BY k.conrelid, k.conname COLLATE "C";
