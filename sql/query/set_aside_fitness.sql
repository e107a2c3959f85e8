-- Whether the indexes of a table can be set aside at all. $1 oid: the table.
-- Result: why not, or null.
SELECT CASE
           WHEN c.relkind NOT IN ('r', 'p') THEN 'it is no table'
           WHEN NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') THEN 'this role does not own it'
       END
FROM pg_catalog.pg_class AS c
WHERE c.oid = $1::pg_catalog.oid
