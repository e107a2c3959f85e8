-- The indexes of the tables of some schemas, the primary key first.
-- $1 text[]: schemas.
-- Result: oid of the table, name, definition, is primary, unique, exclusion, valid, deferrable, NULLS NOT DISTINCT,
-- predicate, keys (text[]), their column numbers (integer[], 0 for an expression).
SELECT
    i.indrelid,
    x.relname,
    pg_catalog.pg_get_indexdef(i.indexrelid),
    i.indisprimary,
    i.indisunique,
    i.indisexclusion,
    i.indisvalid AND i.indisready,
    NOT i.indimmediate,
    -- Absent before PostgreSQL 15.
    COALESCE((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
    pg_catalog.pg_get_expr(i.indpred, i.indrelid, true),
    (
        SELECT pg_catalog.array_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k, true) ORDER BY k)
        FROM pg_catalog.generate_series(1, i.indnkeyatts::integer) AS k
    ),
    (
        SELECT pg_catalog.array_agg(i.indkey[k]::integer ORDER BY k)
        FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS k
    )
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND NOT c.relispartition
ORDER BY i.indrelid, NOT i.indisprimary, x.relname COLLATE "C";
