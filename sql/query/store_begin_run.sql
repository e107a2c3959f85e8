-- Begins a run. It starts when its transaction does, so that no event of it is older, in a dry run neither.
-- $1 uuid: run ID; $2 text: mapping name; $3 text: mapping path; $4 text: mapping text; $5 text: mapping digest;
-- $6 jsonb: ID map digests; $7 text: version of the program; $8 text: operator; $9 text: ticket or null;
-- $10 text: approver or null; $11 jsonb: sources; $12 jsonb: target; $13 jsonb: settings.
INSERT INTO idmigrate.run (run_id, name, state, mapping_path, mapping_text, mapping_digest, idmap_digests,
                           tool_version, operator, ticket, approved_by, sources, target, settings,
                           start_lsn, started_at, updated_at)
VALUES ($1::uuid, $2, 'running', $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11::jsonb, $12::jsonb, $13::jsonb,
        pg_catalog.pg_current_wal_insert_lsn(), pg_catalog.now(), pg_catalog.clock_timestamp())
