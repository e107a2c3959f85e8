-- Foreign keys to a table: those that do something to referring rows when a row is deleted, or all.
-- $1 oid: the referenced table; $2 boolean: all
-- Result: conname text; child text, quoted; condition text, join of the child as c with the table as t;
-- whether the child is the table itself
SELECT k.conname,
       pg_catalog.format('%I.%I', n.nspname, c.relname),
       (SELECT pg_catalog.string_agg(pg_catalog.format('c.%I = t.%I', a.attname, b.attname), ' AND ')
        FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) AS pair (child, parent)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = pair.child
        JOIN pg_catalog.pg_attribute AS b ON b.attrelid = k.confrelid AND b.attnum = pair.parent),
       k.conrelid = k.confrelid
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.confrelid = $1::oid AND ($2::boolean OR k.confdeltype IN ('c', 'n', 'd')) AND k.conparentid = 0
ORDER BY 1
