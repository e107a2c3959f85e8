-- Later runs that stand on this one: rows of theirs were merged into rows that were there, or left out because of them, in
-- a table that this run wrote to; or they wrote rows into tables that refer to such a table. The latest first.
-- $1 uuid: run ID
-- Result: run_id uuid; name text; table text (schema.table); why text
SELECT r.run_id, r.name, pg_catalog.format('%s.%s', t.target_schema, t.target_table) AS at_table, w.why
FROM idmigrate.run AS this
JOIN idmigrate.run AS r ON r.started_at > this.started_at AND r.run_id <> this.run_id AND r.state <> 'undone'
JOIN idmigrate.run_table AS t ON t.run_id = r.run_id
CROSS JOIN LATERAL (
    SELECT 'were merged into rows that were there' AS why
    WHERE EXISTS (SELECT FROM idmigrate.merge AS m
                  WHERE m.run_id = t.run_id AND m.table_no = t.table_no AND m.survivor = 'existing')
      AND EXISTS (SELECT FROM idmigrate.run_table AS o
                  WHERE o.run_id = this.run_id AND o.target_schema = t.target_schema AND o.target_table = t.target_table)
    UNION ALL
    SELECT 'refer to tables of this one'
    WHERE EXISTS (SELECT FROM idmigrate.chunk AS c
                  WHERE c.run_id = t.run_id AND c.table_no = t.table_no AND c.state = 'done' AND c.rows_written > 0)
      AND EXISTS (
        SELECT FROM idmigrate.run_table AS o
        JOIN pg_catalog.pg_namespace AS pn ON pn.nspname = o.target_schema
        JOIN pg_catalog.pg_class AS p ON p.relnamespace = pn.oid AND p.relname = o.target_table
        JOIN pg_catalog.pg_constraint AS k ON k.contype = 'f' AND k.confrelid = p.oid
        JOIN pg_catalog.pg_class AS q ON q.oid = k.conrelid AND q.relname = t.target_table
        JOIN pg_catalog.pg_namespace AS qn ON qn.oid = q.relnamespace AND qn.nspname = t.target_schema
        WHERE o.run_id = this.run_id)
    LIMIT 1) AS w
WHERE this.run_id = $1::uuid
ORDER BY r.started_at DESC, r.run_id, t.table_no
