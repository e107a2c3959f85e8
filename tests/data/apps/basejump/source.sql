-- A Supabase starter in the shape Basejump has: an account is a person (its ID is the user's ID) or a team, and
-- everything belongs to an account. psql variables: auth, app (schemas, default auth and basejump).
\set ON_ERROR_STOP on
\if :{?auth} \else \set auth auth \endif
\if :{?app} \else \set app basejump \endif
SET client_min_messages = warning;
CREATE SCHEMA :"auth";
CREATE SCHEMA :"app";

CREATE TABLE :"auth".users (
    instance_id uuid,
    id uuid PRIMARY KEY,
    email varchar(255),
    encrypted_password varchar(255),
    raw_user_meta_data jsonb,
    created_at timestamptz,
    last_sign_in_at timestamptz,
    deleted_at timestamptz
);
CREATE TABLE :"auth".identities (provider text, id text, user_id uuid NOT NULL REFERENCES :"auth".users ON DELETE CASCADE, PRIMARY KEY (provider, id));

SET search_path = :"app";
CREATE TYPE subscription_status AS ENUM ('trialing', 'active', 'canceled', 'incomplete', 'incomplete_expired', 'past_due', 'unpaid');
CREATE TYPE account_role AS ENUM ('owner', 'member');
CREATE TYPE invitation_type AS ENUM ('one_time', '24_hour');

-- one row, no key
CREATE TABLE config (
    enable_team_accounts boolean DEFAULT true,
    enable_personal_account_billing boolean DEFAULT true,
    enable_team_account_billing boolean DEFAULT true,
    billing_provider text DEFAULT 'stripe'
);

CREATE TABLE accounts (
    id uuid UNIQUE NOT NULL DEFAULT gen_random_uuid(),
    primary_owner_user_id uuid NOT NULL REFERENCES :"auth".users,
    name text,
    slug text UNIQUE,
    personal_account boolean NOT NULL DEFAULT false,
    updated_at timestamptz,
    created_at timestamptz,
    created_by uuid REFERENCES :"auth".users,
    updated_by uuid REFERENCES :"auth".users,
    private_metadata jsonb DEFAULT '{}',
    public_metadata jsonb DEFAULT '{}',
    PRIMARY KEY (id),
    CHECK (personal_account = (slug IS NULL))
);

CREATE TABLE account_user (
    user_id uuid NOT NULL REFERENCES :"auth".users ON DELETE CASCADE,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    account_role account_role NOT NULL,
    PRIMARY KEY (user_id, account_id)
);

CREATE TABLE invitations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_role account_role NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    token text NOT NULL UNIQUE,
    invited_by_user_id uuid NOT NULL REFERENCES :"auth".users,
    account_name text,
    updated_at timestamptz,
    created_at timestamptz,
    invitation_type invitation_type NOT NULL
);

CREATE TABLE billing_customers (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id text PRIMARY KEY,
    email text,
    active boolean,
    provider text
);
CREATE TABLE billing_subscriptions (
    id text PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    billing_customer_id text NOT NULL REFERENCES billing_customers ON DELETE CASCADE,
    status subscription_status,
    metadata jsonb,
    price_id text,
    quantity integer,
    cancel_at_period_end boolean,
    created timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);

-- an application on top of it
CREATE TABLE projects (
    project_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    sandbox jsonb DEFAULT '{}',
    is_public boolean DEFAULT false
);
CREATE TABLE threads (
    thread_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid REFERENCES accounts ON DELETE CASCADE,
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
