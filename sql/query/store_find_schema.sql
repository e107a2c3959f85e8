-- Whether the schema idmigrate is there, asked of the catalogue so that no privilege is needed.
-- Result: is_installed boolean (its table of versions is there).
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'idmigrate' AND c.relname = 'version' AND c.relkind = 'r') AS is_installed
