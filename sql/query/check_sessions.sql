-- Other sessions of this database that are not this program's.
-- Result: how many bigint, their application names text (up to five).
SELECT pg_catalog.count(*),
    (pg_catalog.array_agg(DISTINCT a.application_name) FILTER (WHERE a.application_name <> ''))[1:5]::text
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = pg_catalog.current_database()
    AND a.pid <> pg_catalog.pg_backend_pid()
    AND a.backend_type = 'client backend'
    AND a.application_name NOT LIKE 'idmigrate%';
