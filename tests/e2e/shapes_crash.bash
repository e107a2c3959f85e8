# Tables of every shape, killed and resumed, with a source that stays and with one that changes.
. "$SOURCE_DIR/tests/e2e/shapes_case.bash"

shapes_load shapes_crash
mapping=$WORK/shapes_crash/mapping.json
export IDMIGRATE_CHUNK_BLOCKS=1

die() {
    IDMIGRATE_FAILPOINT=$1 run "$IDMIGRATE" run --yes --progress none "$mapping"
    [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $1"
}

one_kill_after_the_other_changes_nothing() {
    local point
    shapes_reset shapes_crash
    for point in chunk-committed:1 chunk-rows-sent:12 chunk-before-commit:20 chunk-ledger-written:25 chunk-committed:40 chunk-events-written:10; do
        die "$point"
    done
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    assert_contains err 'resuming run'
    assert_shapes_are_oracle shapes_crash
    assert_shapes_have_one_event_per_row shapes_crash
    assert_equal "$(query shapes_crash_target 'select max(pass) from idmigrate.run_table')" 0
}

# only TABLE...: a mapping of these alone, $WORK/shapes_crash/only.json.
only() {
    local tables
    tables=$(printf '%s\n' "$@" | jq -R . | jq -s .)
    jq --argjson only "$tables" --slurpfile all <(jq "[.tables[].from] | unique" "$mapping") '.tables |= map(select(.from as $from | $only | index([$from]))) |
        .left_behind = ($ARGS.named.all[0] - $only | map({(.): "another test"}) | add)' "$mapping" >"$WORK/shapes_crash/only.json"
}
# near SQL: the same on the source's second server and on the oracle's, which is then made again for TABLES.
tables=(bewegung lieferung artikel zettel uebersicht)
near() {
    local table
    query shapes_crash_near "$1"
    query shapes_crash_oracle_near "$1"
    for table in "${tables[@]}"; do
        query shapes_crash_oracle "truncate neu.$table"
        grep "^INSERT INTO neu.$table " "$SOURCE_DIR/tests/data/shapes/oracle.sql" | psql -X -q -d shapes_crash_oracle -v ON_ERROR_STOP=1
    done
}
# kill_within CHUNKS TABLE...: a run of these tables that dies after so many chunks.
kill_within() {
    local chunks=$1
    shift
    shapes_reset shapes_crash
    only "$@"
    IDMIGRATE_FAILPOINT=chunk-committed:$chunks run "$IDMIGRATE" run --yes --progress none --jobs 1 "$WORK/shapes_crash/only.json"
    assert_exit 137
}
go_on() {
    local leave_out=() table
    idmigrate run --yes --progress none "$WORK/shapes_crash/only.json"
    assert_exit 0
    while IFS= read -r table; do leave_out+=(-x "neu.$table"); done \
        < <(query shapes_crash_target "select relname from pg_class where relnamespace = 'neu'::regnamespace and relkind in ('r', 'p')
            and not relispartition and relname not in (select target_table from idmigrate.run_table)")
    "$SOURCE_DIR/tests/data/compare" -s neu "${leave_out[@]}" shapes_crash_target shapes_crash_oracle >"$WORK/compared" 2>&1 ||
        fail "$(cut -c1-400 "$WORK/compared")"
}
passes() { query shapes_crash_target "select coalesce(string_agg(source_table, ',' order by source_table), '') from idmigrate.run_table where pass > 0"; }

rows_behind_the_last_key_go_on_without_a_second_pass() {
    kill_within 2 lieferung
    near "insert into lager.lieferung select i * 7, lager.konto(i), 5 from generate_series(301, 900) as i"
    go_on
    assert_equal "$(passes)" ''
}

ranges_that_changed_are_reconciled() {
    kill_within 8 lieferung artikel uebersicht
    near "update lager.lieferung set menge = -1 where nr = 70; delete from lager.lieferung where nr = 77;
        insert into lager.lieferung values (3, lager.konto(3), 3)"
    go_on
    assert_equal "$(passes)" lieferung
}

a_foreign_partition_that_changed_is_reconciled() {
    kill_within 6 bewegung
    near "update lager.bewegung_fern set wann = '2030-01-01' where id % 10 = 0; delete from lager.bewegung_fern where id = 5"
    go_on
    assert_equal "$(passes)" bewegung
}

a_view_whose_rows_moved_to_other_ranges_is_reconciled() {
    kill_within 3 uebersicht
    near "delete from lager.lieferung where nr in (14, 21)"
    go_on
    kill_within 7 uebersicht
    near "delete from lager.lieferung where nr in (28, 35); update lager.lieferung set menge = 8 where nr = 42"
    go_on
    assert_equal "$(passes)" uebersicht
}

one_kill_after_the_other_changes_nothing
rows_behind_the_last_key_go_on_without_a_second_pass
ranges_that_changed_are_reconciled
a_foreign_partition_that_changed_is_reconciled
a_view_whose_rows_moved_to_other_ranges_is_reconciled
