-- What a table makes of the rows that COPY gives it, for leaves that are made of what is written.
-- $1 text: schema; $2 text: table.
-- Result: name text, is_plain boolean (the column keeps what it is given: no modifier, no domain, not generated),
-- has_default boolean, constant text (the default, where it is a number or a plain text; else null), is_kept boolean
-- (of the whole table: no trigger before INSERT changes rows, and no partition is on another server; the database is in
-- UTF-8); in the order of the table.
WITH tree AS (
    SELECT c.oid AS log, t.relid
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace,
         LATERAL (SELECT c.oid UNION SELECT x.relid FROM pg_catalog.pg_partition_tree(c.oid) AS x) AS t (relid)
    WHERE n.nspname = $1 AND c.relname = $2
), kept AS (
    SELECT pg_catalog.getdatabaseencoding() = 'UTF8'
           AND NOT EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class AS c ON c.oid = tree.relid WHERE c.relkind = 'f')
           -- pg_trigger.tgtype: 1 for each row, 2 before, 4 insert.
           AND NOT EXISTS (SELECT FROM tree JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = tree.relid
                           WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 7 = 7) AS is_kept
)
SELECT a.attname AS name,
       a.atttypmod = -1 AND t.typtype = 'b' AND a.attgenerated = '' AND a.attidentity = '' AS is_plain,
       d.expression IS NOT NULL AS has_default,
       CASE WHEN d.expression ~ '^[0-9]+$' THEN d.expression
            WHEN d.expression ~ '^''[A-Za-z0-9_. -]*''::text$'
            THEN pg_catalog.substr(d.expression, 2, pg_catalog.length(d.expression) - 8) END AS constant,
       kept.is_kept
FROM kept, pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN LATERAL (
    SELECT pg_catalog.pg_get_expr(x.adbin, x.adrelid) AS expression
    FROM pg_catalog.pg_attrdef AS x WHERE x.adrelid = a.attrelid AND x.adnum = a.attnum
) AS d ON true
WHERE a.attrelid = (SELECT tree.log FROM tree LIMIT 1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
