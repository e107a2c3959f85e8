-- The last verification of a run.
-- $1 uuid: run ID.
-- Result: check_name text, table_no integer, label, verdict text, looked_at, found bigint, detail text, differences
-- jsonb, is_partial boolean, verified_at timestamptz.
SELECT v.check_name, v.table_no, v.label, v.verdict, v.looked_at, v.found, v.detail, v.differences, v.is_partial,
       v.verified_at
FROM idmigrate.verification AS v
WHERE v.run_id = $1::uuid
  AND v.verification_no = (SELECT pg_catalog.max(l.verification_no) FROM idmigrate.verification AS l
                           WHERE l.run_id = $1::uuid)
ORDER BY v.item_no
