-- The schema idmigrate_audit: settings, tables and functions around the audit log. Run as :"owner", again and again:
-- what is missing is made, what is older is replaced. :"schema".:"table" is the log (:'log' in one text);
-- :"writer", :"auditor", :"pruner", :"migrator" are its other roles.
-- It is a schema of its own, because a schema's owner may drop what is in it, whoever owns that.
-- Whoever reads the log comes by the policy's functions; what is in the schema is granted one by one.
GRANT USAGE ON SCHEMA idmigrate_audit TO PUBLIC;

-- One row: which table is the log, and how it was installed.
CREATE TABLE IF NOT EXISTS idmigrate_audit.settings (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version integer NOT NULL,
    tool_version text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    profile text NOT NULL,
    roles jsonb NOT NULL,                      -- owner, writer, auditor, pruner, migrator -> name
    actions text[] NOT NULL,                   -- the registry: what CHECKs and log_event() accept
    resource_types text[] NOT NULL,
    shorten_ip boolean NOT NULL,
    months_ahead integer NOT NULL,
    keep_at_least interval NOT NULL,           -- no policy may remove what is younger
    installed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);

-- Keys whose values are not kept. Written in lower case without - and _; a key that holds one is sensitive too.
CREATE TABLE IF NOT EXISTS idmigrate_audit.sensitive_key (
    key text COLLATE "C" PRIMARY KEY CHECK (key ~ '^[a-z0-9]+$')
);

-- Events that log_event_async() took and that are not in the log yet.
CREATE TABLE IF NOT EXISTS idmigrate_audit.queue (
    queue_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    failed_sqlstate text                       -- of the last attempt
);
-- How many went in and out, in the transactions that did it, so that any snapshot adds up: what went in and is neither
-- out nor waiting is lost. Rows are only added, so that writers never wait for each other; the drain sums them up.
CREATE TABLE IF NOT EXISTS idmigrate_audit.queue_count (
    way text NOT NULL CHECK (way IN ('in', 'out')),
    events bigint NOT NULL
);

-- What must not be removed, whatever the retention says. Conditions that are null hold for everything.
CREATE TABLE IF NOT EXISTS idmigrate_audit.legal_hold (
    hold_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reason text NOT NULL CHECK (reason <> ''),
    tenant_id text,
    actor_id text,
    resource_type text,
    resource_id text,
    placed_by text NOT NULL DEFAULT session_user,
    placed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    released_by text,
    released_at timestamptz,
    release_reason text
);

-- What was removed, and by which rule: it stays when the events are gone.
CREATE TABLE IF NOT EXISTS idmigrate_audit.certificate (
    certificate_id uuid PRIMARY KEY,
    schema_name text NOT NULL,
    partition_name text NOT NULL,
    range_from timestamptz NOT NULL,
    range_to timestamptz NOT NULL,
    events bigint NOT NULL,
    first_recorded_at timestamptz,
    last_recorded_at timestamptz,
    by_class jsonb NOT NULL,                   -- retention class -> events
    tenants bigint NOT NULL,
    seals jsonb NOT NULL,                      -- the seals of these events, with their roots
    policy jsonb NOT NULL,
    operator text NOT NULL,
    role_name text NOT NULL,
    tool_version text NOT NULL,
    removed_at timestamptz NOT NULL
);

-- The legacy log's rows as they were, so that an event made of one can be compared with it.
CREATE TABLE IF NOT EXISTS idmigrate_audit.archive (
    archive_id uuid PRIMARY KEY,               -- made from source and key: the same row has the same ID
    source text COLLATE "C" NOT NULL,
    original_id text COLLATE "C" NOT NULL,
    original_row text NOT NULL,                -- JSON, as the legacy server printed it
    original_sha256 text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    UNIQUE (source, original_id),
    CONSTRAINT archive_is_verbatim CHECK (
        original_sha256
            = pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(original_row, 'UTF8')), 'hex'))
);
REVOKE ALL ON ALL TABLES IN SCHEMA idmigrate_audit FROM PUBLIC;
GRANT SELECT ON idmigrate_audit.settings TO :"writer", :"auditor", :"pruner", :"migrator";
GRANT SELECT ON idmigrate_audit.sensitive_key, idmigrate_audit.queue, idmigrate_audit.queue_count,
    idmigrate_audit.legal_hold, idmigrate_audit.certificate TO :"auditor", :"pruner";
GRANT SELECT ON idmigrate_audit.archive TO :"auditor";
GRANT SELECT, INSERT ON idmigrate_audit.archive TO :"migrator";

CREATE OR REPLACE FUNCTION idmigrate_audit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $refuse_change$
BEGIN
    RAISE EXCEPTION 'audit events cannot be changed or removed (% on %.%)', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$refuse_change$;

