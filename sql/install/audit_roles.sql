-- What the audit log's roles need before anything is made; they are there already (audit_role.sql).
-- :"schema" (of the log), :"owner", :"writer", :"auditor", :"pruner", :"migrator".
-- The owner owns the log, cannot log in and has no members: nobody's session can alter what it owns.
DO $roles$
BEGIN
    IF pg_catalog.to_regnamespace('idmigrate_audit') IS NULL THEN
        EXECUTE pg_catalog.format('CREATE SCHEMA idmigrate_audit AUTHORIZATION %I', :'owner');
    END IF;
END
$roles$;
GRANT USAGE, CREATE ON SCHEMA :"schema" TO :"owner";
GRANT USAGE ON SCHEMA :"schema" TO :"writer", :"auditor", :"pruner", :"migrator"
