# idmigrate audit seal, verify, prove: what anybody does to sealed events afterwards is found and named.
. "$SOURCE_DIR/tests/e2e/clinic.bash"

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$database" -c "set client_min_messages = warning" -c "$1"; }
seal() { idmigrate audit seal --target "dbname=$database" "$@"; }
verify() { idmigrate audit verify --target "dbname=$database" "$@"; }
# found: kind and event of each difference, sorted.
found() { jq -r '.items[] | "\(.kind) \(.event // .seal // "-")"' "$WORK/out" | sort; }

# A log of 3,000 events, sealed and signed, with a file of roots; each case has its own copy.
database=audit_seal_template
fresh_database "$database"
psql -X -q -d "$database" -v ON_ERROR_STOP=1 -v rows=3000 -v months=3 -f "$SOURCE_DIR/tests/data/audit/log.sql"
openssl genpkey -algorithm ed25519 -out key.pem 2>/dev/null
chmod 600 key.pem
openssl pkey -in key.pem -pubout -out public.pem
seal --key key.pem --roots roots.template --margin 0
assert_exit 0
template=$database
event=$(sql "select id from audit_logs order by recorded_at, id offset 1500 limit 1")
next=$(sql "select id from audit_logs order by recorded_at, id offset 1501 limit 1")

start() {
    database=audit_seal_$1
    fresh_database "$database" "$template"
    cp roots.template roots
}

