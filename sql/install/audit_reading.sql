-- Reading from the application: get_audit_logs(), get_resource_audit_trail(), get_user_audit_logs() in :"schema", over
-- the audit log :"schema".:"table" with the columns :"id", :"time", :"actor", :"tenant", :"action", :"resource_type",
-- :"resource_id" and, for containment, :"document" (of type jsonb).
-- They run with the rights of who calls, so that row-level security and grants hold; each use is recorded by log_event()
-- where that is there and the transaction may write, otherwise a WARNING says that it was not.
CREATE OR REPLACE FUNCTION :"schema".note_audit_use(command text, filter jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = '' AS $note$
BEGIN
    IF pg_catalog.current_setting('transaction_read_only') = 'on' THEN
        RAISE WARNING 'this use of the audit log was not recorded: the transaction is read only';
        RETURN;
    END IF;
    EXECUTE pg_catalog.format('SELECT %I.log_event($1, $2, $3, NULL, $4)', :'schema')
        USING 'AUDIT_LOG_READ'::text, 'audit_log'::text, :'log'::text,
              pg_catalog.jsonb_build_object('command', command, 'filter', filter);
EXCEPTION WHEN undefined_function OR insufficient_privilege OR check_violation THEN
    RAISE WARNING 'this use of the audit log was not recorded: % (%)', SQLERRM, SQLSTATE;
END
$note$;

-- filter: any of actor, tenant, action, resource_type, resource_id, since, until (times of recording, until is exclusive)
-- and contains (JSON that the document contains). The newest first; the next page begins behind the last row's
-- (time, ID), given as {"time": ..., "id": ...}.
CREATE OR REPLACE FUNCTION :"schema".get_audit_logs(filter jsonb DEFAULT '{}', row_limit integer DEFAULT 50,
                                                    behind jsonb DEFAULT NULL)
RETURNS SETOF :"schema".:"table"
LANGUAGE plpgsql VOLATILE SET search_path = '' AS $get$
DECLARE
    wrong text;
BEGIN
    SELECT k.key INTO wrong FROM pg_catalog.jsonb_object_keys(filter) AS k (key)
    WHERE k.key NOT IN ('actor', 'tenant', 'action', 'resource_type', 'resource_id', 'since', 'until', 'contains');
    IF FOUND THEN
        RAISE EXCEPTION 'get_audit_logs: there is no condition "%"', wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = 'actor, tenant, action, resource_type, resource_id, since, until, contains';
    END IF;
    IF row_limit IS NULL OR row_limit NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'get_audit_logs: row_limit is from 1 to 10000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- What JSON was asked for may hold anything: that it was is recorded, and not the JSON.
    PERFORM :"schema".note_audit_use('get_audit_logs', CASE WHEN filter ? 'contains'
                                     THEN filter || '{"contains": true}' ELSE filter END);
    -- Put together, so that each condition may have its index.
    RETURN QUERY EXECUTE
        pg_catalog.format('SELECT e.* FROM %s AS e WHERE true', :'log')
        || CASE WHEN filter ? 'actor' THEN pg_catalog.format(' AND e.%I::text = $1 ->> ''actor''', :'actor') ELSE '' END
        || CASE WHEN filter ? 'tenant' THEN pg_catalog.format(' AND e.%I::text = $1 ->> ''tenant''', :'tenant') ELSE '' END
        || CASE WHEN filter ? 'action' THEN pg_catalog.format(' AND e.%I::text = $1 ->> ''action''', :'action') ELSE '' END
        || CASE WHEN filter ? 'resource_type'
                THEN pg_catalog.format(' AND e.%I::text = $1 ->> ''resource_type''', :'resource_type') ELSE '' END
        || CASE WHEN filter ? 'resource_id'
                THEN pg_catalog.format(' AND e.%I::text = $1 ->> ''resource_id''', :'resource_id') ELSE '' END
        || CASE WHEN filter ? 'since'
                THEN pg_catalog.format(' AND e.%I >= ($1 ->> ''since'')::timestamptz', :'time') ELSE '' END
        || CASE WHEN filter ? 'until'
                THEN pg_catalog.format(' AND e.%I < ($1 ->> ''until'')::timestamptz', :'time') ELSE '' END
        || CASE WHEN filter ? 'contains'
                THEN pg_catalog.format(' AND e.%I @> ($1 -> ''contains'')', :'document') ELSE '' END
        || CASE WHEN behind IS NOT NULL
                THEN pg_catalog.format(' AND (e.%I, e.%I::text) < (($2 ->> ''time'')::timestamptz, $2 ->> ''id'')',
                                       :'time', :'id') ELSE '' END
        || pg_catalog.format(' ORDER BY e.%I DESC, e.%I::text DESC LIMIT $3', :'time', :'id')
        USING filter, behind, row_limit;
END
$get$;

-- The history of one thing, the oldest first.
CREATE OR REPLACE FUNCTION :"schema".get_resource_audit_trail(resource_type text, resource_id text,
                                                              row_limit integer DEFAULT 1000)
RETURNS SETOF :"schema".:"table"
LANGUAGE plpgsql VOLATILE SET search_path = '' AS $trail$
BEGIN
    PERFORM :"schema".note_audit_use('get_resource_audit_trail', pg_catalog.jsonb_build_object(
        'resource_type', resource_type, 'resource_id', resource_id));
    RETURN QUERY
        SELECT e.* FROM :"schema".:"table" AS e
        WHERE e.:"resource_id"::text = $2 AND e.:"resource_type"::text = $1
        ORDER BY e.:"time", e.:"id" LIMIT $3;
END
$trail$;

-- What one person did, the newest first: under this ID alone. Who may read the ID maps of runs uses
-- `idmigrate audit trail --user`, which knows the others.
CREATE OR REPLACE FUNCTION :"schema".get_user_audit_logs(user_id text, row_limit integer DEFAULT 100)
RETURNS SETOF :"schema".:"table"
LANGUAGE plpgsql VOLATILE SET search_path = '' AS $user$
BEGIN
    PERFORM :"schema".note_audit_use('get_user_audit_logs', pg_catalog.jsonb_build_object('actor', user_id));
    RETURN QUERY
        SELECT e.* FROM :"schema".:"table" AS e
        WHERE e.:"actor"::text = $1
        ORDER BY e.:"time" DESC, e.:"id" DESC LIMIT $2;
END
$user$
