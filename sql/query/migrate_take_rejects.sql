-- Takes rejects away that were carried out again, or are gone from the source.
-- $1 uuid: run; $2 integer: table; $3 integer[], $4 integer[]: their chunks and numbers.
DELETE FROM idmigrate.reject AS r
USING ROWS FROM (pg_catalog.unnest($3::integer[]), pg_catalog.unnest($4::integer[])) AS t (chunk_no, reject_no)
WHERE r.run_id = $1::uuid AND r.table_no = $2::integer AND r.chunk_no = t.chunk_no AND r.reject_no = t.reject_no
