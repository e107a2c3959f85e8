-- When a run was closed, or null.
-- $1 uuid: run ID
-- Result: closed_at timestamptz
SELECT pg_catalog.date_trunc('second', r.closed_at) FROM idmigrate.run AS r WHERE r.run_id = $1::uuid
