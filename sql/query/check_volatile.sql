-- Functions that may give another result each time they are called, in all their forms: the server's own, and those of
-- users, which are volatile unless somebody said otherwise. Sessions have no search path, so users' functions are called
-- with their schema.
-- Result: name as an expression calls it (quoted where that is needed); whether it is the server's own.
SELECT CASE WHEN p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace THEN p.proname::text
            ELSE pg_catalog.format('%I.%I', n.nspname, p.proname) END AS name,
       p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AS is_own
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prokind = 'f'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(toast|temp)'
GROUP BY p.pronamespace, n.nspname, p.proname
HAVING pg_catalog.bool_and(p.provolatile = 'v')
ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C";
