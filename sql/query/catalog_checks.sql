-- The check constraints of the tables of some schemas. NOT NULL is a property of the column here, also on PostgreSQL
-- 18, where it is a constraint (contype n) too.
-- $1 text[]: schemas.
-- Result: oid of the table, name, definition, is validated.
SELECT k.conrelid, k.conname, pg_catalog.pg_get_constraintdef(k.oid), k.convalidated
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND k.contype = 'c'
    AND NOT c.relispartition
ORDER BY k.conrelid, k.conname COLLATE "C";
