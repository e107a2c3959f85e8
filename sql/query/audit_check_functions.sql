-- The functions around the audit log, to compare them with those that the program installs.
-- $1 text: schema of the log; $2 text: name of its owner.
-- Result: name text (qualified), source text, owner text, owner_is_ours boolean.
SELECT n.nspname || '.' || p.proname, p.prosrc, pg_catalog.pg_get_userbyid(p.proowner),
       pg_catalog.pg_get_userbyid(p.proowner) = $2
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = 'idmigrate_audit' OR (n.nspname = $1 AND p.proname IN ('log_event', 'log_event_async'))
ORDER BY 1
