-- What is set aside, or is kept, as COPY text.
COPY idmigrate.set_aside (run_id, item_no, state, kind, reason, schema_name, table_name, name, table_oid, top, depth, tablespace,
                          description, drop_sql, build_sql, shape_sql, attach_sql, finish_sql, validate_sql, may_be_violated, is_alone,
                          violation, weight, catalog_row, set_aside_at) FROM STDIN
