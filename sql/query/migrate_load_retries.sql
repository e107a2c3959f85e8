-- Rejects of a table, to be tried again: the next ones in order.
-- $1 uuid: run; $2 integer: table; $3 integer, $4 integer: chunk and number of the last one before them; $5 integer: the last chunk
-- that counts; $6 integer: at most so many.
-- Result: chunk_no, reject_no integer, source_key, source_digest, reason_code, column_name, sqlstate, constraint_name text.
SELECT r.chunk_no, r.reject_no, r.source_key, r.source_digest, r.reason_code, r.column_name, r.sqlstate, r.constraint_name
FROM idmigrate.reject AS r
WHERE r.run_id = $1::uuid AND r.table_no = $2::integer AND (r.chunk_no, r.reject_no) > ($3::integer, $4::integer)
    AND r.chunk_no <= $5::integer
ORDER BY r.chunk_no, r.reject_no
LIMIT $6::integer
