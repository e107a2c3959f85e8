-- Results of one verification, as COPY text.
COPY idmigrate.verification (run_id, verification_no, item_no, check_name, table_no, label, verdict, looked_at, found,
                             detail, differences, is_partial, verified_at, tool_version) FROM STDIN
