-- The columns of a table, to compare them with a layout.
-- $1 text: schema; $2 text: table.
-- Result: name text, type text (as the server prints it), must_be_fed boolean (not null, without a default).
SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL),
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS must_be_fed
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
