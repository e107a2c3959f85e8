-- Whether the role may create tables in a schema; no row: there is none.
-- $1 name: schema.
-- Result: may boolean.
SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = $1::pg_catalog.name;
