-- A table by its name, as far as the audit log's installation wants to know it.
-- $1 text: schema; $2 text: table.
-- Result: is_partitioned boolean, may_add_partitions boolean (the role is an owner and may create in the schema),
-- is_installed boolean (by `idmigrate audit install`), may_make_months boolean (of one that is); no row when it is not
-- there.
SELECT c.relkind = 'p' AS is_partitioned,
       pg_catalog.pg_has_role(c.relowner, 'USAGE')
           AND pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_add_partitions,
       log.oid IS NOT NULL AS is_installed,
       COALESCE((SELECT pg_catalog.has_function_privilege(p.oid, 'EXECUTE') FROM pg_catalog.pg_proc AS p
                 WHERE p.pronamespace = log.oid AND p.proname = 'make_months'), false) AS may_make_months
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
-- The installed log is the one that idmigrate_audit.events_since() returns rows of.
LEFT JOIN LATERAL (
    SELECT a.oid
    FROM pg_catalog.pg_proc AS f
    JOIN pg_catalog.pg_namespace AS a ON a.oid = f.pronamespace
    WHERE a.nspname = 'idmigrate_audit' AND f.proname = 'events_since' AND f.prorettype = c.reltype
    LIMIT 1) AS log ON true
WHERE n.nspname = $1 AND c.relname = $2
