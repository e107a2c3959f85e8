-- Who holds the advisory lock of this database, other than this session. What the role may not see of others is null.
-- $1 integer, $2 integer: key of the advisory lock.
-- Result: pid integer, application_name text, role_name name, host text, since timestamptz, is_exclusive boolean.
SELECT l.pid, a.application_name, a.usename AS role_name,
       COALESCE(a.client_hostname, pg_catalog.host(a.client_addr),
                CASE WHEN a.backend_start IS NOT NULL THEN 'the server''s own machine' END) AS host,
       a.backend_start AS since, l.mode = 'ExclusiveLock' AS is_exclusive
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.pid <> pg_catalog.pg_backend_pid()
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
  AND l.classid = $1::integer::oid AND l.objid = $2::integer::oid
ORDER BY a.backend_start, l.pid
