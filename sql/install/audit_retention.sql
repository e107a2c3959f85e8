-- Retention: legal holds, and months that are dropped. Run as :"owner"; :"auditor", :"pruner" are roles, :"schema".:"table"
-- is the log (:'log' in one text).
CREATE OR REPLACE FUNCTION idmigrate_audit.place_hold(
    reason text, tenant_id text DEFAULT NULL, actor_id text DEFAULT NULL, resource_type text DEFAULT NULL,
    resource_id text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = on AS $place_hold$
DECLARE
    number integer;
BEGIN
    INSERT INTO idmigrate_audit.legal_hold (reason, tenant_id, actor_id, resource_type, resource_id)
    VALUES ($1, $2, $3, $4, $5) RETURNING hold_no INTO number;
    PERFORM idmigrate_audit.write_event(
        'LEGAL_HOLD_PLACED', 'audit_log', number::text, NULL,
        pg_catalog.jsonb_build_object('hold_no', number, 'tenant', $2, 'actor', $3, 'type', $4, 'resource', $5),
        'success', NULL, NULL, session_user, 'user', NULL, NULL, NULL);
    RETURN number;
END
$place_hold$;

CREATE OR REPLACE FUNCTION idmigrate_audit.release_hold(number integer, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = on AS $release_hold$
BEGIN
    UPDATE idmigrate_audit.legal_hold AS h
    SET released_by = session_user, released_at = pg_catalog.now(), release_reason = $2
    WHERE h.hold_no = $1 AND h.released_at IS NULL AND $2 <> '';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no legal hold % that is in force, or no reason was given', $1
            USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM idmigrate_audit.write_event(
        'LEGAL_HOLD_RELEASED', 'audit_log', $1::text, NULL, pg_catalog.jsonb_build_object('hold_no', $1),
        'success', NULL, NULL, session_user, 'user', NULL, NULL, NULL);
END
$release_hold$;

-- How long an event is kept: policy is {"default": "6 years", "classes": {"billing": "10 years"}, "tenants": {...}}; where
-- a class and a tenant have a rule, the longer one. "forever" is longer than anything.
CREATE OR REPLACE FUNCTION idmigrate_audit.age(rule text) RETURNS interval
LANGUAGE sql IMMUTABLE AS $age$
    SELECT CASE WHEN rule = 'forever' THEN interval '6000 years' ELSE rule::interval END
$age$;
CREATE OR REPLACE FUNCTION idmigrate_audit.keeps(policy jsonb, class text, tenant text) RETURNS interval
LANGUAGE sql IMMUTABLE AS $keeps$
    SELECT COALESCE(GREATEST(idmigrate_audit.age(policy -> 'classes' ->> class),
                             idmigrate_audit.age(policy -> 'tenants' ->> tenant)),
                    idmigrate_audit.age(policy ->> 'default'))
$keeps$;

-- The months that are over, and what a policy makes of each: may it go, and if not, why. A month is judged as a whole.
CREATE OR REPLACE FUNCTION idmigrate_audit.prune_plan(policy jsonb)
RETURNS TABLE (partition text, range_from timestamptz, range_to timestamptz, may_go boolean, reason text, events bigint,
               young bigint, held bigint, sealed bigint, by_class jsonb, tenants bigint, first_at timestamptz,
               last_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' SET row_security = on SET timezone = 'UTC'
AS $prune_plan$
DECLARE
    month record;
    shortest interval := (
        SELECT pg_catalog.min(idmigrate_audit.age(r.rule))
        FROM (SELECT policy ->> 'default'
              UNION ALL SELECT c.value FROM pg_catalog.jsonb_each_text(COALESCE(policy -> 'classes', '{}')) AS c
              UNION ALL SELECT t.value FROM pg_catalog.jsonb_each_text(COALESCE(policy -> 'tenants', '{}')) AS t
             ) AS r (rule));
    least interval := (SELECT s.keep_at_least FROM idmigrate_audit.settings AS s);
BEGIN
    IF policy ->> 'default' IS NULL OR shortest IS NULL THEN
        RAISE EXCEPTION 'the policy has no default age' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF shortest < least THEN
        RAISE EXCEPTION 'this log keeps every event for at least %', least USING
            ERRCODE = 'invalid_parameter_value',
            HINT = 'idmigrate audit install --keep-at-least AGE changes that';
    END IF;
    FOR month IN SELECT p.* FROM idmigrate_audit.partitions() AS p
                 WHERE p.range_to <= pg_catalog.now() ORDER BY p.range_from LOOP
        partition := month.relation::text;
        range_from := month.range_from;
        range_to := month.range_to;
        IF range_to > pg_catalog.now() - shortest THEN
            may_go := false;
            reason := 'too young';
            events := NULL; young := NULL; held := NULL; sealed := NULL; by_class := NULL; tenants := NULL;
            first_at := NULL; last_at := NULL;
            RETURN NEXT;
            CONTINUE;
        END IF;
        SELECT COALESCE(pg_catalog.sum(g.events), 0), COALESCE(pg_catalog.sum(g.events) FILTER (
                   WHERE g.last_at >= pg_catalog.now() - idmigrate_audit.keeps(policy, g.class, g.tenant)), 0),
               pg_catalog.count(DISTINCT g.tenant), pg_catalog.min(g.first_at), pg_catalog.max(g.last_at)
        INTO events, young, tenants, first_at, last_at
        FROM (SELECT e.retention_class AS class, e.tenant_id AS tenant, pg_catalog.count(*) AS events,
                     pg_catalog.min(e.recorded_at) AS first_at, pg_catalog.max(e.recorded_at) AS last_at
              FROM :"schema".:"table" AS e
              WHERE e.recorded_at >= month.range_from AND e.recorded_at < month.range_to
              GROUP BY 1, 2) AS g;
        by_class := (
            SELECT COALESCE(pg_catalog.jsonb_object_agg(g.class, g.events), '{}')
            FROM (SELECT e.retention_class AS class, pg_catalog.count(*) AS events
                  FROM :"schema".:"table" AS e
                  WHERE e.recorded_at >= month.range_from AND e.recorded_at < month.range_to
                  GROUP BY 1) AS g);
        held := (
            SELECT pg_catalog.count(*) FROM :"schema".:"table" AS e
            WHERE e.recorded_at >= month.range_from AND e.recorded_at < month.range_to
              AND EXISTS (SELECT FROM idmigrate_audit.legal_hold AS h
                          WHERE h.released_at IS NULL
                            AND (h.tenant_id IS NULL OR h.tenant_id = e.tenant_id)
                            AND (h.actor_id IS NULL OR h.actor_id = e.actor_id)
                            AND (h.resource_type IS NULL OR h.resource_type = e.resource_type)
                            AND (h.resource_id IS NULL OR h.resource_id = e.resource_id)));
        sealed := (SELECT COALESCE(pg_catalog.sum((s ->> 'events')::bigint), 0)
                   FROM pg_catalog.jsonb_array_elements(idmigrate_audit.seals(month.range_from, month.range_to)) AS s);
        may_go := young = 0 AND held = 0 AND sealed = events;
        reason := CASE WHEN held > 0 THEN 'legal hold' WHEN young > 0 THEN 'kept by the policy'
                       WHEN sealed < events THEN 'not sealed' WHEN sealed > events THEN 'events are missing'
                       ELSE 'expired' END;
        RETURN NEXT;
    END LOOP;
END
$prune_plan$;

-- The seals of some months, as the certificate keeps them; none where nothing was sealed yet.
CREATE OR REPLACE FUNCTION idmigrate_audit.seals(since timestamptz, until timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' SET timezone = 'UTC' AS $seals$
DECLARE
    found jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                   WHERE n.nspname = 'idmigrate' AND c.relname = 'seal') THEN
        RETURN '[]';
    END IF;
    EXECUTE 'SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('
            '    ''seal_no'', s.seal_no, ''month'', s.month, ''events'', s.events,'
            '    ''root'', pg_catalog.encode(s.root, ''hex''), ''hash'', pg_catalog.encode(s.hash, ''hex''))'
            '    ORDER BY s.seal_no)'
            ' FROM idmigrate.seal AS s WHERE s.log = $1 AND s.month >= $2::date AND s.month < $3::date'
        INTO found USING pg_catalog.format('%I.%I', :'schema', :'table'), since, until;
    RETURN COALESCE(found, '[]');
END
$seals$;

-- The seals with the roots that the events still give; an error where they are not the same.
CREATE OR REPLACE FUNCTION idmigrate_audit.verified_seals(name text, since timestamptz, until timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' SET row_security = on SET timezone = 'UTC'
AS $verified_seals$
DECLARE
    seals jsonb := idmigrate_audit.seals(since, until);
    verified jsonb;
    wrong bigint;
BEGIN
    IF pg_catalog.jsonb_array_length(seals) = 0 THEN
        RETURN seals;
    END IF;
    SELECT pg_catalog.jsonb_agg(s || pg_catalog.jsonb_build_object('verified_root', pg_catalog.encode(r.root, 'hex'))
                                ORDER BY r.seal_no),
           pg_catalog.min((s ->> 'seal_no')::bigint) FILTER (
               WHERE pg_catalog.encode(r.root, 'hex') IS DISTINCT FROM s ->> 'root'
                  OR r.events IS DISTINCT FROM (s ->> 'events')::bigint)
    INTO verified, wrong
    FROM pg_catalog.jsonb_array_elements(seals) AS s
    LEFT JOIN idmigrate_audit.seal_roots(since, until) AS r ON r.seal_no = (s ->> 'seal_no')::bigint;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'the month % may not be removed: its events are not those of seal %', name, wrong
            USING ERRCODE = 'IM005', HINT = 'idmigrate audit verify names the events'; -- cmd_audit_prune.c knows it
    END IF;
    RETURN verified;
END
$verified_seals$;

-- Drops one month that the policy lets go, and leaves a certificate. Everything is looked at again behind the lock; the
-- events are compared with their seals before it, while nothing can be written to that month, since it takes its time.
CREATE OR REPLACE FUNCTION idmigrate_audit.prune_month(name text, policy jsonb, operator text, tool text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = on SET timezone = 'UTC' AS $prune_month$
DECLARE
    month record;
    seals jsonb;
    event jsonb;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(1768189287, 2);
    SELECT p.* INTO month FROM idmigrate_audit.partitions() AS p WHERE p.relation::text = name;
    IF FOUND THEN
        EXECUTE pg_catalog.format('LOCK TABLE %s IN SHARE MODE', month.relation);
        seals := idmigrate_audit.verified_seals(name, month.range_from, month.range_to);
    END IF;
    LOCK TABLE :"schema".:"table" IN ACCESS EXCLUSIVE MODE;
    SELECT p.* INTO month FROM idmigrate_audit.prune_plan(policy) AS p WHERE p.partition = name;
    IF NOT FOUND OR NOT month.may_go THEN
        RAISE EXCEPTION 'the month % may not be removed: %', name, COALESCE(month.reason, 'there is none that is over')
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF pg_catalog.jsonb_array_length(seals)
       <> pg_catalog.jsonb_array_length(idmigrate_audit.seals(month.range_from, month.range_to)) THEN
        RAISE EXCEPTION 'the month % was sealed anew meanwhile', name USING ERRCODE = 'serialization_failure';
    END IF;
    event := idmigrate_audit.make_event(
        'AUDIT_LOG_PRUNED', 'audit_log', name, NULL,
        pg_catalog.jsonb_build_object(
            'range_from', month.range_from, 'range_to', month.range_to, 'events', month.events,
            'by_class', month.by_class, 'tenants', month.tenants, 'seals', seals, 'policy', policy,
            'operator', operator, 'tool', tool),
        'success', NULL, NULL, session_user, 'system', NULL, NULL, NULL);
    PERFORM idmigrate_audit.store_event(event);
    INSERT INTO idmigrate_audit.certificate
    VALUES ((event ->> 'id')::uuid, :'schema', name, month.range_from, month.range_to, month.events, month.first_at,
            month.last_at, month.by_class, month.tenants, seals, policy, operator, session_user, tool, pg_catalog.now());
    IF pg_catalog.jsonb_array_length(seals) > 0 THEN
        EXECUTE 'INSERT INTO idmigrate.seal_pruned (log, seal_no, certificate)'
                ' SELECT $1, (s ->> ''seal_no'')::bigint, $2 FROM pg_catalog.jsonb_array_elements($3) AS s'
                ' ON CONFLICT DO NOTHING'
            USING pg_catalog.format('%I.%I', :'schema', :'table'), (event ->> 'id')::uuid, seals;
        EXECUTE 'DELETE FROM idmigrate.seal_leaves AS l WHERE l.log = $1 AND l.seal_no IN'
                ' (SELECT (s ->> ''seal_no'')::bigint FROM pg_catalog.jsonb_array_elements($2) AS s)'
            USING pg_catalog.format('%I.%I', :'schema', :'table'), seals;
    END IF;
    EXECUTE pg_catalog.format('ALTER TABLE %s DETACH PARTITION %s', :'log', name);
    EXECUTE pg_catalog.format('DROP TABLE %s', name);
    RETURN (SELECT pg_catalog.to_jsonb(c) FROM idmigrate_audit.certificate AS c
            WHERE c.certificate_id = (event ->> 'id')::uuid);
END
$prune_month$;

-- All months that the policy lets go, the oldest first; for pg_cron.
CREATE OR REPLACE FUNCTION idmigrate_audit.prune(policy jsonb) RETURNS SETOF jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET row_security = on SET timezone = 'UTC' AS $prune$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT p.partition FROM idmigrate_audit.prune_plan(policy) AS p WHERE p.may_go ORDER BY p.range_from LOOP
        RETURN NEXT idmigrate_audit.prune_month(name, policy, session_user::text, 'pg_cron');
    END LOOP;
END
$prune$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA idmigrate_audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idmigrate_audit.current_tenant(), idmigrate_audit.setting_json(text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION idmigrate_audit.place_hold(text, text, text, text, text),
    idmigrate_audit.release_hold(integer, text) TO :"auditor";
GRANT EXECUTE ON FUNCTION idmigrate_audit.prune_plan(jsonb) TO :"auditor", :"pruner";
GRANT EXECUTE ON FUNCTION idmigrate_audit.prune_month(text, jsonb, text, text), idmigrate_audit.prune(jsonb)
    TO :"pruner"
