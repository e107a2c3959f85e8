-- Decisions on rows of a chunk that were to change a row which is there, and are rejects now; and the marks of those that
-- were known to be refused.
-- $1 uuid: run; $2 integer: table; $3 integer: chunk
DELETE FROM idmigrate.merge AS g
USING idmigrate.reject AS r
WHERE g.run_id = $1::uuid AND g.table_no = $2::integer AND g.updates
    AND r.run_id = g.run_id AND r.table_no = g.table_no AND r.chunk_no = $3::integer
    AND r.source_key = g.source_key AND r.sqlstate IS NOT NULL
