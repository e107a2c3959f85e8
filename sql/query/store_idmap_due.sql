-- When the ID maps of a run have been kept long enough.
-- $1 uuid: run; $2 text: how long, as an interval.
-- Result: is_due boolean, due text (in UTC); null where the run has not ended.
SELECT r.finished_at + $2::text::interval <= pg_catalog.clock_timestamp() AS is_due,
       pg_catalog.to_char(r.finished_at + $2::text::interval, 'YYYY-MM-DD HH24:MI') AS due
FROM idmigrate.run AS r
WHERE r.run_id = $1::uuid
