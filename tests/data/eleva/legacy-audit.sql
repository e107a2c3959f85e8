-- The legacy audit log, in a database of its own: no index, no foreign key, no
-- check; created_at may be NULL and has no zone; the event types are free text.
-- run: psql -v ON_ERROR_STOP=1 -f legacy-audit.sql  (on an empty database)

CREATE TABLE audit_logs (
    id            serial PRIMARY KEY,
    "clerkUserId" text NOT NULL,
    action        varchar(50) NOT NULL,
    resource_type varchar(50) NOT NULL,
    resource_id   varchar(255),
    old_values    jsonb,
    new_values    jsonb,
    ip_address    varchar(45),
    user_agent    text,
    created_at    timestamp DEFAULT now()
);
