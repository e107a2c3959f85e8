-- Whether row-level security lets the role see every row of an audit log although it applies to it: a policy that is
-- true for everybody, and none that restricts.
-- $1 text: schema; $2 text: table.
-- Result: applies boolean (row-level security holds for this role), is_whole boolean; one row.
SELECT pg_catalog.row_security_active(c.oid) AS applies,
       EXISTS (SELECT FROM pg_catalog.pg_policy AS p
               WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
                 AND pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'
                 AND (p.polroles = '{0}' OR EXISTS (
                     SELECT FROM pg_catalog.unnest(p.polroles) AS r (oid)
                     WHERE pg_catalog.pg_has_role(r.oid, 'USAGE'))))
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy AS p
                           WHERE p.polrelid = c.oid AND NOT p.polpermissive
                             AND p.polcmd IN ('r', '*')) AS is_whole
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
