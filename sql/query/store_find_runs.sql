-- Runs, the newest first; each condition holds only when its parameter is not null.
-- $1 text: what the run ID begins with; $2 text: mapping name of a run that is neither done nor undone;
-- $3 text, $4 jsonb: mapping digest and ID map digests (or null) of a run that is done; $5 bigint: most rows.
-- Result: run_id, name, state, outcome, mapping_path, mapping_text, mapping_digest, idmap_digests, sources, target,
-- settings, tool_version, operator, ticket, approved_by, started_at, finished_at (all text), exit_status integer,
-- attempts integer, seconds double precision (so far, or from start to end), start_lsn, end_lsn pg_lsn.
SELECT r.run_id, r.name, r.state, r.outcome, r.mapping_path, r.mapping_text, r.mapping_digest, r.idmap_digests,
       r.sources, r.target, r.settings, r.tool_version, r.operator, r.ticket, r.approved_by, r.started_at,
       r.finished_at, r.exit_status, r.attempts,
       pg_catalog.date_part('epoch', COALESCE(r.finished_at, pg_catalog.clock_timestamp()) - r.started_at) AS seconds,
       r.start_lsn, r.end_lsn
FROM idmigrate.run AS r
WHERE ($1::text IS NULL OR pg_catalog.starts_with(r.run_id::text, pg_catalog.lower($1)))
  AND ($2::text IS NULL OR (r.name = $2 AND r.state NOT IN ('done', 'undone')))
  AND ($3::text IS NULL OR (r.mapping_digest = $3 AND r.state = 'done'
                            AND ($4::jsonb IS NULL OR r.idmap_digests = $4::jsonb)))
ORDER BY r.started_at DESC, r.run_id
LIMIT $5::bigint
