-- The number of the next verification of a run.
-- $1 uuid: run ID.
-- Result: verification_no integer.
SELECT COALESCE(pg_catalog.max(v.verification_no), 0) + 1 AS verification_no
FROM idmigrate.verification AS v
WHERE v.run_id = $1::uuid
