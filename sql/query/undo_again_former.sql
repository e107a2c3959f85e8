-- The same of rows that were to get their former values back.
-- $1 uuid: run ID
UPDATE idmigrate.former_row SET reason_code = NULL, detail = NULL WHERE run_id = $1::uuid AND reason_code IS NOT NULL
