-- What is there before an audit log is installed, and what the session's role may do.
-- $1 text, $2 text: schema and table of the log; $3 text[]: names of its roles, the owner's first.
-- Result, one row: is_superuser, may_create_roles, may_create_schema boolean; missing_roles text (JSON array);
-- unfit_role text (one that is there and may log in or do more than it should); has_log_schema boolean;
-- log_schema_is_owners boolean; schema_exists, may_grant_schema boolean; kind text (of the table, null: none);
-- is_partitioned boolean; table_is_owners, may_take_table boolean; is_owner_member boolean; foreign_function text (of a
-- name that is needed, in other hands); has_tenants boolean; has_seals, may_grant_seals boolean; has_settings boolean;
-- has_checks boolean (both CHECKs of the registry).
WITH me AS (
    SELECT r.oid, r.rolsuper, r.rolcreaterole FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user
), owner AS (
    SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = ($3::text[])[1]
), log AS (
    SELECT c.oid, c.relkind, c.relowner FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
)
SELECT me.rolsuper,
       me.rolsuper OR me.rolcreaterole,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
       (SELECT COALESCE(pg_catalog.json_agg(w.name ORDER BY w.place), '[]')::text
        FROM pg_catalog.unnest($3::text[]) WITH ORDINALITY AS w (name, place)
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = w.name)),
       (SELECT r.rolname FROM pg_catalog.pg_roles AS r
        WHERE r.rolname = ANY ($3::text[])
          AND (r.rolcanlogin OR r.rolsuper OR r.rolbypassrls OR r.rolreplication OR r.rolcreaterole)
        ORDER BY 1 LIMIT 1),
       a.oid IS NOT NULL,
       COALESCE(a.nspowner = (SELECT o.oid FROM owner AS o), false),
       s.oid IS NOT NULL,
       me.rolsuper OR COALESCE(pg_catalog.pg_has_role(s.nspowner, 'USAGE'), false)
           OR COALESCE(pg_catalog.has_schema_privilege(s.oid, 'CREATE WITH GRANT OPTION'), false),
       l.relkind,
       l.relkind = 'p',
       COALESCE(l.relowner = (SELECT o.oid FROM owner AS o), false),
       me.rolsuper OR COALESCE(pg_catalog.pg_has_role(l.relowner, 'USAGE'), true),
       COALESCE((SELECT pg_catalog.pg_has_role(o.oid, 'USAGE') FROM owner AS o), false),
       (SELECT p.proname FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = s.oid AND p.proname IN ('log_event', 'log_event_async')
          AND p.proowner IS DISTINCT FROM (SELECT o.oid FROM owner AS o)
          AND p.proargtypes::text = (SELECT pg_catalog.string_agg(t.name::regtype::oid::text, ' ' ORDER BY t.place)
                                     FROM ROWS FROM (pg_catalog.unnest('{text,text,text,jsonb,jsonb,text,text,text}'::text[]))
                                         WITH ORDINALITY AS t (name, place))
        ORDER BY 1 LIMIT 1),
       EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = s.oid AND c.relname = 'tenants'),
       i.oid IS NOT NULL,
       me.rolsuper OR COALESCE(pg_catalog.pg_has_role(i.relowner, 'USAGE'), false),
       EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = a.oid AND c.relname = 'settings'),
       2 = (SELECT pg_catalog.count(*) FROM pg_catalog.pg_constraint AS k
            WHERE k.conrelid = l.oid AND k.conname IN ('audit_action_known', 'audit_resource_type_known'))
FROM me
LEFT JOIN log AS l ON true
LEFT JOIN pg_catalog.pg_namespace AS a ON a.nspname = 'idmigrate_audit'
LEFT JOIN pg_catalog.pg_namespace AS s ON s.nspname = $1
LEFT JOIN (SELECT c.oid, c.relowner FROM pg_catalog.pg_class AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
           WHERE n.nspname = 'idmigrate' AND c.relname = 'seal') AS i ON true
