-- The log's row-level security and grants, and the doors of a migration. Run as :"owner"; :"schema".:"table" is the log,
-- :"time_column" and :"tenant_column" two of its columns; roles as in audit_schema.sql.
-- Policies are the parent's only: rows that go through it are judged by them, and a partition that is read by itself has
-- none, which hides everything.
DROP POLICY IF EXISTS audit_owner_reads ON :"schema".:"table";
DROP POLICY IF EXISTS audit_owner_writes ON :"schema".:"table";
DROP POLICY IF EXISTS audit_sees_all ON :"schema".:"table";
DROP POLICY IF EXISTS audit_migrates ON :"schema".:"table";
DROP POLICY IF EXISTS audit_tenant ON :"schema".:"table";
CREATE POLICY audit_owner_reads ON :"schema".:"table" FOR SELECT TO :"owner" USING (true);
CREATE POLICY audit_sees_all ON :"schema".:"table" FOR SELECT TO :"auditor", :"migrator" USING (true);
-- An event is recorded when it comes in: nobody who is bound by policies can put one behind another.
DO $policies$
DECLARE
    clock text := (SELECT CASE a.atttypid WHEN 'timestamptz'::regtype THEN 'pg_catalog.now()'
                                          ELSE 'pg_catalog.now() AT TIME ZONE ''UTC''' END
                   FROM pg_catalog.pg_attribute AS a
                   WHERE a.attrelid = :'log'::regclass AND a.attname = :'time_column');
BEGIN
    EXECUTE pg_catalog.format('CREATE POLICY audit_owner_writes ON %s FOR INSERT TO %I WITH CHECK (%I = (%s))',
                              :'log', :'owner', :'time_column', clock);
    EXECUTE pg_catalog.format('CREATE POLICY audit_migrates ON %s FOR INSERT TO %I WITH CHECK (%I = (%s))',
                              :'log', :'migrator', :'time_column', clock);
END
$policies$;
-- A session without a tenant, or with an empty one, compares with null and sees nothing.
CREATE POLICY audit_tenant ON :"schema".:"table" FOR SELECT TO PUBLIC
    USING (:"tenant_column"::text = (SELECT idmigrate_audit.current_tenant()));
GRANT SELECT ON :"schema".:"table" TO :"writer", :"auditor", :"migrator";
GRANT INSERT ON :"schema".:"table" TO :"migrator";

-- COPY does not go into a table with row-level security, and a migration reads with it off. A member of the migrator
-- without BYPASSRLS copies into this table, whose rows go on into the log at the end of the statement, and reads from
-- this function. It is empty for everybody at any time, so a crash loses nothing of it.
DROP TABLE IF EXISTS idmigrate_audit.inbox;
CREATE UNLOGGED TABLE idmigrate_audit.inbox (LIKE :"schema".:"table" INCLUDING DEFAULTS);
REVOKE ALL ON idmigrate_audit.inbox FROM PUBLIC;
GRANT INSERT ON idmigrate_audit.inbox TO :"migrator";
CREATE OR REPLACE FUNCTION idmigrate_audit.take_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = on AS $take_events$
BEGIN
    INSERT INTO :"schema".:"table" SELECT i.* FROM incoming AS i;
    DELETE FROM idmigrate_audit.inbox;
    RETURN NULL;
END
$take_events$;
CREATE TRIGGER take_events AFTER INSERT ON idmigrate_audit.inbox
    REFERENCING NEW TABLE AS incoming FOR EACH STATEMENT EXECUTE FUNCTION idmigrate_audit.take_events();
ALTER TABLE idmigrate_audit.inbox ENABLE ALWAYS TRIGGER take_events;
CREATE OR REPLACE FUNCTION idmigrate_audit.events_since(since timestamptz) RETURNS SETOF :"schema".:"table"
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' SET row_security = on SET timezone = 'UTC'
AS $events_since$
BEGIN
    RETURN QUERY SELECT e.* FROM :"schema".:"table" AS e
                 WHERE since IS NULL OR e.:"time_column"::timestamptz >= since;
END
$events_since$;
REVOKE ALL ON FUNCTION idmigrate_audit.take_events(), idmigrate_audit.events_since(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idmigrate_audit.events_since(timestamptz) TO :"migrator", :"auditor";

SELECT idmigrate_audit.guard(:'log'::regclass);
SELECT idmigrate_audit.guard(p.relation) FROM idmigrate_audit.partitions() AS p;
SELECT idmigrate_audit.guard('idmigrate_audit.archive'::regclass, true);
SELECT idmigrate_audit.guard('idmigrate_audit.certificate'::regclass, true)
