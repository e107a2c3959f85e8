-- What became of something that was set aside.
-- $1 uuid: run; $2 integer: item number; $3 text: state.
UPDATE idmigrate.set_aside
SET state = $3::pg_catalog.text, back_at = CASE WHEN $3::pg_catalog.text = 'back' THEN pg_catalog.clock_timestamp() END
WHERE run_id = $1::pg_catalog.uuid AND item_no = $2::pg_catalog.int4
