# The clinic for end-to-end tests: source and target in one database, cycles.
[ -n "${WORK-}" ] || . "$SOURCE_DIR/tests/support/e2e.bash"

# clinic_load NAME [options of tests/data/clinic/load...]: databases NAME_start and NAME_oracle, the mapping in $WORK/NAME, and
# the database NAME that CLINIC_DATABASE points to.
clinic_load() {
    local name=$1 database load=("$SOURCE_DIR/tests/data/clinic/load")
    shift
    for database in "${name}_start" "${name}_oracle"; do
        made_databases+=("$database")
        psql -X -q -d postgres -c 'set client_min_messages = warning' -c "drop database if exists \"$database\" with (force)"
    done
    "${load[@]}" -o "$WORK/$name" "$@" "${name}_start" >"$WORK/out" 2>"$WORK/err" || fail 'the clinic was not loaded'
    "${load[@]}" --oracle "$@" "${name}_oracle" >"$WORK/out" 2>"$WORK/err" || fail "the clinic's oracle was not made"
    export CLINIC_DATABASE="postgresql://$PGUSER@/$name?host=$PGHOST"
    fresh_database "$name" "${name}_start"
}

clinic_reset() {
    psql -X -q -d postgres -v ON_ERROR_STOP=1 -c "set client_min_messages = warning" \
        -c "drop database if exists \"$1\" with (force)" -c "create database \"$1\" template \"$1_start\""
}

assert_clinic_is_oracle() {
    "$SOURCE_DIR/tests/data/compare" -s neu -s Zentrale -i neu.Benutzer.erstellt_am "$1" "$1_oracle" >"$WORK/compared" 2>&1 ||
        fail "$(cut -c1-400 "$WORK/compared")"
}

# The default audit table, in the target's schema: no source row has two events.
assert_clinic_has_one_event_per_row() {
    assert_equal "$(query "$1" "select max(n), sum(n) from (select count(*) as n from neu.audit_logs
        where metadata ->> 'source_key_digest' is not null
        group by metadata ->> 'table', metadata ->> 'source', metadata ->> 'source_key_digest', action
        having max(metadata ->> 'table') !~ 'nachricht') as by_row")" \
        "$(query "$1" "select 1, sum(rows_read) from idmigrate.chunk join idmigrate.run_table using (run_id, table_no)
        where chunk.state = 'done' and source_table !~ 'nachricht'")"
}
