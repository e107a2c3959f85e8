-- How much WAL the target has written, how far its replicas have replayed it, and what its slots hold back.
-- Positions are bytes since 0/0. A replica is whoever streams, physically or logically: base backups are none.
-- Result: written bigint, replicas whose position this role may not see bigint, position of the slowest replica bigint
-- (null: there is none), its name text, oldest position of a slot bigint (null: no slot holds back any), its name text.
SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0')::bigint,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication AS r WHERE r.state IS NULL),
       pg_catalog.pg_wal_lsn_diff(replica.replay_lsn, '0/0')::bigint, replica.application_name,
       pg_catalog.pg_wal_lsn_diff(slot.restart_lsn, '0/0')::bigint, slot.slot_name
FROM (SELECT) AS one
LEFT JOIN (SELECT r.replay_lsn, r.application_name
           FROM pg_catalog.pg_stat_replication AS r
           WHERE r.state IN ('catchup', 'streaming') AND r.replay_lsn IS NOT NULL
           ORDER BY r.replay_lsn LIMIT 1) AS replica ON true
LEFT JOIN (SELECT s.restart_lsn, s.slot_name
           FROM pg_catalog.pg_replication_slots AS s
           WHERE s.restart_lsn IS NOT NULL
           ORDER BY s.restart_lsn LIMIT 1) AS slot ON true
