-- How a table of a run is filled from now on; no row when the run moved another table under that number.
-- $1 uuid: run; $2 integer: table; $3 integer: step; $4 text, $5 text: source schema and table; $6 text, $7 text: the same
-- of the target; $8 jsonb: columns; $9 jsonb: dropped
UPDATE idmigrate.run_table
SET step = $3::integer, columns = $8::jsonb, dropped = $9::jsonb
WHERE run_id = $1::uuid AND table_no = $2::integer AND source_schema = $4 AND source_table = $5
  AND target_schema = $6 AND target_table = $7
