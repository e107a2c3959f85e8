-- Runs that have written into a table since another one began, and are not undone. The latest first.
-- $1 uuid: run ID; $2 text: schema; $3 text: table
-- Result: run_id uuid
SELECT r.run_id
FROM idmigrate.run AS this
JOIN idmigrate.run AS r ON r.started_at > this.started_at AND r.run_id <> this.run_id AND r.state <> 'undone'
JOIN idmigrate.run_table AS t ON t.run_id = r.run_id AND t.target_schema = $2 AND t.target_table = $3
WHERE this.run_id = $1::uuid
  AND EXISTS (SELECT FROM idmigrate.chunk AS c
              WHERE c.run_id = t.run_id AND c.table_no = t.table_no AND c.state = 'done' AND c.rows_written > 0)
ORDER BY r.started_at DESC, r.run_id
