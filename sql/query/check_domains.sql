-- The checks of a domain and of the domains below it. NOT NULL is a property of the column.
-- $1 oid: the domain.
-- Result: name, expression over VALUE.
WITH RECURSIVE chain (type) AS (
    SELECT $1::pg_catalog.oid
    UNION ALL
    SELECT t.typbasetype
    FROM chain AS c
    JOIN pg_catalog.pg_type AS t ON t.oid = c.type AND t.typtype = 'd'
)
SELECT k.conname, pg_catalog.pg_get_expr(k.conbin, 0)
FROM chain AS c
JOIN pg_catalog.pg_constraint AS k ON k.contypid = c.type AND k.contype = 'c'
ORDER BY k.conname COLLATE "C";
