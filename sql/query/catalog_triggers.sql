-- The user's triggers on the tables of some schemas, and row triggers that only a partition has: rows that are routed
-- there fire them.
-- $1 text[]: schemas.
-- Result: oid of the table, name, function, enabled, before, per row, on INSERT, UPDATE, TRUNCATE, DELETE.
SELECT
    c.oid,
    g.tgname,
    pg_catalog.format('%I.%I', pn.nspname, p.proname),
    g.tgenabled,
    -- The bits of tgtype: src/include/catalog/pg_trigger.h.
    g.tgtype & 2 <> 0,
    g.tgtype & 1 <> 0,
    g.tgtype & 4 <> 0,
    g.tgtype & 16 <> 0,
    g.tgtype & 32 <> 0,
    g.tgtype & 8 <> 0
FROM pg_catalog.pg_trigger AS g
JOIN pg_catalog.pg_class AS own ON own.oid = g.tgrelid
JOIN pg_catalog.pg_class AS c
    ON c.oid = CASE WHEN own.relispartition THEN pg_catalog.pg_partition_root(own.oid) ELSE own.oid END
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc AS p ON p.oid = g.tgfoid
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.pronamespace
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND NOT g.tgisinternal
    AND (NOT own.relispartition OR (g.tgparentid = 0 AND g.tgtype & 1 <> 0))
ORDER BY c.oid, g.tgname COLLATE "C", own.relname COLLATE "C";
