-- Writing from the application: :"schema".log_event() and what it is made of. Run as :"owner"; :"writer", :"auditor",
-- :"migrator" are roles. idmigrate_audit.store_event(jsonb), which knows the log's columns, is made before.
--
-- Who acts, for whom and from where is what the session says: app.user_id, app.tenant_id (or app.org_id), app.ip_address,
-- app.user_agent, app.actor_type; otherwise request.jwt.claims and request.headers (PostgREST, Supabase), otherwise
-- auth.user_id() or auth.uid(). They are asked with the rights of who calls: a function auth.user_id() that anybody
-- made must not run with those of the owner. An empty setting is one that is not set.
CREATE OR REPLACE FUNCTION idmigrate_audit.setting(name text) RETURNS text
LANGUAGE sql STABLE AS $setting$
    SELECT NULLIF(pg_catalog.current_setting(name, true), '')
$setting$;

CREATE OR REPLACE FUNCTION idmigrate_audit.setting_json(name text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $setting_json$
DECLARE
    value text := NULLIF(pg_catalog.current_setting(name, true), '');
BEGIN
    IF value IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN value::jsonb;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$setting_json$;

CREATE OR REPLACE FUNCTION idmigrate_audit.current_tenant() RETURNS text
LANGUAGE sql STABLE SET search_path = '' AS $current_tenant$
    SELECT COALESCE(
        NULLIF(pg_catalog.current_setting('app.tenant_id', true), ''),
        NULLIF(pg_catalog.current_setting('app.org_id', true), ''),
        NULLIF(c.claims ->> 'tenant_id', ''), NULLIF(c.claims ->> 'org_id', ''),
        NULLIF(c.claims -> 'app_metadata' ->> 'tenant_id', ''), NULLIF(c.claims -> 'app_metadata' ->> 'org_id', ''))
    FROM (SELECT idmigrate_audit.setting_json('request.jwt.claims')) AS c (claims)
$current_tenant$;

CREATE OR REPLACE FUNCTION idmigrate_audit.current_actor() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = '' AS $current_actor$
DECLARE
    actor text := COALESCE(NULLIF(pg_catalog.current_setting('app.user_id', true), ''),
                           NULLIF(idmigrate_audit.setting_json('request.jwt.claims') ->> 'sub', ''));
    provider record;
BEGIN
    IF actor IS NOT NULL THEN
        RETURN actor;
    END IF;
    -- Asked of the catalogue, since naming what is not there or not allowed would be an error.
    FOR provider IN
        SELECT p.proname
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'auth' AND p.proname IN ('user_id', 'uid') AND p.pronargs = 0 AND p.prokind = 'f'
          AND NOT p.proretset
          AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
        ORDER BY p.proname DESC
    LOOP
        BEGIN
            EXECUTE pg_catalog.format('SELECT auth.%I()::pg_catalog.text', provider.proname) INTO actor;
        EXCEPTION WHEN OTHERS THEN
            actor := NULL; -- nobody is logged in
        END;
        IF actor <> '' THEN
            RETURN actor;
        END IF;
    END LOOP;
    RETURN NULL;
END
$current_actor$;

CREATE OR REPLACE FUNCTION idmigrate_audit.current_ip() RETURNS text
LANGUAGE sql STABLE SET search_path = '' AS $current_ip$
    SELECT COALESCE(NULLIF(pg_catalog.current_setting('app.ip_address', true), ''),
                    NULLIF(pg_catalog.btrim(pg_catalog.split_part(
                        idmigrate_audit.setting_json('request.headers') ->> 'x-forwarded-for', ',', 1)), ''))
$current_ip$;

CREATE OR REPLACE FUNCTION idmigrate_audit.current_agent() RETURNS text
LANGUAGE sql STABLE SET search_path = '' AS $current_agent$
    SELECT COALESCE(NULLIF(pg_catalog.current_setting('app.user_agent', true), ''),
                    NULLIF(idmigrate_audit.setting_json('request.headers') ->> 'user-agent', ''))
$current_agent$;

-- 203.0.113.77 becomes 203.0.113.0, 2001:db8:1:2:3:4:5:6 becomes 2001:db8:1:2::; of a list each one; words without a
-- digit ("unknown") stay, what cannot be read goes.
CREATE OR REPLACE FUNCTION idmigrate_audit.shorten_ip(address text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT AS $shorten_ip$
DECLARE
    part text;
    shortened text;
    value inet;
BEGIN
    FOREACH part IN ARRAY pg_catalog.string_to_array(address, ',') LOOP
        part := pg_catalog.btrim(part);
        BEGIN
            value := pg_catalog.split_part(part, '%', 1)::inet;
            part := pg_catalog.host(pg_catalog.network(pg_catalog.set_masklen(
                        value, CASE pg_catalog.family(value) WHEN 4 THEN 24 ELSE 64 END)));
        EXCEPTION WHEN data_exception THEN
            IF part ~ '[0-9:]' THEN
                part := '[UNREADABLE]';
            END IF;
        END;
        shortened := pg_catalog.concat_ws(', ', shortened, part);
    END LOOP;
    RETURN shortened;
END
$shorten_ip$;

-- Values of sensitive keys at every depth, also inside texts that are JSON themselves.
CREATE OR REPLACE FUNCTION idmigrate_audit.redact(value jsonb, keys text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $redact$
DECLARE
    inside jsonb;
    redacted jsonb;
BEGIN
    CASE pg_catalog.jsonb_typeof(value)
    WHEN 'object' THEN
        RETURN (
            SELECT COALESCE(pg_catalog.jsonb_object_agg(
                       m.key,
                       CASE WHEN EXISTS (
                                SELECT FROM pg_catalog.unnest(keys) AS k (key)
                                WHERE pg_catalog.strpos(pg_catalog.translate(pg_catalog.lower(m.key), '-_. ', ''),
                                                        k.key) > 0)
                            THEN '"[REDACTED]"'::jsonb
                            ELSE idmigrate_audit.redact(m.value, keys) END), '{}')
            FROM pg_catalog.jsonb_each(value) AS m);
    WHEN 'array' THEN
        RETURN (
            SELECT COALESCE(pg_catalog.jsonb_agg(idmigrate_audit.redact(a.value, keys) ORDER BY a.ordinality), '[]')
            FROM pg_catalog.jsonb_array_elements(value) WITH ORDINALITY AS a (value, ordinality));
    WHEN 'string' THEN
        IF (value #>> '{}') !~ '^\s*[[{]' THEN
            RETURN value;
        END IF;
        BEGIN
            inside := (value #>> '{}')::jsonb;
        EXCEPTION WHEN data_exception THEN
            RETURN value;
        END;
        redacted := idmigrate_audit.redact(inside, keys);
        RETURN CASE WHEN redacted = inside THEN value ELSE pg_catalog.to_jsonb(redacted::text) END;
    ELSE
        RETURN value;
    END CASE;
END
$redact$;

-- A UUID version 7 (RFC 9562, section 5.7).
CREATE OR REPLACE FUNCTION idmigrate_audit.uuid7() RETURNS uuid
LANGUAGE sql VOLATILE AS $uuid7$
    SELECT pg_catalog.encode(
        pg_catalog.set_bit(pg_catalog.set_bit(
            pg_catalog.overlay(
                pg_catalog.uuid_send(pg_catalog.gen_random_uuid()),
                pg_catalog.substring(pg_catalog.int8send(pg_catalog.floor(pg_catalog.date_part(
                    'epoch', pg_catalog.clock_timestamp()) * 1000)::bigint), 3), 1, 6),
            52, 1), 53, 1), 'hex')::uuid
$uuid7$;

-- What an event will be: checked, redacted, with an ID. Unknown actions are refused here, with their name, before the
-- log's CHECKs would refuse the row.
CREATE OR REPLACE FUNCTION idmigrate_audit.make_event(
    action text, resource_type text, resource_id text, changes jsonb, metadata jsonb, outcome text, reason_code text,
    retention_class text, actor text, actor_type text, tenant text, ip text, agent text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $make_event$
DECLARE
    known idmigrate_audit.settings;
    keys text[] := ARRAY(SELECT k.key FROM idmigrate_audit.sensitive_key AS k);
    unknown_key text;
BEGIN
    SELECT s.* INTO STRICT known FROM idmigrate_audit.settings AS s;
    IF action IS NULL OR NOT action = ANY (known.actions) THEN
        RAISE EXCEPTION 'action "%" is not in the registry of the audit log', action
            USING ERRCODE = 'check_violation', HINT = 'idmigrate audit install --registry FILE adds actions';
    END IF;
    IF resource_type IS NULL OR NOT resource_type = ANY (known.resource_types) THEN
        RAISE EXCEPTION 'resource type "%" is not in the registry of the audit log', resource_type
            USING ERRCODE = 'check_violation', HINT = 'idmigrate audit install --registry FILE adds resource types';
    END IF;
    IF pg_catalog.jsonb_typeof(changes) NOT IN ('object', 'null') THEN
        RAISE EXCEPTION 'changes is no JSON object' USING ERRCODE = 'invalid_parameter_value',
            HINT = '{"old": {...}, "new": {...}}';
    END IF;
    IF pg_catalog.jsonb_typeof(metadata) NOT IN ('object', 'null') THEN
        RAISE EXCEPTION 'metadata is no JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF metadata ? 'run_id' THEN
        RAISE EXCEPTION 'metadata may not have the key run_id' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'it tells events of a migration';
    END IF;
    IF pg_catalog.jsonb_typeof(changes) = 'object' THEN
        SELECT c.key INTO unknown_key FROM pg_catalog.jsonb_object_keys(changes) AS c (key)
        WHERE c.key NOT IN ('old', 'new', 'oldValues', 'newValues', 'old_values', 'new_values') LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'changes has a key that is neither old nor new' USING
                ERRCODE = 'invalid_parameter_value', HINT = '{"old": {...}, "new": {...}}';
        END IF;
    END IF;
    IF known.shorten_ip OR pg_catalog.lower(idmigrate_audit.setting('app.shorten_ip')) IN ('on', 'true', 'yes', '1') THEN
        ip := idmigrate_audit.shorten_ip(ip);
    END IF;
    RETURN pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
               'id', idmigrate_audit.uuid7(), 'occurred_at', pg_catalog.clock_timestamp(), 'action', action,
               'resource_type', resource_type, 'resource_id', resource_id, 'actor_id', actor,
               'actor_type', COALESCE(actor_type, CASE WHEN actor IS NULL THEN 'system' ELSE 'user' END),
               'tenant', tenant, 'outcome', COALESCE(outcome, 'success'), 'reason_code', reason_code,
               'retention_class', COALESCE(retention_class, 'standard'), 'ip_address', ip, 'user_agent', agent))
           || pg_catalog.jsonb_build_object(
               'old_values', idmigrate_audit.redact(
                   COALESCE(changes -> 'old', changes -> 'oldValues', changes -> 'old_values'), keys),
               'new_values', idmigrate_audit.redact(
                   COALESCE(changes -> 'new', changes -> 'newValues', changes -> 'new_values'), keys),
               'metadata', idmigrate_audit.redact(NULLIF(metadata, 'null'), keys));
END
$make_event$;

-- An event of the log's own functions.
CREATE OR REPLACE FUNCTION idmigrate_audit.write_event(
    action text, resource_type text, resource_id text, changes jsonb, metadata jsonb, outcome text, reason_code text,
    retention_class text, actor text, actor_type text, tenant text, ip text, agent text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = on AS $write_event$
DECLARE
    event jsonb := idmigrate_audit.make_event(action, resource_type, resource_id, changes, metadata, outcome,
                                              reason_code, retention_class, actor, actor_type, tenant, ip, agent);
BEGIN
    PERFORM idmigrate_audit.store_event(event);
    RETURN (event ->> 'id')::uuid;
END
$write_event$;

-- An event of the application, with the owner's rights: the writer has none on log and queue. What only a run, retention
-- and the log's own functions do, nobody else can say that it was done.
CREATE OR REPLACE FUNCTION idmigrate_audit.take_app_event(
    action text, resource_type text, resource_id text, changes jsonb, metadata jsonb, outcome text, reason_code text,
    retention_class text, actor text, actor_type text, tenant text, ip text, agent text, is_async boolean) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = on AS $take_app_event$
DECLARE
    event jsonb;
BEGIN
    IF action ~ '^(ROW_|LEGAL_HOLD_|AUDIT_LOG_(INSTALLED|SEALED|PRUNED)$)' THEN
        RAISE EXCEPTION 'action "%" is the audit log''s own', action USING ERRCODE = 'insufficient_privilege';
    END IF;
    event := idmigrate_audit.make_event(action, resource_type, resource_id, changes, metadata, outcome, reason_code,
                                        retention_class, actor, actor_type, tenant, ip, agent);
    IF is_async THEN
        INSERT INTO idmigrate_audit.queue (event) VALUES (event);
    ELSE
        PERFORM idmigrate_audit.store_event(event);
    END IF;
    RETURN (event ->> 'id')::uuid;
END
$take_app_event$;

-- For the application. changes: {"old": {...}, "new": {...}} (also oldValues, newValues). The event's ID is returned.
CREATE OR REPLACE FUNCTION :"schema".log_event(
    action text, resource_type text, resource_id text DEFAULT NULL, changes jsonb DEFAULT NULL,
    metadata jsonb DEFAULT NULL, outcome text DEFAULT 'success', reason_code text DEFAULT NULL,
    retention_class text DEFAULT NULL) RETURNS uuid
LANGUAGE sql VOLATILE AS $log_event$
    SELECT idmigrate_audit.take_app_event(
        action, resource_type, resource_id, changes, metadata, outcome, reason_code, retention_class,
        idmigrate_audit.current_actor(), idmigrate_audit.setting('app.actor_type'), idmigrate_audit.current_tenant(),
        idmigrate_audit.current_ip(), idmigrate_audit.current_agent(), false)
$log_event$;

-- The same through the queue: it commits with the caller's transaction and is in the log after the next drain.
CREATE OR REPLACE FUNCTION :"schema".log_event_async(
    action text, resource_type text, resource_id text DEFAULT NULL, changes jsonb DEFAULT NULL,
    metadata jsonb DEFAULT NULL, outcome text DEFAULT 'success', reason_code text DEFAULT NULL,
    retention_class text DEFAULT NULL) RETURNS uuid
LANGUAGE sql VOLATILE AS $log_event_async$
    SELECT idmigrate_audit.take_app_event(
        action, resource_type, resource_id, changes, metadata, outcome, reason_code, retention_class,
        idmigrate_audit.current_actor(), idmigrate_audit.setting('app.actor_type'), idmigrate_audit.current_tenant(),
        idmigrate_audit.current_ip(), idmigrate_audit.current_agent(), true)
$log_event_async$;

-- ---- the queue ----

CREATE OR REPLACE FUNCTION idmigrate_audit.count_queued() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $count_queued$
BEGIN
    INSERT INTO idmigrate_audit.queue_count (way, events) SELECT 'in', pg_catalog.count(*) FROM queued HAVING pg_catalog.count(*) > 0;
    RETURN NULL;
END
$count_queued$;
DROP TRIGGER IF EXISTS count_queued ON idmigrate_audit.queue;
CREATE TRIGGER count_queued AFTER INSERT ON idmigrate_audit.queue
    REFERENCING NEW TABLE AS queued FOR EACH STATEMENT EXECUTE FUNCTION idmigrate_audit.count_queued();
ALTER TABLE idmigrate_audit.queue ENABLE ALWAYS TRIGGER count_queued;

-- Moves waiting events into the log, those that failed before last. One that the log refuses stays, with the SQLSTATE.
CREATE OR REPLACE FUNCTION idmigrate_audit.drain(most integer DEFAULT 10000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = on AS $drain$
DECLARE
    batch bigint[];
    item record;
    delivered bigint := 0;
BEGIN
    batch := ARRAY(SELECT q.queue_no FROM idmigrate_audit.queue AS q ORDER BY q.attempts, q.queue_no LIMIT most
                   FOR UPDATE SKIP LOCKED);
    BEGIN
        PERFORM idmigrate_audit.store_event(o.event)
        FROM (SELECT q.event FROM idmigrate_audit.queue AS q WHERE q.queue_no = ANY (batch) ORDER BY q.queue_no) AS o;
        DELETE FROM idmigrate_audit.queue AS q WHERE q.queue_no = ANY (batch);
        GET DIAGNOSTICS delivered = ROW_COUNT;
    EXCEPTION WHEN OTHERS THEN
        FOR item IN SELECT q.queue_no, q.event FROM idmigrate_audit.queue AS q WHERE q.queue_no = ANY (batch)
                    ORDER BY q.queue_no LOOP
            BEGIN
                PERFORM idmigrate_audit.store_event(item.event);
                DELETE FROM idmigrate_audit.queue AS q WHERE q.queue_no = item.queue_no;
                delivered := delivered + 1;
            EXCEPTION WHEN OTHERS THEN
                UPDATE idmigrate_audit.queue AS q SET attempts = q.attempts + 1, failed_sqlstate = SQLSTATE
                WHERE q.queue_no = item.queue_no;
            END;
        END LOOP;
    END;
    INSERT INTO idmigrate_audit.queue_count (way, events) SELECT 'out', delivered WHERE delivered > 0;
    WITH counts AS (
        DELETE FROM idmigrate_audit.queue_count AS c
        WHERE c.ctid = ANY (ARRAY(SELECT o.ctid FROM idmigrate_audit.queue_count AS o FOR UPDATE SKIP LOCKED))
        RETURNING c.way, c.events)
    INSERT INTO idmigrate_audit.queue_count (way, events)
    SELECT c.way, pg_catalog.sum(c.events) FROM counts AS c GROUP BY c.way;
    RETURN delivered;
END
$drain$;

CREATE OR REPLACE FUNCTION idmigrate_audit.queue_state(
    OUT entered bigint, OUT delivered bigint, OUT waiting bigint, OUT failed bigint, OUT lost bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $queue_state$
    SELECT c.entered, c.delivered, q.waiting, q.failed, c.entered - c.delivered - q.waiting
    FROM (SELECT COALESCE(pg_catalog.sum(k.events) FILTER (WHERE k.way = 'in'), 0)::bigint,
                 COALESCE(pg_catalog.sum(k.events) FILTER (WHERE k.way = 'out'), 0)::bigint
          FROM idmigrate_audit.queue_count AS k) AS c (entered, delivered),
         (SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE w.attempts > 0)
          FROM idmigrate_audit.queue AS w) AS q (waiting, failed)
$queue_state$;

-- ---- who may call what ----

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA idmigrate_audit FROM PUBLIC;
REVOKE ALL ON FUNCTION :"schema".log_event(text, text, text, jsonb, jsonb, text, text, text),
    :"schema".log_event_async(text, text, text, jsonb, jsonb, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION :"schema".log_event(text, text, text, jsonb, jsonb, text, text, text),
    :"schema".log_event_async(text, text, text, jsonb, jsonb, text, text, text),
    idmigrate_audit.take_app_event(text, text, text, jsonb, jsonb, text, text, text, text, text, text, text, text, boolean),
    idmigrate_audit.setting(text), idmigrate_audit.current_actor(),
    idmigrate_audit.current_ip(), idmigrate_audit.current_agent()
    TO :"writer", :"auditor"; -- who reads everything notes that
-- The policy of tenants asks for these whoever reads.
GRANT EXECUTE ON FUNCTION idmigrate_audit.current_tenant(), idmigrate_audit.setting_json(text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION idmigrate_audit.drain(integer), idmigrate_audit.queue_state()
    TO :"auditor", :"migrator", :"pruner"
