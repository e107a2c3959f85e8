-- The tenants of an application that has no table of them: :"schema".tenants.
CREATE TABLE :"schema".tenants (
    id text PRIMARY KEY,
    name text NOT NULL,
    slug text NOT NULL UNIQUE,
    domain text,
    logo text,
    is_active boolean NOT NULL DEFAULT true,
    plan text NOT NULL DEFAULT 'free',
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
REVOKE ALL ON :"schema".tenants FROM PUBLIC
