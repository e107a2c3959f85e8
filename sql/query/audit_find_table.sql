-- A table by its name, as far as the audit log's installation wants to know it.
-- $1 text: schema; $2 text: table.
-- Result: is_partitioned boolean, may_add_partitions boolean (the role is an owner and may create in the schema),
-- is_installed boolean (by `idmigrate audit install`), may_make_months boolean (of one that is); no row when it is not
-- there.
SELECT c.relkind = 'p' AS is_partitioned,
       pg_catalog.pg_has_role(c.relowner, 'USAGE')
           AND pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_add_partitions,
       inbox.oid IS NOT NULL AS is_installed,
       COALESCE((SELECT pg_catalog.has_function_privilege(p.oid, 'EXECUTE') FROM pg_catalog.pg_proc AS p
                 WHERE p.pronamespace = inbox.relnamespace AND p.proname = 'make_months'), false) AS may_make_months
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
-- The installed log is the one that the view idmigrate_audit.inbox is made of.
LEFT JOIN LATERAL (
    SELECT v.oid, v.relnamespace
    FROM pg_catalog.pg_class AS v
    JOIN pg_catalog.pg_namespace AS a ON a.oid = v.relnamespace
    JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = v.oid
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
    WHERE a.nspname = 'idmigrate_audit' AND v.relname = 'inbox'
    LIMIT 1) AS inbox ON true
WHERE n.nspname = $1 AND c.relname = $2
