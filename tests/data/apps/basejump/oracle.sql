-- What has to come out, by hand. The source stands in legacy and legacy_auth; the ID map file is in $IDMAP.
\set ON_ERROR_STOP on
SET timezone = 'UTC';
BEGIN;
CREATE SCHEMA oracle;
CREATE TABLE oracle.line (l text);
\set map `cat "$IDMAP"`
INSERT INTO oracle.line SELECT regexp_split_to_table(trim(E'\n' FROM :'map'), E'\n');
CREATE TABLE oracle.person AS SELECT l::json ->> 'supabase_id' AS old, l::json ->> 'workos_id' AS new FROM oracle.line;
CREATE TABLE oracle.org AS SELECT external_id AS old, id AS new FROM basejump.organizations WHERE external_id IS NOT NULL;
CREATE TABLE oracle.owner AS SELECT *, 'user' AS kind FROM oracle.person UNION ALL SELECT *, 'org' FROM oracle.org;
CREATE FUNCTION oracle.person(uuid) RETURNS text LANGUAGE sql STABLE AS $$SELECT new FROM oracle.person WHERE old = $1::text$$;
CREATE FUNCTION oracle.owner(uuid) RETURNS text LANGUAGE sql STABLE AS $$SELECT new FROM oracle.owner WHERE old = $1::text$$;
CREATE FUNCTION oracle.rewritten(t text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE m record;
BEGIN
    FOR m IN SELECT * FROM oracle.owner WHERE strpos(t, old) > 0 LOOP
        t := regexp_replace(t, '(?:(?<![[:alnum:]_])|(?<=\\[nrt]))' || m.old || '(?![[:alnum:]_])', m.new, 'g');
    END LOOP;
    RETURN t;
END$$;
SET LOCAL search_path = basejump;

INSERT INTO users (id, email, profile, created_at, last_sign_in_at)
SELECT DISTINCT ON (m.new) m.new, u.email, coalesce(oracle.rewritten(u.raw_user_meta_data::text)::jsonb, '{}'), u.created_at, u.last_sign_in_at
FROM legacy_auth.users u JOIN oracle.person m ON m.old = u.id::text
WHERE u.deleted_at IS NULL AND NOT EXISTS (SELECT FROM users t WHERE t.id = m.new)
ORDER BY m.new, u.last_sign_in_at DESC NULLS LAST, u.id::text COLLATE "C";

INSERT INTO accounts (id, user_id, org_id, primary_owner_user_id, name, slug, personal_account, updated_at, created_at, created_by, updated_by, private_metadata, public_metadata)
SELECT DISTINCT ON (m.new) m.new, CASE m.kind WHEN 'user' THEN m.new END, CASE m.kind WHEN 'org' THEN m.new END, oracle.person(a.primary_owner_user_id),
       a.name, a.slug, a.personal_account, a.updated_at, a.created_at, oracle.person(a.created_by), oracle.person(a.updated_by),
       oracle.rewritten(a.private_metadata::text)::jsonb, oracle.rewritten(a.public_metadata::text)::jsonb
FROM legacy.accounts a JOIN oracle.owner m ON m.old = a.id::text
WHERE NOT EXISTS (SELECT FROM accounts t WHERE t.id = m.new)
ORDER BY m.new, a.updated_at DESC NULLS LAST, a.id::text COLLATE "C";

-- owner before member, as the enum has them
INSERT INTO account_user
SELECT DISTINCT ON (p.new, o.new) p.new, o.new, CASE a.account_role WHEN 'owner' THEN 'admin' ELSE 'member' END::account_role
FROM legacy.account_user a JOIN oracle.person p ON p.old = a.user_id::text JOIN oracle.owner o ON o.old = a.account_id::text
WHERE NOT EXISTS (SELECT FROM account_user t WHERE (t.user_id, t.account_id) = (p.new, o.new))
ORDER BY p.new, o.new, a.account_role, a.user_id::text COLLATE "C", a.account_id::text COLLATE "C";

INSERT INTO invitations
SELECT id, CASE account_role WHEN 'owner' THEN 'admin' ELSE 'member' END::account_role, oracle.owner(account_id), token, oracle.person(invited_by_user_id), account_name,
       updated_at, created_at, invitation_type::text::invitation_type
FROM legacy.invitations;
INSERT INTO billing_customers SELECT oracle.owner(account_id), id, email, active, provider FROM legacy.billing_customers;
INSERT INTO billing_subscriptions
SELECT id, oracle.owner(account_id), billing_customer_id, status::text::subscription_status, oracle.rewritten(metadata::text)::jsonb, price_id, quantity, cancel_at_period_end, created, ended_at
FROM legacy.billing_subscriptions;
INSERT INTO projects SELECT project_id, name, oracle.owner(account_id), oracle.rewritten(sandbox::text)::jsonb, is_public FROM legacy.projects;
INSERT INTO threads SELECT thread_id, oracle.owner(account_id), project_id, forked_from, created_at FROM legacy.threads;
-- where a message names somebody who is in no map, the old ID stays
INSERT INTO messages
SELECT message_id, thread_id, type, oracle.rewritten(content::text)::jsonb, oracle.rewritten(metadata::text)::json, created_at FROM legacy.messages;
COMMIT;
