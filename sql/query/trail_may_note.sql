-- How the role may record that it read the log: by log_event(), which knows the log's rules, or by itself.
-- $1 text: schema; $2 text: table.
-- Result: may_call boolean, may_insert boolean, is_read_only boolean (a standby); one row.
SELECT COALESCE((SELECT pg_catalog.bool_or(pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))
                 FROM pg_catalog.pg_proc AS p
                 JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                 WHERE n.nspname = $1 AND p.proname = 'log_event' AND p.prokind = 'f'
                   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                   AND p.proargnames[1:5] = ARRAY['action', 'resource_type', 'resource_id', 'changes', 'metadata']),
                false) AS may_call,
       COALESCE((SELECT pg_catalog.has_table_privilege(c.oid, 'INSERT')
                 FROM pg_catalog.pg_class AS c
                 JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE n.nspname = $1 AND c.relname = $2), false) AS may_insert,
       pg_catalog.pg_is_in_recovery() AS is_read_only
