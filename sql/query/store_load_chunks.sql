-- The chunks of one table of a run.
-- $1 uuid: run ID; $2 integer: table number.
-- Result: chunk_no, pass integer, state, kind, leaf_schema, leaf_table text, leaf_oid, file_node oid, first_block,
-- end_block bigint, part, parts integer, rows read, written, merged, skipped, rejected, unchanged, updated, removed
-- bigint, source_digest text, source_bytes bigint, key_column, first_key, end_key text,
-- whether it was announced and is still to do.
SELECT c.chunk_no, c.pass, c.state, c.kind, c.leaf_schema, c.leaf_table, c.leaf_oid, c.file_node, c.first_block,
       c.end_block, c.part, c.parts, c.rows_read, c.rows_written, c.rows_merged, c.rows_skipped, c.rows_rejected,
       c.rows_unchanged, c.rows_updated, c.rows_removed, c.source_digest, c.source_bytes,
       c.key_column, c.first_key, c.end_key, c.announced > 0 AND c.state = 'pending'
FROM idmigrate.chunk AS c
WHERE c.run_id = $1::uuid AND c.table_no = $2::integer
ORDER BY c.chunk_no
