-- Up to when nothing can be recorded any more: events carry the time at which their transaction began, so no transaction
-- that is still open may have begun before. A little of the recent past is left alone for what is just beginning, and for
-- a clock that is set back.
-- $1 double precision: seconds; $2 text: schema, $3 text: table: the audit log.
-- Result: horizon timestamptz, holder text (who holds it back: pid, application and since when; null: nobody), may_see
-- boolean (the role sees when transactions of others began), hidden text (a session that does not tell; null: none),
-- prepared text (a prepared transaction that holds events back, whose beginning nobody knows; null: none), is_standby
-- boolean; one row.
WITH limits AS (
    SELECT pg_catalog.clock_timestamp() - $1::double precision * interval '1 second' AS latest
), others AS (
    SELECT a.pid, a.application_name, a.xact_start, a.state
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.datid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
      AND a.pid <> pg_catalog.pg_backend_pid()
      AND a.backend_type NOT IN ('autovacuum worker', 'parallel worker')
), oldest AS (
    SELECT o.pid, o.application_name, o.xact_start
    FROM others AS o, limits AS l
    WHERE o.xact_start <= l.latest
    ORDER BY o.xact_start
    LIMIT 1
)
SELECT COALESCE((SELECT o.xact_start - interval '1 microsecond' FROM oldest AS o), l.latest) AS horizon,
       (SELECT pg_catalog.format('process %s (%s), in a transaction since %s', o.pid, o.application_name,
                                 pg_catalog.date_trunc('second', o.xact_start))
        FROM oldest AS o) AS holder,
       pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS may_see,
       (SELECT pg_catalog.format('process %s (%s)', o.pid, o.application_name)
        FROM others AS o WHERE o.state = 'disabled' LIMIT 1) AS hidden,
       (SELECT COALESCE(p.gid, '?')
        FROM pg_catalog.pg_locks AS k
        LEFT JOIN pg_catalog.pg_locks AS x ON x.pid IS NULL AND x.locktype = 'transactionid'
                                              AND x.virtualtransaction = k.virtualtransaction
        LEFT JOIN pg_catalog.pg_prepared_xacts AS p ON p.transaction = x.transactionid
        WHERE k.pid IS NULL AND k.locktype = 'relation' AND k.mode NOT IN ('AccessShareLock', 'RowShareLock')
          AND k.database = (SELECT d.oid FROM pg_catalog.pg_database AS d
                            WHERE d.datname = pg_catalog.current_database())
          AND k.relation IN (
              SELECT t.relid
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace,
                   LATERAL (SELECT c.oid::regclass UNION ALL
                            SELECT x.relid FROM pg_catalog.pg_partition_tree(c.oid) AS x) AS t (relid)
              WHERE n.nspname = $2 AND c.relname = $3)
        LIMIT 1) AS prepared,
       pg_catalog.pg_is_in_recovery() AS is_standby
FROM limits AS l
