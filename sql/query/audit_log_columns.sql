-- The columns of an audit log, as sealing and reading want to know them.
-- $1 text: schema; $2 text: table.
-- Result: name text, type text (as declared, without modifiers), is_nullable boolean, log text (what seals call it:
-- schema.table, quoted where SQL wants it, the same on each row), is_partitioned boolean (the same too); in the order of the table. No row when there is no such table (a view is none: what it shows is not what is stored).
SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, NULL) AS type, NOT a.attnotnull AS is_nullable,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS log, c.relkind = 'p' AS is_partitioned
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
