-- Pairs of an ID map as a run uses it, as COPY text.
COPY idmigrate.idmap (run_id, map, old_id, new_id) FROM STDIN
