-- Chunks as they are planned, as COPY text.
COPY idmigrate.chunk (run_id, table_no, chunk_no, pass, state, kind, leaf_schema, leaf_table, leaf_oid, file_node,
                      first_block, end_block, part, parts, key_column, first_key, end_key) FROM STDIN
