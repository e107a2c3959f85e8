-- The number of the next verification of a run.
-- $1 uuid: run ID.
-- Result: verification_no integer, the transaction's time timestamptz.
SELECT COALESCE(pg_catalog.max(v.verification_no), 0) + 1 AS verification_no, pg_catalog.now()
FROM idmigrate.verification AS v
WHERE v.run_id = $1::uuid
