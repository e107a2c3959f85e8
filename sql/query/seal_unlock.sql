-- Gives that lock back.
-- Result: was_ours boolean.
SELECT pg_catalog.pg_advisory_unlock(1768189287, 3) AS was_ours
