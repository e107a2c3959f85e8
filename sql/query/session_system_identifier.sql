-- The number that tells one cluster from every other; kept by its standbys.
-- Result: system identifier.
SELECT system_identifier FROM pg_catalog.pg_control_system();
