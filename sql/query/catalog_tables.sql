-- Tables, views, materialized views and foreign tables of some schemas; partitions are left out, children of plain
-- inheritance are not (see catalog_leaves).
-- $1 text[]: schemas.
-- Result: oid, schema, name, kind, persistence, owner, role is the owner, row security, forced, has policies, row
-- security applies to the role (whatever the setting row_security), has rules, may SELECT, INSERT, UPDATE, DELETE,
-- TRUNCATE, belongs to an extension, refuses UPDATE, DELETE (published without a replica identity), is an audit log
-- with a door (`idmigrate audit install`: a table that this role may add events by, whatever row-level security says).
SELECT
    c.oid,
    n.nspname,
    c.relname,
    c.relkind,
    c.relpersistence,
    pg_catalog.pg_get_userbyid(c.relowner),
    pg_catalog.pg_has_role(c.relowner, 'USAGE'),
    c.relrowsecurity,
    c.relforcerowsecurity,
    EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid),
    pg_catalog.row_security_active(c.oid),
    EXISTS (SELECT FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN'),
    u.usable AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),
    u.usable AND pg_catalog.has_table_privilege(c.oid, 'INSERT'),
    u.usable AND pg_catalog.has_table_privilege(c.oid, 'UPDATE'),
    u.usable AND pg_catalog.has_table_privilege(c.oid, 'DELETE'),
    u.usable AND pg_catalog.has_table_privilege(c.oid, 'TRUNCATE'),
    EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
    ),
    published.updates AND replica.has_no_identity,
    published.deletes AND replica.has_no_identity,
    EXISTS (
        SELECT
        FROM pg_catalog.pg_proc AS f
        JOIN pg_catalog.pg_namespace AS a ON a.oid = f.pronamespace
        JOIN pg_catalog.pg_class AS v ON v.relnamespace = a.oid AND v.relname = 'inbox'
        WHERE a.nspname = 'idmigrate_audit' AND f.proname = 'events_since' AND f.prorettype = c.reltype
            AND pg_catalog.has_schema_privilege(a.oid, 'USAGE')
            AND pg_catalog.has_function_privilege(f.oid, 'EXECUTE')
            AND pg_catalog.has_table_privilege(v.oid, 'INSERT')
    )
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
-- A privilege on a table is worth nothing without USAGE on its schema.
CROSS JOIN LATERAL (SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE')) AS u (usable)
CROSS JOIN LATERAL (
    SELECT COALESCE(pg_catalog.bool_or(p.pubupdate), false), COALESCE(pg_catalog.bool_or(p.pubdelete), false)
    FROM pg_catalog.pg_publication_tables AS pt
    JOIN pg_catalog.pg_publication AS p ON p.pubname = pt.pubname
    WHERE pt.schemaname = n.nspname AND pt.tablename = c.relname
) AS published (updates, deletes)
CROSS JOIN LATERAL (
    SELECT c.relreplident = 'n'
        OR c.relreplident = 'd' AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary
        )
) AS replica (has_no_identity)
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT c.relispartition
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C";
