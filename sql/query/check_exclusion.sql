-- The operators of an exclusion constraint, in order of its keys.
-- $1 name: schema of its table; $2 name: the constraint's index.
-- Result: operator as SQL, OPERATOR(schema.name).
SELECT pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname)
FROM pg_catalog.pg_class AS x
JOIN pg_catalog.pg_namespace AS xn ON xn.oid = x.relnamespace
JOIN pg_catalog.pg_constraint AS k ON k.conindid = x.oid AND k.contype = 'x'
CROSS JOIN LATERAL pg_catalog.unnest(k.conexclop) WITH ORDINALITY AS u (operator, place)
JOIN pg_catalog.pg_operator AS o ON o.oid = u.operator
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
WHERE xn.nspname = $1::pg_catalog.name AND x.relname = $2::pg_catalog.name
ORDER BY u.place;
