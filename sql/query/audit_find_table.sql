-- A table by its name, as far as the audit log's installation wants to know it.
-- $1 text: schema; $2 text: table.
-- Result: is_partitioned boolean, may_add_partitions boolean (the role is an owner and may create in the schema);
-- no row when it is not there.
SELECT c.relkind = 'p' AS is_partitioned,
       pg_catalog.pg_has_role(c.relowner, 'USAGE')
           AND pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_add_partitions
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
