-- When the parts of a run came to an end, in seconds from its start; null: it did not come to that.
-- $1 uuid: run ID.
-- Result: first_chunk, last_chunk, set_aside, back, verified double precision.
SELECT pg_catalog.date_part('epoch', c.first_start - r.started_at) AS first_chunk,
       pg_catalog.date_part('epoch', c.last_end - r.started_at) AS last_chunk,
       pg_catalog.date_part('epoch', a.last_aside - r.started_at) AS set_aside,
       pg_catalog.date_part('epoch', a.last_back - r.started_at) AS back,
       pg_catalog.date_part('epoch', v.first_verified - r.started_at) AS verified
FROM idmigrate.run AS r
CROSS JOIN LATERAL (
    SELECT pg_catalog.min(started_at) AS first_start, pg_catalog.max(finished_at) AS last_end
    FROM idmigrate.chunk WHERE run_id = r.run_id AND state = 'done') AS c
CROSS JOIN LATERAL (
    SELECT pg_catalog.max(set_aside_at) FILTER (WHERE state <> 'kept') AS last_aside, pg_catalog.max(back_at) AS last_back
    FROM idmigrate.set_aside WHERE run_id = r.run_id) AS a
CROSS JOIN LATERAL (
    SELECT pg_catalog.min(verified_at) AS first_verified
    FROM idmigrate.verification WHERE run_id = r.run_id) AS v
WHERE r.run_id = $1::uuid
