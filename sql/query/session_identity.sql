-- Who is connected to what.
-- Result: database, current role, encoding of the database, is a standby, role is a superuser, role bypasses row-level
-- security, role may call pg_control_system().
SELECT
    pg_catalog.current_database(),
    current_user,
    pg_catalog.pg_encoding_to_char(d.encoding),
    pg_catalog.pg_is_in_recovery(),
    r.rolsuper,
    r.rolsuper OR r.rolbypassrls,
    pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
FROM pg_catalog.pg_database AS d, pg_catalog.pg_roles AS r
WHERE d.datname = pg_catalog.current_database() AND r.rolname = current_user;
