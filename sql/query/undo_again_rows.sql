-- Rows that an undo left as they were are looked at anew.
-- $1 uuid: run ID
UPDATE idmigrate.undo_row SET reason_code = NULL, detail = NULL,
    target_key = CASE WHEN resource_id = '' OR pg_catalog.starts_with(resource_id, 'digest:') THEN NULL ELSE target_key END
WHERE run_id = $1::uuid AND reason_code IS NOT NULL
