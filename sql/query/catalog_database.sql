-- Facts about the server and the database that hold for all tables.
-- Result: block size, role may CREATE schemas, role may create temporary tables.
SELECT
    pg_catalog.current_setting('block_size')::integer,
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY');
