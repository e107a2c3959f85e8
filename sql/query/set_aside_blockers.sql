-- Who holds locks on tables that are to be set aside. $1 oid[]: the tables; partitions come with them.
-- Result: one line for people, or null.
SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('process %s (%s)', a.pid, COALESCE(NULLIF(a.application_name, ''), 'unnamed')), ', ')
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
    AND (l.relation = ANY ($1::pg_catalog.oid[])
         OR l.relation IN (SELECT p.relid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t (oid),
                                LATERAL pg_catalog.pg_partition_tree(t.oid) AS p))
