-- A run that goes on with another mapping, other ID maps or another version of the program, on purpose; one that was done is
-- taken up again.
-- $1 uuid: run; $2 text: mapping path; $3 text: mapping text; $4 text: its digest; $5 jsonb: ID map digests; $6 text: version;
-- $7 text: state
UPDATE idmigrate.run
SET state = $7, mapping_path = $2, mapping_text = $3, mapping_digest = $4, idmap_digests = $5::jsonb, tool_version = $6,
    updated_at = pg_catalog.now()
WHERE run_id = $1::uuid
