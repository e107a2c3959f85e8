-- How the rows of a run came in: how many were read until when.
-- $1 uuid: run ID; $2 integer: most points.
-- Result: seconds double precision (from the run's start), rows bigint.
SELECT pg_catalog.max(done.seconds) AS seconds,
       (pg_catalog.sum(pg_catalog.sum(done.rows_read)) OVER (ORDER BY done.slot))::bigint AS rows
FROM (
    SELECT pg_catalog.date_part('epoch', c.finished_at - r.started_at) AS seconds, c.rows_read,
           pg_catalog.ntile($2::integer) OVER (ORDER BY c.finished_at, c.table_no, c.chunk_no) AS slot
    FROM idmigrate.chunk AS c
    JOIN idmigrate.run AS r USING (run_id)
    WHERE c.run_id = $1::uuid AND c.state = 'done') AS done
GROUP BY done.slot
ORDER BY done.slot
