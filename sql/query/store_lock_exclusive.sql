-- Tries to be the only run at work in this database, until the session ends.
-- $1 integer, $2 integer: key of the advisory lock.
-- Result: is_locked boolean.
SELECT pg_catalog.pg_try_advisory_lock($1::integer, $2::integer) AS is_locked
