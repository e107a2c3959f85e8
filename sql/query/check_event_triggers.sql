-- Event triggers of this database that fire in an ordinary session for statements that define something.
-- Result: name name, function text.
SELECT t.evtname, t.evtfoid::pg_catalog.regproc::text
FROM pg_catalog.pg_event_trigger AS t
WHERE t.evtenabled IN ('O', 'A') AND t.evtevent IN ('ddl_command_start', 'ddl_command_end', 'sql_drop', 'table_rewrite')
ORDER BY t.evtname
