# A dry run leaves nothing, and finds what a run would meet.
. "$SOURCE_DIR/tests/e2e/eleva.bash"

eleva_load dry
mapping=$WORK/dry/eleva.json

# whole DATABASE: everything in it, and what sequences have given out (their cache and log count with it).
whole() {
    digest "$1"
    query "$1" "select c.oid::regclass, s.* from pg_class as c cross join lateral (select pg_sequence_last_value(c.oid)) as s
        where c.relkind = 'S' order by 1"
    query "$1" "select relname, relkind, relacl from pg_class order by oid"
    # Other tests, which run at the same time, make roles that begin with their names.
    query "$1" "select rolname, rolconfig from pg_roles
        where rolname !~ '^((audit|check|db|exclusive|idmap|privileges|residue|scan|store|throttle|undo|verify)[_ ]|the app|seer$)' order by 1"
}

# assert_leaves_nothing DATABASE MAPPING [OPTION...]
assert_leaves_nothing() {
    local database=$1
    shift
    whole "$database" >"$WORK/before"
    idmigrate run --dry-run --progress none "$@"
    assert_exit 0
    assert_contains err 'dry run: everything was rolled back'
    whole "$database" >"$WORK/after"
    assert_same_files "$WORK/before" "$WORK/after"
}

a_dry_run_leaves_nothing_where_nothing_was() {
    assert_leaves_nothing dry_target "$mapping" --output "$WORK/rehearsal"
}

its_report_goes_to_a_directory_that_others_cannot_read() {
    assert_contains "$WORK/rehearsal/report.txt" 'meetings'
    assert_json "$WORK/rehearsal/report.json" '.tables | length' 12
    assert_equal "$(stat -c %a "$WORK/rehearsal")" 700
}

a_dry_run_leaves_nothing_beside_an_earlier_run() {
    idmigrate run --yes --progress none "$WORK/dry/eleva-audit.json"
    assert_exit 0
    assert_leaves_nothing dry_target "$mapping"
}

a_dry_run_of_a_finished_migration_leaves_nothing() {
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    whole dry_target >"$WORK/before"
    idmigrate run --dry-run --progress none "$mapping"
    assert_exit 0
    assert_contains err 'this migration is finished'
    whole dry_target >"$WORK/after"
    assert_same_files "$WORK/before" "$WORK/after"
}

a_dry_run_beside_others_is_refused_unless_locks_are_allowed() {
    eleva_reset dry
    psql -X -q -d dry_target -c 'select pg_sleep(30)' >/dev/null 2>&1 &
    local other=$!
    sleep 0.5
    idmigrate run --dry-run --progress none "$mapping"
    assert_exit 1
    assert_contains err 'in use by 1 other session'
    assert_contains err '--allow-locks'
    idmigrate run --dry-run --allow-locks --progress none "$mapping"
    assert_exit 0
    kill $other
    wait $other || true
}

a_broken_constraint_is_found_and_nothing_stays() {
    eleva_reset dry
    query dry_target "alter table meetings add constraint no_long_notes check (length(guest_notes) < 20) not valid" >/dev/null
    whole dry_target >"$WORK/before"
    idmigrate run --dry-run --progress none "$mapping"
    [ "$STATUS" -eq 1 ] || [ "$STATUS" -eq 4 ] || fail "exit status $STATUS"
    assert_contains err no_long_notes
    whole dry_target >"$WORK/after"
    assert_same_files "$WORK/before" "$WORK/after"
}

a_dry_run_of_a_cycle_leaves_nothing() {
    made_databases+=(dry_clinic)
    psql -X -q -d postgres -c 'set client_min_messages = warning' -c 'drop database if exists dry_clinic with (force)'
    "$SOURCE_DIR/tests/data/clinic/load" -o "$WORK/clinic" dry_clinic >/dev/null 2>&1
    CLINIC_DATABASE=$(conninfo dry_clinic)
    export CLINIC_DATABASE
    assert_leaves_nothing dry_clinic "$WORK/clinic/mapping.json"
}

a_dry_run_leaves_nothing_where_nothing_was
its_report_goes_to_a_directory_that_others_cannot_read
a_dry_run_leaves_nothing_beside_an_earlier_run
a_dry_run_of_a_finished_migration_leaves_nothing
a_dry_run_beside_others_is_refused_unless_locks_are_allowed
a_broken_constraint_is_found_and_nothing_stays
a_dry_run_of_a_cycle_leaves_nothing
