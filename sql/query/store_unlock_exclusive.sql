-- Gives back one exclusive hold on the advisory lock.
-- $1 integer, $2 integer: key of the advisory lock.
-- Result: was_locked boolean.
SELECT pg_catalog.pg_advisory_unlock($1::integer, $2::integer) AS was_locked
