-- Removes the ID maps that a run keeps, and notes with the run who did and when.
-- $1 uuid: run; $2 jsonb: by whom and why; the time of the server and the number of pairs are added.
-- Result: pairs bigint, no row when the run is not there or may still need its maps.
WITH run AS (
    SELECT r.run_id FROM idmigrate.run AS r WHERE r.run_id = $1::uuid AND r.state IN ('done', 'undone') FOR UPDATE
), gone AS (
    DELETE FROM idmigrate.idmap AS i USING run WHERE i.run_id = run.run_id RETURNING i.map
), counted AS (
    SELECT pg_catalog.count(*) AS pairs FROM gone
)
UPDATE idmigrate.run AS r
SET settings = pg_catalog.jsonb_set(
        r.settings, '{idmaps_expired}',
        COALESCE(r.settings -> 'idmaps_expired', '[]'::jsonb)
            || pg_catalog.jsonb_build_array($2::jsonb || pg_catalog.jsonb_build_object(
                'at', pg_catalog.clock_timestamp()::text, 'pairs', counted.pairs)))
FROM counted, run
WHERE r.run_id = run.run_id
RETURNING counted.pairs
