-- The server's time.
-- Result: now timestamptz.
SELECT pg_catalog.clock_timestamp() AS now
