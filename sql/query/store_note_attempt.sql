-- Keeps who takes a run up again, and with which settings.
-- $1 uuid: run ID; $2 jsonb: the attempt; the time of the server is added.
UPDATE idmigrate.run
SET settings = pg_catalog.jsonb_set(
        settings, '{later}',
        COALESCE(settings -> 'later', '[]'::jsonb)
            || pg_catalog.jsonb_build_array($2::jsonb || pg_catalog.jsonb_build_object('at', pg_catalog.clock_timestamp()::text)))
WHERE run_id = $1::uuid
