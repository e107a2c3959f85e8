# Tables of every shape for end-to-end tests: two servers' worth of databases on each side.
[ -n "${WORK-}" ] || . "$SOURCE_DIR/tests/support/e2e.bash"

# shapes_load NAME [options of tests/data/shapes/load...]: databases NAME_source, NAME_near, NAME_target, NAME_far and NAME_oracle,
# the mapping in $WORK/NAME; SHAPES_SOURCE and SHAPES_TARGET point to the first and the third.
shapes_load() {
    local name=$1 database load=("$SOURCE_DIR/tests/data/shapes/load")
    shift
    for database in "$name"{_source,_near,_target,_far,_target_start,_far_start,_oracle,_oracle_near,_oracle_far}; do
        made_databases+=("$database")
        psql -X -q -d postgres -c 'set client_min_messages = warning' -c "drop database if exists \"$database\" with (force)"
    done
    "${load[@]}" -o "$WORK/$name" "$@" "$name" >"$WORK/out" 2>"$WORK/err" || fail 'the shapes were not loaded'
    "${load[@]}" --oracle "$@" "${name}_oracle" >"$WORK/out" 2>"$WORK/err" || fail "the shapes' oracle was not made"
    for database in target far; do
        psql -X -q -d postgres -c "alter database \"${name}_$database\" rename to \"${name}_${database}_start\""
    done
    export SHAPES_SOURCE="host=$PGHOST user=postgres dbname=${name}_source"
    export SHAPES_TARGET="host=$PGHOST user=postgres dbname=${name}_target"
    shapes_reset "$name"
}

# Both servers of the target as they were loaded.
shapes_reset() {
    local database
    for database in "$1_target" "$1_far"; do
        psql -X -q -d postgres -v ON_ERROR_STOP=1 -c "set client_min_messages = warning" \
            -c "drop database if exists \"$database\" with (force)" -c "create database \"$database\" template \"${database}_start\""
    done
}

assert_shapes_are_oracle() {
    "$SOURCE_DIR/tests/data/compare" -s neu "$1_target" "$1_oracle" >"$WORK/compared" 2>&1 || fail "$(cut -c1-400 "$WORK/compared")"
}

# Rows without a key may be equal: they are counted.
assert_shapes_have_one_event_per_row() {
    assert_equal "$(query "$1_target" "select metadata ->> 'source', metadata ->> 'table', count(*) from neu.audit_logs
            where action = 'ROW_MIGRATED' group by 1, 2 order by 1, 2")" \
        "$(query "$1_target" "select source_name || '/' || source_schema || '.' || source_table, target_schema || '.' || target_table, sum(rows_written)
            from idmigrate.chunk join idmigrate.run_table using (run_id, table_no) where chunk.state = 'done' group by 1, 2 order by 1, 2")"
    assert_equal "$(query "$1_target" "select count(*) from (select from neu.audit_logs
            where metadata ->> 'source' !~ '(notiz|zettel|doppelt)' group by metadata ->> 'table', metadata ->> 'source', metadata ->> 'source_key_digest'
            having count(*) > 1) as twice")" 0
}
