-- Whether rows of an audit log are kept apart by policies, also from its owner.
-- $1 text: schema; $2 text: table.
-- Result: is_enabled boolean, is_forced boolean, policies bigint; one row.
SELECT c.relrowsecurity AS is_enabled, c.relforcerowsecurity AS is_forced,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid) AS policies
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
