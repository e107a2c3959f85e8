# The audit log of an application: installed, written, attacked, looked over, pruned; and written by a run.
. "$SOURCE_DIR/tests/support/e2e.bash"

# Roles belong to the server: they go before and after, with the databases that know them.
made_roles=()
drop_roles() {
    local role
    for role in "${made_roles[@]}"; do
        psql -X -q -d postgres -c "set client_min_messages = warning" -c "drop role if exists \"$role\"" 2>/dev/null || true
    done
}
finish() {
    local name
    for name in "${made_databases[@]}"; do
        psql -X -q -d postgres -c "drop database if exists \"$name\" with (force)" 2>/dev/null || true
    done
    drop_roles
}
trap 'status=$?; finish; (exit $status); e2e_finish' EXIT

# log_database NAME: a database, and the roles of its log; people are made with `person`.
log_database() {
    fresh_database "$1"
    made_roles+=("$1_owner" "$1_writer" "$1_auditor" "$1_pruner" "$1_migrator")
    drop_roles
    DST=$(conninfo "$1")
    export DST
}
# person NAME ROLE...: somebody who can log in, a member of ROLE.
person() {
    local name=$1 role
    shift
    made_roles+=("$name")
    query postgres "drop role if exists $name; create role $name login" >/dev/null 2>&1 || fail "no role $name"
    for role in "$@"; do query postgres "grant $role to $name" >/dev/null; done
}
install() { idmigrate audit install --target "$DST" --roles "$1" --yes "${@:2}"; }
# Other tests have roles on this server too, which come and go: what these may do is not told of here.
check() {
    local others role accept attempt
    for attempt in 1 2 3; do
        accept=()
        others=$(query postgres "select rolname from pg_roles where rolcanlogin and oid <> 10 and not starts_with(rolname, '${DST##*dbname=}')
            and (rolsuper or rolbypassrls or rolreplication or rolcreaterole)")
        for role in $others; do accept+=(--accept "$role"); done
        idmigrate audit check --target "$DST" "${accept[@]}" "$@"
        grep -E '^fault +role ' "$WORK/out" | grep -qvE "role (PUBLIC|${DST##*dbname=})" || break
        [ "$attempt" = 3 ] || sleep 1
    done
}
# keep_start, back_to_start NAME: the database as it was then, which takes less time than mending it.
keep_start() { fresh_database "$1_start" "$1"; }
back_to_start() {
    psql -X -q -d postgres -v ON_ERROR_STOP=1 -c "drop database \"$1\" with (force)" -c "create database \"$1\" template \"$1_start\""
}
# as ROLE DATABASE SQL: what ROLE gets, its error instead if there is one.
as() { PGUSER=$1 psql -X -q -A -t -d "$2" -v ON_ERROR_STOP=1 -c "$3" 2>&1; }

# ---- installing ----

case_an_installed_log_is_sound_and_installing_again_changes_nothing() {
    log_database audit_twice
    install audit_twice
    assert_exit 0
    assert_contains err 'public.audit_logs, profile standard, to be created'
    check --json
    assert_exit 0
    assert_json out '[.findings[] | select(.kind == "fault")] | length' 0
    assert_json out '.looked_at > 40' true
    assert_equal "$(query audit_twice "select count(*), count(*) filter (where relrowsecurity and relforcerowsecurity),
        count(distinct relowner), bool_or(rolcanlogin) from pg_class join pg_roles on pg_roles.oid = relowner
        where relname ~ '^audit_logs' and relkind in ('r', 'p')")" '6|6|1|f'
    local before
    before=$(digest audit_twice)
    install audit_twice
    assert_exit 0
    assert_contains err 'installed already'
    assert_equal "$(digest audit_twice)" "$before"
    install other
    assert_exit 1
    assert_contains err 'belongs to another role'
    install audit_twice --table other
    assert_exit 1
    assert_contains err "this database's audit log is public.audit_logs"
}

case_bad_input_is_refused_before_anything_is_changed() {
    log_database audit_bad
    local before words
    before=$(digest audit_bad)
    while read -r words; do
        # shellcheck disable=SC2086 # words of a command line
        install audit_bad $words
        [[ $STATUS == [123] ]] || fail "$words: exit status $STATUS"
        assert_matches err '^idmigrate: '
    done <<'END'
--profile none
--months 0
--months 4x
--keep-at-least many
--schema missing
--table
--shorten-ip --full-ip
--roles Bad
--registry missing.json
END
    echo '{"version": 1, "actions": ["FINE", "not fine"]}' >registry.json
    install audit_bad --registry registry.json
    assert_exit 3
    assert_contains err 'registry.json: /actions/1: '
    echo '{"version": 1, "actoins": []}' >registry.json
    install audit_bad --registry registry.json
    assert_exit 3
    assert_contains err 'unknown key "actoins"'
    idmigrate audit install --target "$DST" --roles audit_bad
    assert_exit 1
    assert_contains err 'say --yes'
    assert_equal "$(digest audit_bad)" "$before"
    check
    assert_exit 6
    assert_contains err 'no audit log was installed'
}

case_an_administrator_gets_the_sql_when_the_role_may_not() {
    log_database audit_ddl
    person audit_ddl_plain
    DST="host=$PGHOST user=audit_ddl_plain dbname=audit_ddl" install audit_ddl
    assert_exit 1
    assert_contains err 'may not create roles'
    psql -X -q -1 -v ON_ERROR_STOP=1 -d audit_ddl -f "$WORK/out" >/dev/null 2>&1 || fail 'the SQL does not run'
    check
    assert_exit 0
}

case_a_log_that_is_there_is_taken_over_with_its_events() {
    log_database audit_old
    query audit_old "create schema idmigrate; create function idmigrate.refuse_change() returns trigger language plpgsql
        as 'begin raise exception using errcode = \$x\$42501\$x\$; end'" >/dev/null
    sed -e 's/:"schema"/public/; s/:"table"/audit_logs/; s/:"default_partition"/audit_logs_default/; s/:"guard"/idmigrate/' \
        -e 's/:"schema"/public/; s/:"table"/audit_logs/' "$SOURCE_DIR/sql/install/audit_logs.sql" | psql -X -q -v ON_ERROR_STOP=1 -d audit_old
    query audit_old "create table audit_logs_now partition of audit_logs for values from ('2026-01-01') to ('2126-01-01');
        grant all on audit_logs to public;
        insert into audit_logs (id, action, resource_type) select gen_random_uuid(), 'SHOP_OPENED', 'shop' from generate_series(1, 3);
        insert into audit_logs (id, action, resource_type, run_id) values (gen_random_uuid(), 'ANYTHING', 'any_table', gen_random_uuid())" >/dev/null
    install audit_old
    assert_exit 1
    assert_contains err 'action "SHOP_OPENED" (3 events), resource type "shop" (3 events)'
    assert_lacks err ANYTHING
    assert_equal "$(query audit_old "select count(*) from pg_namespace where nspname = 'idmigrate_audit'")" 0
    echo '{"version": 1, "actions": ["SHOP_OPENED"], "resource_types": ["shop"], "sensitive_keys": ["shoekey"]}' >registry.json
    install audit_old --registry registry.json
    assert_exit 0
    check
    assert_exit 0
    assert_equal "$(query audit_old "select count(*) from audit_logs where action <> 'AUDIT_LOG_INSTALLED'")" 4
    # What was known before stays known without the file.
    install audit_old
    assert_exit 0
    query audit_old "select log_event('SHOP_OPENED', 'shop', '1', '{\"new\": {\"shoe_key\": 1}}')" >/dev/null
    assert_equal "$(query audit_old "select new_values from audit_logs where resource_id = '1'")" '{"shoe_key": "[REDACTED]"}'
}

case_profiles_have_exactly_the_columns_of_those_who_have_theirs() {
    local profile columns
    while IFS='|' read -r profile columns; do
        log_database "audit_${profile%%-*}"
        local database=audit_${profile%%-*}
        install "$database" --profile "$profile" --no-tenants
        assert_exit 0
        check
        assert_exit 0
        assert_equal "$(query "$database" "select string_agg(attname || ' ' || format_type(atttypid, null), ',' order by attnum)
            from pg_attribute where attrelid = 'audit_logs'::regclass and attnum > 0")" "$columns"
        query "$database" "set app.user_id = 'user_1'; set app.tenant_id = '0b7ac0de-0000-4000-8000-000000000001'; set app.user_agent = 'curl';
            select log_event('PROFILE_UPDATED', 'profile', '7', '{\"old\": {\"a\": 1}}', '{\"why\": 2}')" >/dev/null
        assert_equal "$(query "$database" "select metadata ->> 'why', metadata ->> 'outcome',
            coalesce(metadata, '{}') || to_jsonb(e) @> '{\"user_agent\": \"curl\", \"old_values\": {\"a\": 1}}'
            from audit_logs as e where resource_id = '7'")" '2|success|t'
        # Read by the functions that are made for these columns; each use is an event too.
        assert_equal "$(query "$database" "select action from get_resource_audit_trail('profile', '7')")" PROFILE_UPDATED
        assert_equal "$(query "$database" "select action from get_audit_logs('{\"actor\": \"user_1\"}')")" PROFILE_UPDATED
        assert_equal "$(query "$database" "select count(*) from audit_logs where action = 'AUDIT_LOG_READ'")" 2
        [ "$(query "$database" 'update audit_logs set action = action' 2>&1)" != '' ] || fail 'an event was changed'
        install "$database" --no-tenants
        assert_exit 1
        install "$database" --profile "$profile" --no-tenants
        assert_exit 0
    done <<'END'
nine-columns|id uuid,actor_id text,tenant_id text,action text,resource_type text,resource_id text,ip_address text,metadata jsonb,created_at timestamp with time zone
eleva|id uuid,workos_user_id text,org_id uuid,action text,resource_type text,resource_id text,old_values jsonb,new_values jsonb,ip_address text,user_agent text,metadata jsonb,created_at timestamp without time zone
END
}

# ---- writing ----

case_an_event_knows_its_session_and_keeps_no_secrets() {
    log_database audit_write
    install audit_write
    person audit_write_app audit_write_writer
    as audit_write_app audit_write "set app.tenant_id = 't1'; set app.user_id = 'u1'; set app.ip_address = '203.0.113.77, 2001:db8:1:2:3::9, unknown';
        set app.user_agent = 'curl'; set app.shorten_ip = 'on';
        select log_event('PROFILE_UPDATED', 'profile', 'deep', '{\"old\": {\"Guest-Email\": \"x\", \"n\": [[{\"PASSWORD\": 1, \"ok\": null}]],
        \"text\": \"{\\\"api_key\\\": 5}\", \"emails\": {\"a\": 1}}, \"newValues\": null}', '{\"phoneNumber\": \"1\"}')" >/dev/null
    assert_equal "$(query audit_write "select actor_id, actor_type, tenant_id, ip_address, user_agent, old_values, new_values, metadata,
        occurred_at >= recorded_at, substr(id::text, 15, 1) from audit_logs where resource_id = 'deep'")" \
        'u1|user|t1|203.0.113.0, 2001:db8:1:2::, unknown|curl|{"n": [[{"ok": null, "PASSWORD": "[REDACTED]"}]], "text": "{\"api_key\": \"[REDACTED]\"}", "emails": "[REDACTED]", "Guest-Email": "[REDACTED]"}||{"phoneNumber": "[REDACTED]"}|t|7'
    # As Supabase and Neon do it; a broken setting is none.
    query audit_write "create schema auth; grant usage on schema auth to public;
        create function auth.user_id() returns text language sql as 'select ''neon'' '" >/dev/null
    as audit_write_app audit_write "select log_event('LOGIN', 'user', 'neon'); set request.jwt.claims = '{broken'; select log_event('LOGIN', 'user', 'neon');
        set request.jwt.claims = '{\"sub\": \"supa\", \"org_id\": \"t2\"}'; set request.headers = '{\"x-forwarded-for\": \"10.0.0.1, 1.1.1.1\", \"user-agent\": \"ff\"}';
        select log_event('LOGIN', 'user', 'supa')" >/dev/null
    assert_equal "$(query audit_write "select resource_id, actor_id, tenant_id, ip_address, user_agent, count(*) from audit_logs where action = 'LOGIN'
        group by 1, 2, 3, 4, 5 order by 1")" "$(printf 'neon|neon||||2\nsupa|supa|t2|10.0.0.1|ff|1')"
    local sql
    while read -r sql; do
        [[ $(as audit_write_app audit_write "select log_event($sql)") == ERROR:* ]] || fail "log_event($sql) was taken"
    done <<'END'
'NO_SUCH', 'user'
'LOGIN', 'no such'
null, 'user'
'LOGIN', 'user', '1', '[1]'
'LOGIN', 'user', '1', '{"other": 1}'
'LOGIN', 'user', '1', null, '"text"'
'LEGAL_HOLD_RELEASED', 'audit_log', '1'
'LOGIN', 'user', '1', null, '{"run_id": "x"}'
'LOGIN', 'user', '1', null, null, 'odd'
END
    assert_contains <(as audit_write_app audit_write "select log_event('NO_SUCH', 'user')" || true) 'action "NO_SUCH" is not in the registry'
}

case_the_queue_loses_nothing_and_says_so_when_it_does() {
    log_database audit_queue
    install audit_queue
    person audit_queue_app audit_queue_writer
    as audit_queue_app audit_queue "select count(log_event_async('LOGIN', 'user', i::text)) from generate_series(1, 500) as i" >/dev/null
    as audit_queue_app audit_queue "begin; select log_event_async('LOGIN', 'user', 'gone'); rollback" >/dev/null
    assert_equal "$(query audit_queue "select count(*) from audit_logs where action = 'LOGIN'; select * from idmigrate_audit.queue_state()")" \
        "$(printf '0\n500|0|500|0|0')"
    idmigrate audit drain --target "$DST"
    assert_exit 0
    assert_contains out 'entered 500, delivered 500, waiting 0, failed 0, lost 0'
    assert_equal "$(query audit_queue "select count(distinct resource_id) from audit_logs where action = 'LOGIN'")" 500
    # One that the log refuses waits and is told, the others go in; one that is taken away is lost.
    as audit_queue_app audit_queue "select log_event_async('LOGIN', 'user', 'a'), log_event_async('LOGOUT', 'user', 'b'), log_event_async('LOGIN', 'user', 'c')" >/dev/null
    query audit_queue "update idmigrate_audit.queue set event = jsonb_set(event, '{outcome}', '\"odd\"') where event ->> 'resource_id' = 'b'" >/dev/null
    idmigrate audit drain --target "$DST"
    assert_exit 5
    assert_contains out 'entered 503, delivered 502, waiting 1, failed 1, lost 0'
    check
    assert_exit 5
    assert_contains out '1 events were refused by the log'
    query audit_queue 'delete from idmigrate_audit.queue' >/dev/null
    check
    assert_exit 5
    assert_contains out '1 events that log_event_async() took are neither in the log nor waiting'
}

# ---- attacks ----

# attack WHO WHAT SQL: one row of the table. Refused means that the server says no, or nothing is shown or changed;
# found means that `audit check` tells of it; then the database is what it was before.
attack() {
    local who=$1 what=$2 sql=$3 answer outcome
    answer=$(as "$who" audit_attack "$sql") || true
    if [[ $answer != *leak* && ($answer == *ERROR:* || ${answer##*$'\n'} == 0) ]]; then
        outcome=refused
    else
        check --accept audit_attack_dba --accept audit_attack_member
        if [ "$STATUS" -eq 5 ]; then outcome="found: $(sed -n 's/^fault *//p' "$WORK/out" | head -n 1)"; else outcome=UNNOTICED; fi
        back_to_start audit_attack
    fi
    printf '%-18s %-46s %s\n' "${who#audit_attack_}" "$what" "$outcome" | tee -a "$WORK/attacks"
}

case_attacks_are_refused_or_found() {
    local partition who
    log_database audit_attack
    install audit_attack --no-tenants
    person audit_attack_app audit_attack_writer
    person audit_attack_member audit_attack_owner
    person audit_attack_prune audit_attack_pruner
    query postgres 'alter role audit_attack_member nosuperuser' >/dev/null
    made_roles+=(audit_attack_dba)
    query postgres 'drop role if exists audit_attack_dba; create role audit_attack_dba login superuser' >/dev/null 2>&1
    query audit_attack "set app.tenant_id = 't1'; select log_event('LOGIN', 'user', '1'); set app.tenant_id = 't2'; select log_event('LOGIN', 'user', '2')" >/dev/null
    partition=$(query audit_attack "select tableoid::regclass from audit_logs limit 1")
    keep_start audit_attack
    : >"$WORK/attacks"
    # A member of the owner is a fault by itself; then what such a member can do.
    check --accept audit_attack_dba
    assert_exit 5
    assert_contains out 'role audit_attack_member: owns the log: may disable its triggers, alter and drop it (through audit_attack_owner)'
    for who in audit_attack_app audit_attack_prune audit_attack_member audit_attack_dba; do
        attack $who 'UPDATE' "with x as (update audit_logs set action = 'LOGOUT' returning 1) select count(*) from x"
        attack $who 'DELETE' 'with x as (delete from audit_logs returning 1) select count(*) from x'
        attack $who 'TRUNCATE' 'truncate audit_logs; select 1'
        attack $who 'UPDATE of a partition' "with x as (update $partition set action = 'LOGOUT' returning 1) select count(*) from x"
        attack $who 'DELETE from a partition' "with x as (delete from $partition returning 1) select count(*) from x"
        attack $who 'TRUNCATE of a partition' "truncate $partition; select 1"
        attack $who 'session_replication_role = replica' "set session_replication_role = replica; with x as (delete from audit_logs returning 1) select count(*) from x"
        attack $who 'trigger disabled' "alter table $partition disable trigger append_only; select 1"
        attack $who 'trigger enabled for the origin only' "alter table $partition enable trigger append_only_truncate; select 1"
        attack $who 'trigger dropped' "drop trigger append_only_truncate on $partition; select 1"
        attack $who 'trigger function replaced' "create or replace function idmigrate_audit.refuse_change() returns trigger language plpgsql as 'begin return old; end'; select 1"
        attack $who 'row-level security off' 'alter table audit_logs disable row level security; select 1'
        attack $who 'row-level security not forced on a partition' "alter table $partition no force row level security; select 1"
        attack $who 'policy for everybody' 'create policy all_of_it on audit_logs for all to public using (true); select 1'
        attack $who 'trigger of the inbox disabled' 'alter table idmigrate_audit.inbox disable trigger take_events; select 1'
        attack $who 'queue emptied' "insert into idmigrate_audit.queue (event) values ('{}'); delete from idmigrate_audit.queue; select 1"
        attack $who 'policy changed' 'alter policy audit_tenant on audit_logs using (true); select 1'
        attack $who 'GRANT to the application' "grant update (action) on audit_logs to audit_attack_app; select has_any_column_privilege('audit_attack_app', 'audit_logs', 'update')::int"
        attack $who 'rule that loses events' 'create rule lose as on insert to audit_logs do instead nothing; select 1'
        attack $who 'trigger that loses events' "create trigger lose before insert on audit_logs for each row execute function idmigrate_audit.refuse_change(); select 1"
        # A superuser's is for `audit verify`: row-level security does not bind it.
        [ $who = audit_attack_dba ] || attack $who 'event added by hand, back-dated' "insert into audit_logs (id, recorded_at, action, resource_type) values (gen_random_uuid(), '2020-01-01', 'LOGIN', 'user'); select 1"
    done
    # Reading another tenant's events, as the application.
    who=audit_attack_app
    attack $who "SELECT of another tenant's events" "set app.tenant_id = 't1'; select count(*) from audit_logs where tenant_id is distinct from 't1'"
    attack $who 'SELECT without a tenant' 'select count(*) from audit_logs'
    attack $who "SELECT with app.tenant_id = ''" "set app.tenant_id = ''; select count(*) from audit_logs"
    attack $who 'SELECT with app.tenant_id reset' "set app.tenant_id = 't1'; reset app.tenant_id; select count(*) from audit_logs"
    attack $who 'SELECT on a partition' "set app.tenant_id = 't1'; select count(*) from $partition"
    attack $who 'SELECT with row_security off' "set row_security = off; select count(*) from audit_logs"
    attack $who 'SELECT with a leaking function' "set app.tenant_id = 't1'; create function pg_temp.see(text) returns boolean language plpgsql cost 0.0001
        as 'begin if \$1 <> ''t1'' then raise notice ''leak''; end if; return true; end'; select count(*) from audit_logs where pg_temp.see(tenant_id) and tenant_id <> 't1'"
    attack $who 'the run'"'"'s door' "select count(*) from idmigrate_audit.events_since(null)"
    attack $who 'insert by the inbox' "insert into idmigrate_audit.inbox (id, recorded_at, action, resource_type) values (gen_random_uuid(), now(), 'LOGIN', 'user')"
    attack $who 'log_event with a forged run' "select log_event('ROW_MIGRATED', 'user', '1', null, '{\"run_id\": \"x\"}')"
    attack $who 'event of the log itself forged' "select log_event('AUDIT_LOG_PRUNED', 'audit_log', 'x')"
    attack $who 'event of the log itself forged, async' "select log_event_async('ROW_MIGRATED', 'user', 'x')"
    attack $who 'internal functions called' "select idmigrate_audit.store_event('{}')"
    attack audit_attack_prune 'prune_month of a young month' "select idmigrate_audit.prune_month('$partition', '{\"default\": \"0 days\"}', 'me', '')"
    attack audit_attack_prune 'legal hold released' "select idmigrate_audit.release_hold(1, 'no')"
    # Last, because it cannot be mended: the log is gone.
    attack_drop "$partition"
    if grep -F UNNOTICED "$WORK/attacks"; then fail 'an attack went unnoticed'; fi
    grep -qF refused "$WORK/attacks" || fail 'nothing was refused'
    assert_equal "$(awk '$1 == "app" && !/refused/' "$WORK/attacks")" ''
    assert_equal "$(awk '$1 == "prune" && !/refused/' "$WORK/attacks")" ''
    # Of the superuser's changes to events, which a direct change of rows shows only to seals, none went past the triggers.
    assert_equal "$(grep -cE '^dba +(UPDATE|DELETE|TRUNCATE|session)' "$WORK/attacks")" 7
    assert_equal "$(grep -E '^dba +(UPDATE|DELETE|TRUNCATE|session)' "$WORK/attacks" | grep -cv 'refused$' || true)" 0
}

attack_drop() {
    local who
    for who in audit_attack_app audit_attack_prune; do
        attack $who 'DROP of a partition' "drop table $1; select 1"
        attack $who 'DROP of the log' 'drop table audit_logs; select 1'
    done
    as audit_attack_dba audit_attack "alter table audit_logs detach partition $1; alter table $1 owner to audit_attack_dba" >/dev/null
    check --accept audit_attack_dba
    assert_exit 5
    assert_contains out "$1: was a partition of the log and is detached"
    printf '%-18s %-46s found: %s\n' dba 'partition detached' "$(sed -n 's/^fault *//p' "$WORK/out" | grep detached)" | tee -a "$WORK/attacks"
    as audit_attack_dba audit_attack 'drop table audit_logs cascade' >/dev/null
    check --accept audit_attack_dba
    assert_exit 5
    assert_contains out 'the log is gone'
    printf '%-18s %-46s found: %s\n' dba 'DROP of the log' "$(sed -n 's/^fault *//p' "$WORK/out" | grep gone)" | tee -a "$WORK/attacks"
}

case_every_power_over_the_log_is_named() {
    log_database audit_power
    install audit_power
    keep_start audit_power
    local sql words status
    while IFS='|' read -r sql words status; do
        person audit_power_who
        query audit_power "${sql//WHO/audit_power_who}" >/dev/null
        check
        assert_exit 5
        assert_contains out "role audit_power_who: $words"
        if [ "$status" ]; then
            check --accept audit_power_who
            assert_exit "$status"
        fi
        back_to_start audit_power
        query postgres "drop role audit_power_who" >/dev/null
    done <<'END'
alter role WHO superuser|is a superuser
alter role WHO bypassrls|BYPASSRLS|0
alter role WHO replication|REPLICATION
grant audit_power_owner to WHO|owns the log
grant audit_power_auditor to WHO with admin option|may make itself a member of audit_power_auditor
grant pg_write_all_data to WHO|member of pg_write_all_data
grant pg_execute_server_program to WHO|member of pg_execute_server_program
grant trigger, truncate on audit_logs to WHO|TRIGGER, TRUNCATE on the log
grant select on audit_logs_default to WHO|SELECT on partitions of the log
grant update (action) on audit_logs to WHO|UPDATE (columns) on the log
alter table audit_logs owner to WHO|owns the log|5
alter table audit_logs_default owner to WHO|owns partitions of the log
alter schema idmigrate_audit owner to WHO|owns the schema idmigrate_audit
alter function idmigrate_audit.refuse_change() owner to WHO|owns functions that guard the log
END
    query audit_power 'grant delete on audit_logs to public' >/dev/null
    check
    assert_exit 5
    assert_contains out 'role PUBLIC: DELETE on the log'
}

# ---- retention ----

# seal [OPTIONS]: all that is there. replicate DATABASE SQL: as a superuser whom no trigger stops.
seal() {
    idmigrate audit seal --target "$DST" --margin 0 "$@"
    assert_exit 0
}
replicate() {
    local each="do \$\$ declare part regclass; begin for part in select relid from pg_partition_tree('audit_logs') loop
        execute format('alter table %s %s trigger append_only', part, 'HOW'); end loop; end \$\$"
    query "$1" "${each/HOW/disable}; $2; ${each/HOW/enable always}" >/dev/null
}
prune() { idmigrate audit prune --target "$DST" "$@"; }

# The server makes the roots anew as the program does: streams, several seals of a month, late events, every kind of value.
case_a_month_goes_only_with_the_events_that_were_sealed() {
    log_database audit_roots
    install audit_roots
    assert_exit 0
    local month run=01970000-0000-7000-8000-0000000000aa
    for month in 2018-01 2018-02; do
        query audit_roots "create table audit_old_${month/-/_} partition of audit_logs for values from ('$month-01 00:00+00') to (timestamptz '$month-01 00:00+00' + interval '1 month')" >/dev/null
    done
    fill() { # fill FROM TO: events at these hours of January
        query audit_roots "insert into audit_logs (id, recorded_at, occurred_at, action, resource_type, resource_id, tenant_id,
                new_values, metadata, row_digest, run_id, user_agent)
            select gen_random_uuid(), timestamptz '2018-01-02 00:00+00' + i / 3 * interval '1 hour', case when i % 2 = 0 then now() end,
                   'LOGIN', 'user', nullif('é' || i, 'é7'), case when i % 3 = 0 then '' end,
                   jsonb_build_object('n', i / 7.0, 'käse', array['a', null], 'b', '{\"x\": 1e3}'::jsonb), null,
                   case when i % 5 = 0 then decode(md5(i::text), 'hex') end, case when i % 4 = 0 then '$run'::uuid end, 'a' || chr(9)
            from generate_series($1, $2) as i" >/dev/null
    }
    fill 1 37
    seal
    fill 200 233
    # The first seal covered the month: what comes now is late.
    seal --accept-late 'an import'
    replicate audit_roots "alter table audit_logs add column note text default 'ä'"
    query audit_roots "insert into audit_logs (id, recorded_at, action, resource_type)
        select gen_random_uuid(), timestamptz '2018-02-02 00:00+00' + i * interval '1 hour', 'LOGIN', 'user' from generate_series(1, 9) as i" >/dev/null
    seal --accept-late 'another import'
    install audit_roots
    assert_exit 0
    assert_equal "$(query audit_roots "select count(*) > 4, bool_and(r.root = s.root and r.events = s.events), sum(r.events)
        from idmigrate_audit.seal_roots('2018-01-01', '2018-03-01') as r join idmigrate.seal as s using (seal_no)")" 't|t|80'
    assert_equal "$(query audit_roots "select encode(idmigrate_audit.tree_root(array['\\x01', '\\x02', '\\x03']::bytea[]), 'hex') =
        encode(sha256('\\x01' || sha256('\\x010102'::bytea) || '\\x03'::bytea), 'hex')")" t
    query audit_roots 'create table before as select * from audit_logs' >/dev/null
    local change
    for change in "user_agent = 'b'" "new_values = new_values || '{\"n\": 0}'" "occurred_at = occurred_at + interval '1 microsecond'" \
        'run_id = null' "recorded_at = recorded_at + interval '1 second'"; do
        replicate audit_roots "update audit_old_2018_01 set $change where id = (select id from audit_old_2018_01
            where run_id is not null and occurred_at is not null order by id limit 1)"
        idmigrate audit prune --target "$DST" --older-than '6 years' --apply --yes
        assert_exit 5
        assert_contains err 'its events are not those that were sealed'
        assert_lacks err '203.0.113'
        replicate audit_roots "delete from audit_old_2018_01; insert into audit_logs select * from before where recorded_at < '2018-02-01'"
    done
    # One for another, so that there are as many.
    replicate audit_roots "update audit_old_2018_01 set id = gen_random_uuid() where id = (select id from audit_old_2018_01 limit 1)"
    idmigrate audit prune --target "$DST" --older-than '6 years' --apply --yes
    assert_exit 5
    replicate audit_roots "delete from audit_old_2018_01; insert into audit_logs select * from before where recorded_at < '2018-02-01'"
    query audit_roots 'drop table before' >/dev/null
    idmigrate audit prune --target "$DST" --older-than '6 years' --apply --yes --json
    assert_exit 0
    assert_json out '[.certificates[].seals[] | .root == .verified_root] | "\(length > 4) \(all)"' 'true true'
    idmigrate audit verify --target "$DST"
    assert_exit 0
}

case_only_sealed_expired_months_without_a_hold_go_and_leave_certificates() {
    log_database audit_prune
    psql -X -q -d audit_prune -v ON_ERROR_STOP=1 -f "$SOURCE_DIR/sql/install/idmigrate.sql"
    install audit_prune
    assert_exit 0
    local month
    for month in 2018-01 2018-02 2018-03 2018-04 2018-05; do
        query audit_prune "create table audit_old_${month/-/_} partition of audit_logs for values from ('$month-01 00:00+00') to (timestamptz '$month-01 00:00+00' + interval '1 month');
            insert into audit_logs (id, recorded_at, action, resource_type, tenant_id, retention_class)
            select gen_random_uuid(), timestamptz '$month-02 00:00+00' + i * interval '1 hour', 'LOGIN', 'user', 't' || i % 3, 'standard' from generate_series(1, 10) as i" >/dev/null
    done
    query audit_prune "insert into audit_logs (id, recorded_at, action, resource_type, retention_class) values (gen_random_uuid(), '2018-02-20', 'LOGIN', 'user', 'health');
        insert into audit_logs (id, recorded_at, action, resource_type, tenant_id) values (gen_random_uuid(), '2018-03-20', 'LOGIN', 'user', 'sued')" >/dev/null
    # April comes when all was sealed, and of May two events go.
    replicate audit_prune 'create table april as select * from audit_old_2018_04; delete from audit_old_2018_04'
    seal
    replicate audit_prune "insert into audit_logs select * from april; drop table april;
        delete from audit_old_2018_05 where id in (select id from audit_old_2018_05 limit 2)"
    query audit_prune "select idmigrate_audit.place_hold('a case in court', 'sued')" >/dev/null
    install audit_prune
    assert_exit 0
    local before
    before=$(digest audit_prune)
    prune --older-than '6 years' --class health='20 years' --json
    assert_exit 5
    assert_json out '[.months[] | "\(.from) \(.reason)"] | join(",")' \
        '2018-01-01 expired,2018-02-01 kept by the policy,2018-03-01 legal hold,2018-04-01 not sealed,2018-05-01 events are missing'
    assert_equal "$(digest audit_prune)" "$before"
    prune --older-than '6 years' --class health='20 years' --apply
    assert_exit 1
    assert_contains err 'say --yes'
    prune --older-than '6 years' --class health='20 years' --apply --yes --certificates certificates.ndjson
    assert_exit 5
    assert_equal "$(query audit_prune "select to_regclass('audit_old_2018_01') is null, to_regclass('audit_old_2018_02') is not null,
        (select count(*) from idmigrate.seal_leaves join idmigrate.seal using (log, seal_no) where month = '2018-01-01'),
        (select count(*) from idmigrate.seal where month = '2018-01-01'),
        (select count(*) from idmigrate.seal_pruned where seal_no = 1)")" 't|t|0|1|1'
    assert_json certificates.ndjson '"\(.partition_name) \(.events) \(.by_class.standard) \(.seals[0].seal_no) \(.seals[0].root == .seals[0].verified_root) \(.policy.default)"' \
        'public.audit_old_2018_01 10 10 1 true 6 years'
    assert_equal "$(query audit_prune "select count(*), max(metadata ->> 'events') from audit_logs where action = 'AUDIT_LOG_PRUNED'
        and id = (select certificate from idmigrate.seal_pruned)")" '1|10'
    # A released hold holds nothing; the longer of two rules counts; what the log promises to keep, no policy removes.
    prune --older-than '6 years' --tenant sued=forever
    assert_exit 5
    query audit_prune "select idmigrate_audit.release_hold(1, 'settled')" >/dev/null
    prune --older-than '6 years' --tenant sued=forever --json
    assert_json out '.months[] | select(.from == "2018-03-01").reason' 'kept by the policy'
    prune --older-than '6 years' --json
    assert_json out '[.months[] | select(.may_go).from] | join(",")' '2018-02-01,2018-03-01'
    prune --older-than '30 days'
    assert_exit 1
    assert_contains err 'keeps every event longer'
    prune --older-than 'no age'
    assert_exit 2
    prune
    assert_exit 2
    prune --older-than '6 years' --timer
    assert_exit 0
    assert_contains out "ExecStart=idmigrate audit prune --apply --yes --older-than '6 years'"
    assert_contains out "SELECT cron.schedule('audit-prune'"
    # What pg_cron runs, as the pruner.
    person audit_prune_job audit_prune_pruner
    assert_equal "$(as audit_prune_job audit_prune "select count(*) from idmigrate_audit.prune('{\"default\": \"6 years\"}')")" 2
}

# ---- a run ----

case_the_legacy_log_arrives_verbatim_with_a_normalized_event_beside_each_row() {
    . "$SOURCE_DIR/tests/e2e/eleva.bash"
    eleva_load audit_eleva
    local mapping=$WORK/audit_eleva/eleva-audit-archive.json database=audit_eleva_target legacy=audit_eleva_audit all
    cp "$SOURCE_DIR/mappings/eleva-audit-archive.json" "$mapping"
    made_roles+=(audit_eleva_owner audit_eleva_writer audit_eleva_auditor audit_eleva_pruner audit_eleva_migrator)
    DST=$(conninfo "$database")
    query "$database" 'create schema audit' >/dev/null
    install audit_eleva --schema audit --no-tenants
    assert_exit 0
    # The map of types is total, or the run does not begin; what is not in it is counted.
    idmigrate check --progress none "$mapping"
    assert_exit 1
    assert_contains out 'rows: 84, such as user.login'
    assert_contains out 'rows: 56, such as Report (old), Schedule'
    all=$WORK/audit_eleva/all.json
    jq '.tables[1].columns.action.default = {value: "LEGACY_EVENT"} | .tables[1].columns.resource_type.default = {value: "legacy"}' "$mapping" >"$all"
    idmigrate run --yes --progress none "$all"
    assert_exit 0
    assert_contains out 'Verification: equal'
    assert_equal "$(query "$database" "select a.original_id, a.original_row from idmigrate_audit.archive as a order by a.original_id collate \"C\"" | sha256sum)" \
        "$(query "$legacy" "select id, json_build_object('id', id, 'clerkUserId', \"clerkUserId\", 'action', action, 'resource_type', resource_type,
            'resource_id', resource_id, 'old_values', old_values, 'new_values', new_values, 'ip_address', ip_address, 'user_agent', user_agent,
            'created_at', created_at)::text from audit_logs order by id::text collate \"C\"" | sha256sum)"
    assert_equal "$(query "$database" "select count(*), count(*) filter (where occurred_at is null),
        count(*) filter (where a.original_sha256 = e.metadata ->> 'original_sha256'
            and (a.original_row::json ->> 'action', a.original_row::json ->> 'resource_type', a.original_row::json ->> 'clerkUserId')
                = (e.metadata ->> 'original_action', e.metadata ->> 'original_resource_type', e.metadata ->> 'original_actor')
            and (a.original_row::json ->> 'created_at')::timestamp is not distinct from e.occurred_at at time zone 'UTC')
        from audit.audit_logs as e join idmigrate_audit.archive as a on a.original_id = e.metadata ->> 'original_event_id'")" \
        "$(query "$legacy" 'select count(*), count(*) filter (where created_at is null), count(*) from audit_logs')"
    # Old actors have their new ID, and are known by the old one still.
    [ "$(query "$database" "select count(*) from audit.audit_logs where actor_id <> metadata ->> 'original_actor'")" -gt 800 ] || fail 'actors were not resolved'
    # Again: nothing comes in, whatever the mapping is called.
    idmigrate run --yes --progress none "$all"
    assert_exit 0
    jq '.name = "another"' "$all" >"$WORK/audit_eleva/another.json"
    idmigrate run --yes --progress none "$WORK/audit_eleva/another.json"
    assert_exit 1
    assert_equal "$(query "$database" "select count(*) from audit.audit_logs where retention_class = 'legacy'")" "$(query "$legacy" 'select count(*) from audit_logs')"
    assert_contains <(query "$database" "delete from idmigrate_audit.archive" 2>&1 || true) 'cannot be changed or removed'
    check
    assert_exit 0
}

case_a_role_that_row_level_security_applies_to_runs_through_the_door() {
    log_database audit_run
    fresh_database audit_run_source
    install audit_run
    assert_exit 0
    person audit_run_mover audit_run_migrator
    query audit_run_source "create table t (id int primary key, owner text); insert into t select i, 'u' || i from generate_series(1, 300) as i" >/dev/null
    query audit_run "create table t (id int primary key, owner text); grant all on t to audit_run_mover; grant create on database audit_run to audit_run_mover" >/dev/null
    { echo old,new; for i in {1..300}; do echo "u$i,n$i"; done; } >ids.csv
    cat >mapping.json <<'END'
{"version": 1, "name": "door", "sources": {"app": {"env": "SRC"}}, "target": {"env": "MOVER"},
 "ids": {"user": {"file": {"path": "ids.csv", "old_column": "old", "new_column": "new"}}},
 "tables": [{"from": "t", "audit": {"resource_type": "not_in_the_registry", "tenant": "owner"},
             "columns": {"owner": {"from": "owner", "resolve": "user"}}}]}
END
    SRC=$(conninfo audit_run_source)
    export SRC MOVER="host=$PGHOST user=audit_run_mover dbname=audit_run"
    idmigrate check --progress none mapping.json
    assert_exit 0
    assert_contains out W-AUDIT-DOOR
    idmigrate run --yes --progress none mapping.json
    assert_exit 0
    assert_equal "$(query audit_run "select count(*), count(distinct tenant_id), min(event_version), min(retention_class) from audit_logs where action = 'ROW_MIGRATED'")" \
        '300|300|1|standard'
    idmigrate verify --target "$MOVER" --source "$SRC" --run-tables-only
    assert_exit 0
    # What the role may not read is not called clean.
    idmigrate verify --target "$MOVER" --source "$SRC" --only residue
    assert_exit 6
    assert_contains out 'public.tenants: the role may not read it'
    idmigrate undo last --yes --target "$MOVER"
    assert_exit 0
    assert_equal "$(query audit_run "select count(*) from audit_logs where action = 'ROW_REMOVED'")" 300
    check --accept audit_run_mover
    assert_exit 0
    # Without the role there is no door.
    query audit_run "revoke audit_run_migrator from audit_run_mover; grant select, insert on audit_logs to audit_run_mover" >/dev/null
    idmigrate check --progress none mapping.json
    assert_exit 1
    assert_contains out E-ROW-SECURITY
}

if [ $# -gt 0 ]; then cases=("$@"); else mapfile -t cases < <(declare -F | sed -n 's/^declare -f \(case_\)/\1/p'); fi
for name in "${cases[@]}"; do
    echo "$name"
    "$name"
done
