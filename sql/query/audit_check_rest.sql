-- What else an installed audit log needs.
-- $1 text, $2 text: schema and table of the log.
-- Result: is_partitioned, has_this_month, has_next_month boolean; checks integer (of the registry, proved), unproved
-- integer; entered, delivered, waiting, failed, lost bigint (of the queue); event_triggers integer (enabled, on sql_drop
-- or ddl_command_end); triggers integer (of queue and inbox, of 2).
SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
               WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'p'),
       EXISTS (SELECT FROM idmigrate_audit.partitions() AS p
               WHERE p.range_from <= pg_catalog.now() AND p.range_to > pg_catalog.now()),
       EXISTS (SELECT FROM idmigrate_audit.partitions() AS p
               WHERE p.range_from <= pg_catalog.now() + interval '1 month'
                 AND p.range_to > pg_catalog.now() + interval '1 month'),
       k.proved, k.unproved, q.entered, q.delivered, q.waiting, q.failed, q.lost,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_event_trigger AS e
        WHERE e.evtenabled <> 'D' AND e.evtevent IN ('sql_drop', 'ddl_command_end')),
       (SELECT pg_catalog.count(*)
        FROM (VALUES ('queue', 'count_queued'), ('inbox', 'take_events')) AS w (table_name, name)
        JOIN pg_catalog.pg_class AS c ON c.relname = w.table_name
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'idmigrate_audit'
        JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid AND t.tgname = w.name AND t.tgenabled = 'A'
        JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid AND f.proname = w.name AND f.pronamespace = n.oid)
FROM idmigrate_audit.queue_state() AS q,
     (SELECT pg_catalog.count(*) FILTER (WHERE o.convalidated), pg_catalog.count(*) FILTER (WHERE NOT o.convalidated)
      FROM pg_catalog.pg_constraint AS o
      JOIN pg_catalog.pg_class AS c ON c.oid = o.conrelid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND o.conname IN ('audit_action_known', 'audit_resource_type_known')
     ) AS k (proved, unproved)
