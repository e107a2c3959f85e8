-- Foreign keys to a table, its partitions and heirs; of partitions only those that are not part of one above.
-- $1 oid: the referenced table
-- Result: conname text; child text, quoted; child oid; condition text, join of the child as c with the table as t
WITH RECURSIVE tree AS (
    SELECT $1::oid AS relid
    UNION
    SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits AS i ON i.inhparent = tree.relid)
SELECT k.conname,
       pg_catalog.format('%I.%I', n.nspname, c.relname),
       c.oid,
       (SELECT pg_catalog.string_agg(
                   pg_catalog.format('t.%I OPERATOR(%I.%s) c.%I', b.attname, s.nspname, o.oprname, a.attname), ' AND ')
        FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop))
            AS pair (child, parent, operator)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = pair.child
        JOIN pg_catalog.pg_attribute AS b ON b.attrelid = k.confrelid AND b.attnum = pair.parent
        JOIN pg_catalog.pg_operator AS o ON o.oid = pair.operator
        JOIN pg_catalog.pg_namespace AS s ON s.oid = o.oprnamespace)
FROM tree
JOIN pg_catalog.pg_constraint AS k ON k.contype = 'f' AND k.confrelid = tree.relid AND k.conparentid = 0
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY 1, 2
