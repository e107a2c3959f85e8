-- Decisions on rows that were tried again, and are rejects all the same.
-- $1 uuid: run; $2 integer: table
DELETE FROM idmigrate.merge AS g
USING idmigrate.reject AS r
WHERE g.run_id = $1::uuid AND g.table_no = $2::integer
    AND r.run_id = g.run_id AND r.table_no = g.table_no AND r.source_key = g.source_key
