-- The structure of a target table as it is when a run is taken up again, unless some of it is set aside.
-- $1 uuid: run ID; $2 integer: table number; $3 jsonb: structure (store_structure.sql).
UPDATE idmigrate.run_table AS t
SET structure = $3::jsonb
WHERE t.run_id = $1::uuid AND t.table_no = $2::integer AND NOT EXISTS (
    SELECT FROM idmigrate.set_aside AS s WHERE s.run_id = t.run_id AND s.state IN ('aside', 'built'))
