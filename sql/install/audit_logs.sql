-- The default audit log, for targets that have none: :"schema".:"table" with its :"default_partition".
-- Purpose: one append-only record shared by the application, the migration and the auditor.
-- Needs the schema idmigrate (idmigrate.sql). By hand: psql -1 -v schema=public -v table=audit_logs
-- -v default_partition=audit_logs_default -v guard=idmigrate -f audit_logs.sql
-- Partitioned by month of recorded_at, so that retention can drop whole months; a default partition takes the rest.
-- No foreign keys: events outlive users. IDs and codes are compared by bytes, whatever the database's collation.
CREATE TABLE :"schema".:"table" (
    id uuid NOT NULL,                           -- UUID version 7 (RFC 9562)
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    occurred_at timestamptz,                    -- null: unknown
    event_version smallint NOT NULL DEFAULT 1,
    action text COLLATE "C" NOT NULL CHECK (action <> '' AND pg_catalog.length(action) <= 64),
    resource_type text COLLATE "C" NOT NULL CHECK (resource_type <> '' AND pg_catalog.length(resource_type) <= 64),
    resource_id text COLLATE "C",
    actor_id text COLLATE "C",                  -- null: unknown
    actor_type text NOT NULL DEFAULT 'system',
    tenant_id text COLLATE "C",                 -- null: no tenant
    outcome text NOT NULL DEFAULT 'success' CHECK (outcome IN ('success', 'failure', 'denied', 'skipped', 'rejected')),
    reason_code text,
    old_values jsonb,
    new_values jsonb,
    metadata jsonb,
    row_digest bytea CHECK (pg_catalog.octet_length(row_digest) = 16),
    run_id uuid,
    ip_address text,
    user_agent text,
    retention_class text NOT NULL DEFAULT 'standard',
    PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);
-- The ID first: it tells rows apart at the first comparison, the type is the same for millions.
CREATE INDEX ON :"schema".:"table" (resource_id, resource_type);
CREATE INDEX ON :"schema".:"table" (tenant_id, recorded_at);
-- What people did; a run's events are all by one actor, and are not in it.
CREATE INDEX ON :"schema".:"table" (actor_id, recorded_at) WHERE actor_id <> 'idmigrate';
REVOKE ALL ON :"schema".:"table" FROM PUBLIC;
CREATE TABLE :"schema".:"default_partition" PARTITION OF :"schema".:"table" DEFAULT;
REVOKE ALL ON :"schema".:"default_partition" FROM PUBLIC;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON :"schema".:"table"
    FOR EACH ROW EXECUTE FUNCTION :"guard".refuse_change();
ALTER TABLE :"schema".:"table" ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON :"schema".:"table"
    FOR EACH STATEMENT EXECUTE FUNCTION :"guard".refuse_change();
ALTER TABLE :"schema".:"table" ENABLE ALWAYS TRIGGER append_only_truncate;
ALTER TABLE :"schema".:"default_partition" ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON :"schema".:"default_partition"
    FOR EACH STATEMENT EXECUTE FUNCTION :"guard".refuse_change();
ALTER TABLE :"schema".:"default_partition" ENABLE ALWAYS TRIGGER append_only_truncate
