-- Other clients that are connected to the same database; a dry run would make them wait for its row locks.
-- Result: count bigint
SELECT pg_catalog.count(*)
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'
  AND a.pid <> pg_catalog.pg_backend_pid() AND a.application_name NOT LIKE 'idmigrate%'
