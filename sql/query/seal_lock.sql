-- One at a time seals: a session lock, which dies with the session.
-- Result: is_ours boolean.
SELECT pg_catalog.pg_try_advisory_lock(1768189287, 3) AS is_ours
