-- Whether an audit log was installed in this database, and whether the role may see which one.
-- Result: may_see boolean; no row when none was.
SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS may_see
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'idmigrate_audit' AND c.relname = 'settings'
