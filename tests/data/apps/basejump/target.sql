-- The same starter without Supabase: users are a table of its own, accounts have the new provider's IDs, policies read
-- the token of the new provider. Organizations were made by the provider and know the old team as external_id.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE SCHEMA basejump;
SET search_path = basejump;
CREATE TYPE subscription_status AS ENUM ('trialing', 'active', 'canceled', 'incomplete', 'incomplete_expired', 'past_due', 'unpaid', 'paused');
CREATE TYPE account_role AS ENUM ('admin', 'member');
CREATE TYPE invitation_type AS ENUM ('one_time', '24_hour');

CREATE FUNCTION current_user_id() RETURNS text LANGUAGE sql STABLE AS
$$SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'$$;

CREATE TABLE config (
    enable_team_accounts boolean DEFAULT true,
    enable_personal_account_billing boolean DEFAULT true,
    enable_team_account_billing boolean DEFAULT true,
    billing_provider text DEFAULT 'stripe'
);

CREATE TABLE organizations (id text PRIMARY KEY, external_id text UNIQUE, name text NOT NULL);

CREATE TABLE users (
    id text PRIMARY KEY CHECK (id ~ '^user_[0-9A-HJKMNP-TV-Z]{26}$'),
    email text NOT NULL,
    profile jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_sign_in_at timestamptz
);

CREATE TABLE accounts (
    id text PRIMARY KEY,
    user_id text UNIQUE REFERENCES users ON DELETE CASCADE,
    org_id text UNIQUE REFERENCES organizations ON DELETE CASCADE,
    primary_owner_user_id text NOT NULL REFERENCES users DEFAULT current_user_id(),
    name text,
    slug text UNIQUE,
    personal_account boolean NOT NULL DEFAULT false,
    updated_at timestamptz,
    created_at timestamptz,
    created_by text REFERENCES users,
    updated_by text REFERENCES users,
    private_metadata jsonb DEFAULT '{}',
    public_metadata jsonb DEFAULT '{}',
    CHECK (personal_account = (slug IS NULL)),
    CHECK (id = coalesce(user_id, org_id) AND (user_id IS NULL) <> (org_id IS NULL))
);
-- fires, and changes nothing in rows that were written through it before
CREATE FUNCTION slugify_account_slug() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN
    IF NEW.slug IS NOT NULL THEN NEW.slug := regexp_replace(lower(NEW.slug), '[^a-z0-9_-]+', '-', 'g'); END IF;
    RETURN NEW;
END$$;
CREATE TRIGGER slugify BEFORE INSERT OR UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION slugify_account_slug();
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;

CREATE TABLE account_user (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    account_id text NOT NULL REFERENCES accounts ON DELETE CASCADE,
    account_role account_role NOT NULL,
    PRIMARY KEY (user_id, account_id)
);
ALTER TABLE account_user ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_memberships ON account_user FOR SELECT USING (user_id = current_user_id());
CREATE POLICY own_accounts ON accounts FOR SELECT
    USING (EXISTS (SELECT FROM basejump.account_user u WHERE u.account_id = id AND u.user_id = basejump.current_user_id()));

CREATE TABLE invitations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_role account_role NOT NULL,
    account_id text NOT NULL REFERENCES accounts ON DELETE CASCADE,
    token text NOT NULL UNIQUE,
    invited_by_user_id text NOT NULL REFERENCES users,
    account_name text,
    updated_at timestamptz,
    created_at timestamptz,
    invitation_type invitation_type NOT NULL
);
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;

CREATE TABLE billing_customers (
    account_id text NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id text PRIMARY KEY,
    email text,
    active boolean,
    provider text
);
ALTER TABLE billing_customers ENABLE ROW LEVEL SECURITY;
CREATE TABLE billing_subscriptions (
    id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts ON DELETE CASCADE,
    billing_customer_id text NOT NULL REFERENCES billing_customers ON DELETE CASCADE,
    status subscription_status,
    metadata jsonb,
    price_id text,
    quantity bigint,
    cancel_at_period_end boolean,
    created timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
ALTER TABLE billing_subscriptions ENABLE ROW LEVEL SECURITY;

CREATE TABLE projects (
    project_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    account_id text NOT NULL REFERENCES accounts ON DELETE CASCADE,
    sandbox jsonb DEFAULT '{}',
    is_public boolean DEFAULT false
);
CREATE TABLE threads (
    thread_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id text REFERENCES accounts ON DELETE CASCADE,
    project_id uuid REFERENCES projects ON DELETE CASCADE,
    forked_from uuid REFERENCES threads ON DELETE SET NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE messages (
    message_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    thread_id uuid NOT NULL REFERENCES threads ON DELETE CASCADE,
    type text NOT NULL,
    content jsonb NOT NULL,
    metadata json,
    created_at timestamptz NOT NULL
);