case_what_is_sealed_is_proved() {
    start whole
    verify --json --roots roots --public-key public.pem
    assert_exit 0
    assert_json out '"\(.verdict) \(.events) \(.differences) \(.in_roots_file_up_to_seal)"' "proved 3000 0 $(wc -l <roots)"
    # Who sealed and who verified are events, sealed by the next one; a sealing of nothing but a sealing is none.
    assert_json out .pending 1
    seal --margin 0 --json
    assert_json out .events 2
    assert_equal "$(sql "select string_agg(action || ' ' || coalesce(metadata #>> '{sealed,events}', metadata #>> '{verified,exit_status}'), ',' order by recorded_at)
        from audit_logs where action ~ 'SEALED|VERIFIED' and actor_id = 'postgres' and metadata ->> 'operator' is not null")" \
        'AUDIT_LOG_SEALED 3000,AUDIT_LOG_VERIFIED 0,AUDIT_LOG_SEALED 2'
    seal --margin 0 --json
    assert_json out .events 1
    # Nothing new, nothing sealed: an empty seal comes only when an hour is over.
    seal --margin 0 --json
    assert_json out '.seals' 0
    verify --json
    assert_json out '"\(.events) \(.pending)"' '3003 0'
}

# attack NAME EXPECTED SQL: done by a superuser, who can switch every trigger off.
attack() {
    start "$1"
    sql "set session_replication_role = replica; $3"
    verify --json
    assert_exit 5
    assert_equal "$(found)" "$2"
}

case_every_change_is_named() {
    attack changed "changed $event" "update audit_logs set new_values = '{}' where id = '$event'"
    attack nulled "changed $event" "update audit_logs set old_values = 'null' where id = '$event' and old_values is null;
        update audit_logs set actor_id = '' where id = '$event'"
    attack removed "removed $event" "delete from audit_logs where id = '$event'"
    attack moved "moved $event" "update audit_logs set recorded_at = recorded_at - interval '1 month' where id = '$event'"
    attack swapped "$(printf 'moved %s\n' "$event" "$next" | sort)" \
        "update audit_logs a set recorded_at = b.recorded_at from audit_logs b
         where (a.id, b.id) in (('$event', '$next'), ('$next', '$event'))"
    attack inserted 'inserted 01000000-0000-4000-8000-000000000000' \
        "insert into audit_logs select (json_populate_record(a, '{\"id\": \"01000000-0000-4000-8000-000000000000\"}')).*
         from audit_logs a where id = '$event'"
    # It says when it was made: today.
    attack back_dated 'back-dated 0197ffff-0000-7000-8000-000000000000' \
        "insert into audit_logs select (json_populate_record(a, '{\"id\": \"0197ffff-0000-7000-8000-000000000000\",
         \"recorded_at\": \"2024-06-01T00:00:00Z\"}')).* from audit_logs a where id = '$event'"
}

case_a_month_that_is_gone_is_many_events() {
    start month
    sql "drop table audit_logs_p2025_02"
    verify --json
    assert_exit 5
    assert_json out '[.items[].kind] | unique | join(",")' removed
    assert_json out .differences "$(psql -X -A -t -d "$template" -c 'select count(*) from audit_logs_p2025_02')"
}

# forge SQL: the seals are changed too, by somebody who knows everything but the key.
case_seals_that_are_changed_are_found() {
    start seal_removed
    sql "alter table idmigrate.seal disable trigger all; delete from idmigrate.seal_leaves where seal_no = 2;
         delete from idmigrate.seal where seal_no = 2"
    verify --json
    assert_exit 5
    assert_contains out '"the seals before it are gone"'
    start seal_changed
    sql "alter table idmigrate.seal disable trigger all; update idmigrate.seal set events = events - 1 where seal_no = 2"
    verify
    assert_exit 5
    assert_contains out 'seal 2: it was changed'
    # Appending to it is refused as well.
    seal --margin 0
    assert_exit 5
    start tail
    sql "alter table idmigrate.seal disable trigger all; truncate idmigrate.seal cascade; delete from audit_logs"
    verify --roots roots
    assert_exit 5
    assert_contains out 'in the roots file and not in the database'
}

# Retention drops a month and keeps its seals; only the event that certifies it makes that right.
case_a_month_may_go_with_a_certificate() {
    start pruned
    sql "drop table audit_logs_p2025_01; delete from idmigrate.seal_leaves where seal_no = 1;
         insert into idmigrate.seal_pruned values ('public.audit_logs', 1, '0197ffff-0000-7000-8000-00000000000c')"
    verify --json
    assert_exit 5
    assert_contains out 'does not hold the event that certifies it'
    sql "insert into audit_logs (id, action, resource_type) values ('0197ffff-0000-7000-8000-00000000000c', 'AUDIT_LOG_PRUNED', 'audit_log')"
    verify --json --roots roots
    assert_exit 0
    assert_json out .pruned_seals 1
    sql "insert into audit_logs (id, recorded_at, action, resource_type) values (gen_random_uuid(), '2025-01-10', 'A', 'b')"
    verify --json
    assert_exit 5
    assert_json out '.items[0].kind' inserted
}

# A seal that is right by itself, of the same events sealed another time, does not fit into the chain.
case_a_seal_of_another_chain_does_not_fit() {
    start other_chain
    sql "alter table idmigrate.seal disable trigger all; truncate idmigrate.seal cascade"
    seal --margin 0
    psql -X -q -d "$database" -c "copy (select * from idmigrate.seal where seal_no = 2) to stdout (format binary)" >seal
    start own_chain
    sql "alter table idmigrate.seal disable trigger all; delete from idmigrate.seal_leaves where seal_no = 2;
         delete from idmigrate.seal where seal_no = 2"
    psql -X -q -d "$database" -c "copy idmigrate.seal from stdin (format binary)" <seal
    verify
    assert_exit 5
    assert_contains out 'seal 2: it does not name the seal before it'
    assert_contains out 'seal 3: it does not name the seal before it'
}

# The strongest one: events and all seals made anew. Only what is outside the database tells.
case_a_log_that_is_made_anew_is_found_from_outside() {
    start anew
    sql "delete from audit_logs where id = '$event'; alter table idmigrate.seal disable trigger all;
         truncate idmigrate.seal cascade; alter table idmigrate.seal enable always trigger append_only"
    seal --margin 0
    assert_exit 0
    verify
    assert_exit 0
    assert_contains out 'is not excluded'
    verify --roots roots
    assert_exit 5
    assert_contains out 'written anew'
    verify --public-key public.pem
    assert_exit 6
    openssl genpkey -algorithm ed25519 -out other.pem 2>/dev/null
    chmod 600 other.pem
    sql "alter table idmigrate.seal disable trigger all; truncate idmigrate.seal cascade"
    seal --margin 0 --key other.pem
    verify --public-key public.pem
    assert_exit 5
    assert_contains out 'signed with another key'
}

# The file of a partition is written to while no server looks: in a database that is a template, a copy takes its files.
case_the_bytes_of_a_page_are_sealed_too() {
    local file
    start page
    file=$(sql "select current_setting('data_directory') || '/' || pg_relation_filepath('audit_logs_p2025_02')")
    sql 'checkpoint'
    perl -0777 -pi -e 's/203\.0\.113\.0/203.0.113.9/' "$file"
    database=audit_seal_page_copy
    psql -X -q -d postgres -v ON_ERROR_STOP=1 -c "set client_min_messages = warning" \
        -c "drop database if exists $database with (force)" \
        -c "create database $database template audit_seal_page strategy file_copy"
    made_databases+=("$database")
    verify --json
    assert_exit 5
    assert_json out '[.items[].kind] | join(",")' changed
}

# Nothing of the program but its file: the path, the statement, the signature.
case_a_proof_is_checked_by_others() {
    local kind
    start proof
    for kind in "" --with-event; do
        idmigrate audit prove "$event" --target "dbname=$database" --output proof.json $kind
        assert_exit 0
        run bash "$SOURCE_DIR/tests/support/check_proof.bash" proof.json public.pem
        assert_exit 0
        idmigrate audit prove --check proof.json --public-key public.pem --roots roots
        assert_exit 0
    done
    # Bytes that are hashed can be had from the server by anybody.
    psql -X -q -d "$database" -c "copy (select * from audit_logs where id = '$event') to stdout (format binary)" >tuple
    # Header (19 bytes) and trailer (2) are not of the event.
    head -c -2 tuple | tail -c +20 >event_bytes
    jq -r .event_bytes proof.json | openssl base64 -d -A | cmp - event_bytes || fail 'other bytes'
    # An event that was removed can still be proved to have been there.
    sql "delete from audit_logs where id = '$event'"
    idmigrate audit prove "$event" --target "dbname=$database" --output removed.json
    assert_exit 0
    idmigrate audit prove --check removed.json
    assert_exit 0
    idmigrate audit prove 00000000-0000-4000-8000-000000000000 --target "dbname=$database"
    assert_exit 6
}

case_a_wrong_proof_is_told() {
    local change
    start wrong
    idmigrate audit prove "$event" --target "dbname=$database" --output proof.json --with-event
    for change in '.index += 1' '.size += 1' '.path[0] = .path[1]' '.path |= .[1:]' '.leaf = .path[0]' \
        '.seal.statement |= sub("events: "; "events: 1")' '.event_bytes = "AAAA"' '.log = "public.other"' \
        '.seal.hash = .leaf' '.seal.signature |= sub("^.."; "00")' '.path += .path'; do
        jq "$change" proof.json >wrong.json
        idmigrate audit prove --check wrong.json --public-key public.pem
        assert_exit 5
    done
    echo '{' >wrong.json
    idmigrate audit prove --check wrong.json
    assert_exit 3
    sed 's/"hash":"./"hash":"0/' roots >wrong_roots
    idmigrate audit prove --check proof.json --roots wrong_roots
    assert_exit 3
}

case_what_may_still_come_is_not_sealed() {
    local writer
    start horizon
    # A transaction that began before and records its event after the sealing.
    mkfifo commands
    psql -X -q -d "$database" <commands >/dev/null 2>&1 &
    writer=$!
    exec 9>commands
    echo "begin; select 1;" >&9
    until [ "$(sql "select count(*) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'")" = 1 ]; do
        sleep 0.05
    done
    sql "insert into audit_logs (id, action, resource_type) values (gen_random_uuid(), 'A', 'b')"
    seal --margin 0
    assert_exit 0
    assert_contains out 'waits for process'
    echo "insert into audit_logs (id, action, resource_type) values (gen_random_uuid(), 'LATE', 'b'); commit;" >&9
    exec 9>&-
    wait "$writer"
    verify --json
    assert_exit 0
    assert_json out .pending 2
    seal --margin 0 --json
    assert_json out .events 3 # that it was verified is one
    verify
    assert_exit 0
}

case_events_behind_a_seal_are_accepted_with_a_reason() {
    start late
    sql "insert into audit_logs (id, recorded_at, action, resource_type)
         select gen_random_uuid(), timestamptz '2025-02-10 00:00+00' + i * interval '1 hour', 'LATE', 'b' from generate_series(1, 5) i"
    verify --json
    assert_exit 5
    assert_json out .differences 5
    seal --margin 0 --accept-late 'clock of db2 was set back' --key key.pem --roots roots --json
    assert_exit 0
    assert_json out .late 5
    verify --public-key public.pem --roots roots
    assert_exit 0
    # They are sealed as well as the others.
    sql "update audit_logs set action = 'X' where action = 'LATE' and recorded_at = '2025-02-10 02:00+00'"
    verify --json
    assert_exit 5
    assert_json out '.items[0].kind' changed
    # A change is no late event.
    seal --margin 0 --accept-late 'everything'
    assert_exit 5
}

case_a_new_column_leaves_old_seals_alone() {
    start column
    sql "alter table audit_logs add column region text default 'eu';
         insert into audit_logs (id, action, resource_type) values (gen_random_uuid(), 'A', 'b')"
    seal --margin 0
    verify
    assert_exit 0
    sql "update audit_logs set region = 'us' where action = 'A'"
    verify --json
    assert_exit 5
    assert_json out .differences 1
    sql "alter table audit_logs drop column user_agent"
    verify
    assert_exit 5
    assert_contains err 'column user_agent is gone'
}

# An application's own table, with IDs that are no UUIDs and times without a zone.
case_other_tables_can_be_sealed() {
    start own
    sql "create table \"order\" (id serial primary key, \"clerkUserId\" text, action varchar(50), price numeric, created_at timestamp);
         insert into \"order\" select i, 'u', 'A', i / 3.0, timestamp '2025-03-01' + i * interval '1 minute' from generate_series(1, 500) i"
    seal --table order --margin 0
    assert_exit 0
    verify --table order
    assert_exit 0
    sql "update \"order\" set price = price + 0.01 where id = 77"
    sql "delete from \"order\" where id = 99"
    verify --table order --json
    assert_exit 5
    assert_equal "$(found)" "$(printf 'changed 77\nremoved 99')"
    idmigrate audit prove 99 --table order --target "dbname=$database" --output own.json
    assert_exit 0
    run bash "$SOURCE_DIR/tests/support/check_proof.bash" own.json
    assert_exit 0
    sql "insert into \"order\" values (1000, 'u', 'A', 1, null)"
    sql "update \"order\" set price = price - 0.01 where id = 77; insert into \"order\" values (99, 'u', 'A', 99 / 3.0, '2025-03-01 01:39')"
    verify --table order
    assert_exit 6
    verify --table nowhere
    assert_exit 2
}

case_keys_and_files_are_looked_at_first() {
    local before
    start files
    before=$(sql "select count(*) from idmigrate.seal")
    sql "insert into audit_logs (id, action, resource_type) values (gen_random_uuid(), 'A', 'b')"
    cp key.pem open.pem && chmod 644 open.pem
    seal --margin 0 --key open.pem
    assert_exit 1
    assert_contains err 'chmod 600'
    openssl genrsa -out rsa.pem 2048 2>/dev/null && chmod 600 rsa.pem
    seal --margin 0 --key rsa.pem
    assert_exit 3
    seal --margin 0 --key public.pem
    assert_exit 1
    chmod 600 public.pem
    seal --margin 0 --key public.pem
    assert_exit 3
    assert_equal "$(sql 'select count(*) from idmigrate.seal')" "$before"
    seal --margin 0 --roots /nowhere/roots
    assert_exit 4
    # What the file lacks is added by the next sealing; a line that was cut is told.
    seal --margin 0 --roots roots
    assert_exit 0
    verify --roots roots
    assert_exit 0
    printf '{"log":' >>roots
    seal --margin 0 --roots roots
    assert_exit 3
    verify --roots roots
    assert_exit 3
    assert_contains err 'not written whole'
    sed -i '$d' roots
    sed -i '2s/statement/Statement/' roots
    verify --roots roots
    assert_exit 3
    assert_contains err 'line 2'
}

case_roles_are_told_what_they_lack() {
    start roles
    sql "drop role if exists audit_seal_nobody; create role audit_seal_nobody login; grant select on audit_logs to audit_seal_nobody"
    idmigrate audit verify --target "dbname=$database user=audit_seal_nobody"
    assert_exit 1
    sql "grant usage on schema idmigrate to audit_seal_nobody; grant select, insert on all tables in schema idmigrate to audit_seal_nobody"
    idmigrate audit verify --target "dbname=$database user=audit_seal_nobody"
    assert_exit 0
    idmigrate audit seal --target "dbname=$database user=audit_seal_nobody" --margin 0
    assert_exit 1
    assert_contains err 'GRANT pg_read_all_stats'
    # Rows that row-level security hides are an error and no difference; a policy that shows all is none.
    sql "alter table audit_logs enable row level security; alter table audit_logs force row level security;
         create policy p on audit_logs using (tenant_id = 'org_1')"
    idmigrate audit verify --target "dbname=$database user=audit_seal_nobody"
    assert_exit 1
    sql "create policy q on audit_logs for select to audit_seal_nobody using (true)"
    idmigrate audit verify --target "dbname=$database user=audit_seal_nobody"
    assert_exit 0
    sql "drop owned by audit_seal_nobody; drop role audit_seal_nobody"
}

# Very many events become several seals, also in the middle of one moment; their ranges follow on each other.
case_seals_are_cut_anywhere() {
    local event
    start cut
    sql "alter table idmigrate.seal disable trigger all; truncate idmigrate.seal cascade;
         insert into audit_logs (id, recorded_at, action, resource_type, run_id)
         select gen_random_uuid(), '2025-01-15 00:00+00', 'BULK', 'x', case when i % 3 = 0 then '11111111-aaaa-4aaa-8aaa-000000000001'::uuid end
         from generate_series(1, 2000) i"
    run env IDMIGRATE_SEAL_EVENTS=300 "$IDMIGRATE" audit seal --target "dbname=$database" --margin 0
    assert_exit 0
    assert_equal "$(sql 'select count(*) > 10 from idmigrate.seal where to_id is not null')" t
    verify --json
    assert_exit 0
    assert_json out .events 5001 # that the template was sealed is one
    event=$(sql "select id from audit_logs where action = 'BULK' order by id offset 1000 limit 1")
    idmigrate audit prove "$event" --target "dbname=$database" --output cut.json
    assert_exit 0
    run bash "$SOURCE_DIR/tests/support/check_proof.bash" cut.json
    assert_exit 0
    sql "delete from audit_logs where id = '$event'"
    verify --json
    assert_exit 5
    assert_equal "$(found)" "removed $event"
}

# Killed behind a commit: what is sealed stays, and the file of roots gets what it lacks.
case_a_sealing_that_is_killed_goes_on() {
    start killed
    sql "alter table idmigrate.seal disable trigger all; truncate idmigrate.seal cascade"
    run env IDMIGRATE_FAILPOINT=seal-committed:2 "$IDMIGRATE" audit seal --target "dbname=$database" --margin 0 --roots killed.roots
    assert_exit 137
    assert_equal "$(sql 'select count(*) from idmigrate.seal')" 2
    assert_equal "$(wc -l <killed.roots)" 1
    seal --margin 0 --roots killed.roots
    assert_exit 0
    verify --roots killed.roots --json
    assert_exit 0
    assert_json out '"\(.events) \(.in_roots_file_up_to_seal == .seals)"' '3001 true'
}

# A run's events are a stream of their own, in the same table, chain and check; other streams go on beside it.
case_a_run_seals_its_own_events() {
    local event log=(--mapping "$WORK/audit_seal_run/mapping.json" --target)
    clinic_load audit_seal_run
    log+=("$CLINIC_DATABASE")
    database=audit_seal_run
    idmigrate run --dry-run --seal --allow-locks --progress none "$WORK/audit_seal_run/mapping.json"
    assert_exit 2
    idmigrate run --yes --progress none --seal-key key.pem --roots run.roots "$WORK/audit_seal_run/mapping.json"
    assert_exit 0
    assert_matches err '^sealed  *[0-9,]+ events of the run'
    idmigrate audit verify "${log[@]}" --roots run.roots --public-key public.pem --json
    assert_exit 0
    assert_json out .events "$(sql 'select count(*) from neu.audit_logs where run_id is not null')"
    sql "insert into neu.audit_logs (id, action, resource_type) select gen_random_uuid(), 'A', 'b' from generate_series(1, 10)"
    idmigrate audit seal "${log[@]}" --margin 0 --json
    assert_json out .events 11 # that it was verified is an event too
    idmigrate audit verify "${log[@]}" --json
    assert_exit 0
    assert_json out .pending 1 # and that it was sealed
    sql "alter table neu.audit_logs disable trigger all;
         select format('alter table %s disable trigger all', relid) from pg_partition_tree('neu.audit_logs')" >alter
    psql -X -q -d "$database" -f <(sed 's/$/;/' alter)
    event=$(sql "select id from neu.audit_logs where run_id is not null order by id limit 1")
    sql "update neu.audit_logs set new_values = '{}' where id = '$event'"
    idmigrate audit verify "${log[@]}" --json
    assert_exit 5
    assert_equal "$(found)" "changed $event"
}

for name in ${1:-$(compgen -A function case_)}; do
    "$name"
done