-- What may never be missing from the log or one of its partitions; of a table beside the log (is_beside) the triggers.
CREATE OR REPLACE FUNCTION idmigrate_audit.guard(relation regclass, is_beside boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $guard$
DECLARE
    is_partition boolean := (SELECT c.relispartition FROM pg_catalog.pg_class AS c WHERE c.oid = relation);
    taken text := CASE WHEN is_partition THEN 'ALL' ELSE 'UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES' END;
    wanted pg_catalog.oid := 'idmigrate_audit.refuse_change()'::regprocedure;
    other record;
BEGIN
    IF NOT is_beside AND EXISTS (SELECT FROM pg_catalog.pg_class AS c
                                 WHERE c.oid = relation AND NOT (c.relrowsecurity AND c.relforcerowsecurity)) THEN
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', relation);
    END IF;
    -- A partition has the row trigger from its parent.
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t
                   WHERE t.tgrelid = relation AND t.tgname = 'append_only' AND t.tgfoid = wanted AND t.tgtype = 27
                     AND t.tgqual IS NULL) THEN
        EXECUTE pg_catalog.format('DROP TRIGGER IF EXISTS append_only ON %s', relation);
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s'
                                  ' FOR EACH ROW EXECUTE FUNCTION idmigrate_audit.refuse_change()', relation);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t
                   WHERE t.tgrelid = relation AND t.tgname = 'append_only_truncate' AND t.tgfoid = wanted
                     AND t.tgtype = 34 AND t.tgqual IS NULL) THEN
        EXECUTE pg_catalog.format('DROP TRIGGER IF EXISTS append_only_truncate ON %s', relation);
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s'
                                  ' FOR EACH STATEMENT EXECUTE FUNCTION idmigrate_audit.refuse_change()', relation);
    END IF;
    FOR other IN SELECT t.tgname FROM pg_catalog.pg_trigger AS t
                 WHERE t.tgrelid = relation AND t.tgname IN ('append_only', 'append_only_truncate')
                   AND t.tgenabled <> 'A' LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', relation, other.tgname);
    END LOOP;
    -- Default privileges of whoever made it may have given it away.
    FOR other IN SELECT DISTINCT acl.grantee
                 FROM (SELECT a.grantee, a.privilege_type FROM pg_catalog.pg_class AS c,
                              pg_catalog.aclexplode(c.relacl) AS a
                       WHERE c.oid = relation AND a.grantee <> c.relowner
                       UNION ALL
                       SELECT a.grantee, a.privilege_type FROM pg_catalog.pg_attribute AS t,
                              pg_catalog.aclexplode(t.attacl) AS a
                       WHERE t.attrelid = relation) AS acl
                 WHERE is_partition OR acl.privilege_type NOT IN ('SELECT', 'INSERT', 'MAINTAIN') LOOP
        EXECUTE pg_catalog.format('REVOKE %s ON %s FROM %s CASCADE', taken, relation,
                                  CASE WHEN other.grantee = 0 THEN 'PUBLIC'
                                       ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(other.grantee)) END);
    END LOOP;
END
$guard$;

-- The log's partitions with their months; the default one and others without two bounds have null.
CREATE OR REPLACE FUNCTION idmigrate_audit.partitions()
RETURNS TABLE (relation regclass, range_from timestamptz, range_to timestamptz, is_default boolean)
LANGUAGE sql STABLE SET search_path = '' SET timezone = 'UTC' AS $partitions$
    SELECT i.inhrelid::regclass,
           pg_catalog.substring(b.bound, 'FROM \(''([^'']+)''')::timestamptz,
           pg_catalog.substring(b.bound, 'TO \(''([^'']+)''')::timestamptz,
           b.bound = 'DEFAULT'
    FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_expr(c.relpartbound, c.oid)) AS b (bound)
    WHERE i.inhparent = pg_catalog.to_regclass(:'log')
$partitions$;

-- Months of the log from this one on, so many, and how many were missing; what the default partition holds already
-- stays there.
CREATE OR REPLACE FUNCTION idmigrate_audit.make_months(ahead integer DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = on SET timezone = 'UTC' AS $make_months$
DECLARE
    log regclass := pg_catalog.to_regclass(:'log');
    made integer := 0;
    month record;
    name text;
BEGIN
    IF log IS NULL OR (SELECT c.relkind FROM pg_catalog.pg_class AS c WHERE c.oid = log) <> 'p' THEN
        RETURN 0;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(1768189287, 2);
    FOR month IN
        SELECT m.start, m.start + interval '1 month' AS stop
        FROM pg_catalog.generate_series(
                 0, LEAST(COALESCE(ahead, (SELECT s.months_ahead FROM idmigrate_audit.settings AS s)), 240) - 1) AS n (months),
             LATERAL (SELECT pg_catalog.date_trunc('month', pg_catalog.now())
                                 + n.months * interval '1 month') AS m (start)
        WHERE NOT EXISTS (
            SELECT FROM idmigrate_audit.partitions() AS p
            WHERE p.range_from < m.start + interval '1 month' AND p.range_to > m.start)
        ORDER BY m.start
    LOOP
        name := :'table' || pg_catalog.to_char(month.start, '"_p"YYYY_MM');
        IF pg_catalog.octet_length(name) > 63
           OR pg_catalog.to_regclass(pg_catalog.format('%I.%I', :'schema', name)) IS NOT NULL THEN
            name := 'audit_' || pg_catalog.left(pg_catalog.md5(:'table'), 8)
                    || pg_catalog.to_char(month.start, '"_p"YYYY_MM');
        END IF;
        BEGIN
            EXECUTE pg_catalog.format('CREATE TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                                      :'schema', name, log, month.start, month.stop);
            PERFORM idmigrate_audit.guard(pg_catalog.format('%I.%I', :'schema', name)::regclass);
            made := made + 1;
        EXCEPTION WHEN check_violation THEN
            NULL; -- events of this month are in the default partition
        END;
    END LOOP;
    RETURN made;
END
$make_months$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA idmigrate_audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idmigrate_audit.make_months(integer) TO :"migrator", :"pruner", :"auditor";
GRANT EXECUTE ON FUNCTION idmigrate_audit.partitions() TO :"auditor", :"pruner", :"migrator"
