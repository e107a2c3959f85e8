# Databases unlike Eleva: the clinic, and three in the shape of public applications, against their oracles.
. "$SOURCE_DIR/tests/e2e/clinic.bash"

# migrate_clinic NAME STATUS [options of load]
migrate_clinic() {
    local name=$1 status=$2
    shift 2
    clinic_load "$name" "$@"
    idmigrate run --yes --progress none --max-rejects 100 "$WORK/$name/mapping.json"
    assert_exit "$status"
    assert_clinic_is_oracle "$name"
    assert_clinic_has_one_event_per_row "$name"
}

the_clinic_moves_within_one_database() { migrate_clinic app_clinic 0; }
the_clinic_with_a_trigger_in_the_target() { migrate_clinic app_clinic_t 0 -t; }
the_clinic_with_rows_that_must_be_rejected() { migrate_clinic app_clinic_r 7 -r; }

a_finished_clinic_is_not_moved_again() {
    CLINIC_DATABASE="postgresql://$PGUSER@/app_clinic?host=$PGHOST"
    idmigrate run --yes --progress none "$WORK/app_clinic/mapping.json"
    assert_exit 0
    assert_contains err 'this migration is finished'
    assert_clinic_is_oracle app_clinic
}

# Once its IDs are resolved the row breaks a CHECK of the target.
a_row_that_the_target_refuses_stops_the_run_and_is_named_without_its_values() {
    clinic_load app_clinic_c -c
    idmigrate run --yes --progress none "$WORK/app_clinic_c/mapping.json"
    [ "$STATUS" -eq 4 ] || [ "$STATUS" -eq 1 ] || fail "exit status $STATUS"
    assert_matches err '23514|E-'
    assert_matches err 'freigabe|Freigabe'
    assert_lacks err '@'
}

application() {
    local name=app_$1
    made_databases+=("${name}_s" "${name}_t" "${name}_x")
    local database
    for database in "${name}_s" "${name}_t" "${name}_x"; do
        psql -X -q -d postgres -c 'set client_min_messages = warning' -c "drop database if exists $database with (force)"
    done
    "$SOURCE_DIR/tests/data/apps/load" "$1" "${name}_s" "${name}_t" >"$WORK/out" 2>"$WORK/err" || fail 'not loaded'
    "$SOURCE_DIR/tests/data/apps/load" --oracle "$1" "${name}_x" >"$WORK/out" 2>"$WORK/err" || fail 'no oracle'
    idmigrate run --yes --progress none --source "postgresql://$PGUSER@/${name}_s?host=$PGHOST" \
        --target "postgresql://$PGUSER@/${name}_t?host=$PGHOST" "$SOURCE_DIR/tests/data/apps/$1/mapping.json"
    assert_exit 0
    local schema schemas=()
    while IFS= read -r schema; do schemas+=(-s "$schema"); done \
        < <(query "${name}_t" 'select distinct target_schema from idmigrate.run_table')
    "$SOURCE_DIR/tests/data/compare" "${schemas[@]}" "${name}_t" "${name}_x" >"$WORK/compared" 2>&1 ||
        fail "$(cut -c1-400 "$WORK/compared")"
    assert_equal "$(query "${name}_t" 'select sum(rows_read) from idmigrate.chunk')" \
        "$(query "${name}_t" "select count(*) from $2 where action like 'ROW\_%'")"
}

the_clinic_moves_within_one_database
the_clinic_with_a_trigger_in_the_target
the_clinic_with_rows_that_must_be_rejected
a_finished_clinic_is_not_moved_again
a_row_that_the_target_refuses_stops_the_run_and_is_named_without_its_values
application lobechat public.audit_logs
application openwebui '"open webui".audit_logs'
application basejump basejump.audit_logs
