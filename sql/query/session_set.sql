-- Sets up the session: every setting in one statement, before anything else is asked. The search_path is still
-- whatever the role has, so everything here is qualified.
-- $1 text[]: names of settings; $2 text[]: their values.
-- Result: one row a setting, not read.
SELECT pg_catalog.set_config(wanted.name, wanted.value, false)
FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS wanted (name, value)
WHERE wanted.name OPERATOR(pg_catalog.<>) 'session_replication_role'
    -- Setting it is a superuser's, so it is touched only where it must be; for others session_check says what is wrong.
    OR (
        pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.<>) wanted.value
        AND pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.=) 'on'
    );
