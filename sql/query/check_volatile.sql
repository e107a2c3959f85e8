-- The server's own functions that give another result each time they are called, in all their forms. Functions of users are
-- not among them: who does not say what they are gets "volatile".
-- Result: name.
SELECT p.proname
FROM pg_catalog.pg_proc AS p
WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
GROUP BY p.proname
HAVING pg_catalog.bool_and(p.provolatile = 'v')
ORDER BY p.proname COLLATE "C";
