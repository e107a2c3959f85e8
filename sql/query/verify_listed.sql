-- Source rows of a run that did not become rows of their own. $1: run (uuid).
-- Columns: table number, kind (merged, skipped, rejected), source key, target key, survivor's key, survivor (existing, migrated),
-- updates, reason, SQLSTATE, target column that the reason is about, ID that did not resolve.
SELECT table_no, outcome, source_key, target_key, survivor_key, survivor, updates, NULL::text, NULL::text, NULL::text, NULL::text
FROM idmigrate.merge WHERE run_id = $1::pg_catalog.uuid
UNION ALL
SELECT table_no, 'rejected', source_key, target_key, '', '', false, reason_code, sqlstate, column_name, old_id
FROM idmigrate.reject WHERE run_id = $1::pg_catalog.uuid
