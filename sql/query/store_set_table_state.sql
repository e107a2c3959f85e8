-- Moves a table of a run to another state; the first start is kept, an end only while it is done.
-- $1 uuid: run ID; $2 integer: table number; $3 text: state; $4 integer: pass.
UPDATE idmigrate.run_table
SET state = $3, pass = $4::integer,
    started_at = CASE WHEN $3 = 'pending' THEN started_at
                      ELSE COALESCE(started_at, pg_catalog.clock_timestamp()) END,
    finished_at = CASE WHEN $3 = 'done' THEN pg_catalog.clock_timestamp() END
WHERE run_id = $1::uuid AND table_no = $2::integer
