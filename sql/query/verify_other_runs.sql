-- What other runs have written into the target, and by which mapping, unless they were undone. $1: this run (uuid).
-- Columns: run, mapping path, mapping text (in the first row of a run, otherwise null), table number, target schema, target table.
SELECT r.run_id,
       CASE WHEN t.first THEN r.mapping_path END,
       CASE WHEN t.first THEN r.mapping_text END,
       t.table_no, t.target_schema, t.target_table
FROM idmigrate.run AS r
CROSS JOIN LATERAL (
    SELECT l.table_no, l.target_schema, l.target_table, pg_catalog.row_number() OVER (ORDER BY l.table_no) = 1 AS first
    FROM idmigrate.run_table AS l
    WHERE l.run_id = r.run_id) AS t
WHERE r.run_id <> $1::pg_catalog.uuid AND r.state <> 'undone'
ORDER BY r.started_at, r.run_id, t.table_no
