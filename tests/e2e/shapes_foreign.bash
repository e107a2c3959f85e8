# Partitions of the target are on another server: it commits just before the target does, and the target fails between the two.
. "$SOURCE_DIR/tests/e2e/shapes_case.bash"

here=/tmp/idmigrate-e2e-$$-h far=/tmp/idmigrate-e2e-$$-f
"$SOURCE_DIR/tests/support/server" start --owner $$ --durable "$here"
"$SOURCE_DIR/tests/support/server" start --owner $$ --durable "$far"
export PGHOST=$here/socket FAR_HOST=$far/socket
far_query() { PGHOST=$FAR_HOST query "$@"; }
control() {
    local as=() server=$1
    shift
    [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
    (cd / && "${as[@]}" "$(cat "$server/bin")/pg_ctl" "$@" -D "$server/data" -w </dev/null >/dev/null 2>&1)
}

# In a database of its own for each case: NAME_target, and on the other server NAME_far.
begin() {
    local table tables='["konten", "notiz"]'
    name=$1 mapping=$WORK/$1/only.json
    "$SOURCE_DIR/tests/data/shapes/load" -o "$WORK/$name" "$name" >"$WORK/out" 2>"$WORK/err" || fail 'not loaded'
    "$SOURCE_DIR/tests/data/shapes/load" --oracle "${name}_oracle" >"$WORK/out" 2>"$WORK/err" || fail 'no oracle'
    export SHAPES_SOURCE="host=$PGHOST user=postgres dbname=${name}_source" SHAPES_TARGET="host=$PGHOST user=postgres dbname=${name}_target"
    jq --argjson only "$tables" '([.tables[].from] | unique) as $all | .tables |= map(select(.from as $from | $only | index([$from]))) |
        .left_behind = ($all - $only | map({(.): "another test"}) | add)' "$WORK/$name/mapping.json" >"$mapping"
}
assert_is_oracle() {
    local leave_out=()
    while IFS= read -r table; do leave_out+=(-x "neu.$table"); done \
        < <(query "${name}_target" "select relname from pg_class where relnamespace = 'neu'::regnamespace and relkind in ('r', 'p')
            and not relispartition and relname <> 'konto'")
    "$SOURCE_DIR/tests/data/compare" -s neu "${leave_out[@]}" "${name}_target" "${name}_oracle" >"$WORK/compared" 2>&1 ||
        fail "$(cut -c1-400 "$WORK/compared")"
    # A foreign table is no table for compare.
    assert_equal "$(query "${name}_target" 'select md5(string_agg(n::text, $$,$$ order by n::text)) from neu.notiz as n')" \
        "$(query "${name}_oracle" 'select md5(string_agg(n::text, $$,$$ order by n::text)) from neu.notiz as n')"
    assert_shapes_have_one_event_per_row "$name"
}

# The other server's commits wait for a standby that is not there: theirs is on disk, the target's is not begun.
commits_hang() {
    far_query postgres "alter system set synchronous_standby_names = '$1'" >/dev/null
    far_query postgres 'select pg_reload_conf()' >/dev/null
}
wait_for_hanging_commit() {
    for _ in {1..200}; do
        [ "$(far_query postgres "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and datname = '${name}_far'")" = 0 ] || return 0
        sleep 0.1
    done
    fail 'no commit hangs'
}
# cut_in_half CHUNKS [kill]: the target's server fails in the commit after so many chunks.
cut_in_half() {
    export IDMIGRATE_CHUNK_BLOCKS=1
    local before=0
    if [ "$1" -gt 0 ]; then
        IDMIGRATE_FAILPOINT=chunk-committed:$1 run "$IDMIGRATE" run --yes --progress none --jobs 1 --codec "${codec:-auto}" "$mapping"
        assert_exit 137
        before=$(query "${name}_target" "select count(*) from idmigrate.chunk where state = 'done'")
    fi
    commits_hang nobody
    "$IDMIGRATE" run --yes --progress none --jobs 1 --codec "${codec:-auto}" "$mapping" >"$WORK/out" 2>"$WORK/err" </dev/null &
    background=$!
    wait_for_hanging_commit
    if [ "${2-}" = kill ]; then
        kill -9 "$background"
        wait "$background" || true
    else
        # It must not mend what is looked at below.
        kill -STOP "$background"
    fi
    control "$here" stop -m immediate
    commits_hang ''
    control "$here" start -l "$here/log"
    # The other server has rows that the ledger does not know of.
    assert_equal "$(query "${name}_target" "select count(*) from idmigrate.chunk where state = 'done'")" "$before"
    [ "$(far_query "${name}_far" 'select (select count(*) from neu.konto_1) + (select count(*) from neu.konto_2) + (select count(*) from neu.notiz_1)')" -gt \
        "$(query "${name}_target" "select count(*) from neu.audit_logs where metadata ->> 'table' ~ '(konto|notiz)'
            and (metadata ->> 'table' ~ 'notiz' or not (resource_id in (select id::text from neu.konto_0)))")" ] || fail 'nothing was cut in half'
    [ "${2-}" = kill ] || kill -CONT "$background"
}

a_run_that_is_resumed_takes_back_what_was_cut_in_half() {
    begin cut_resume
    cut_in_half 1 kill
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    assert_is_oracle
}

the_first_chunk_of_all_may_be_the_one() {
    begin cut_first
    cut_in_half 0 kill
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    assert_is_oracle
}

equal_rows_without_a_key_are_told_apart_by_number() {
    begin cut_equal
    local codec=text
    cut_in_half 4 kill
    assert_equal "$(query cut_equal_target "select state from idmigrate.run_table where source_table = 'konten'")" 'done'
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    assert_is_oracle
}

# The source is on a third server: its snapshot lives on.
a_run_that_outlives_the_failure_goes_on() {
    local database
    begin cut_live
    forget_third
    (unset FAR_HOST && PGHOST=$third "$SOURCE_DIR/tests/data/shapes/load" cut_live >/dev/null)
    export SHAPES_SOURCE="host=$third user=postgres dbname=cut_live_source"
    cut_in_half 1
    STATUS=0
    wait "$background" || STATUS=$?
    # The workers went on and did all of it, whether or not the end of the run got through.
    assert_equal "$(query cut_live_target "select string_agg(distinct state, ',') || count(*) filter (where announced > 1) from idmigrate.chunk where state <> 'superseded'")" done1
    [ "$STATUS" -eq 0 ] || [ "$STATUS" -eq 4 ] || fail "exit status $STATUS"
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    assert_is_oracle
    forget_third
}
third=$IDMIGRATE_TEST_HOST
forget_third() {
    for database in cut_live_{source,near,target,far}; do
        PGHOST=$third psql -X -q -d postgres -c 'set client_min_messages = error' -c "drop database if exists $database with (force)"
    done
}

cases=${*:-a_run_that_is_resumed_takes_back_what_was_cut_in_half the_first_chunk_of_all_may_be_the_one
    equal_rows_without_a_key_are_told_apart_by_number a_run_that_outlives_the_failure_goes_on}
for case in $cases; do "$case"; done
"$SOURCE_DIR/tests/support/server" stop "$here"
"$SOURCE_DIR/tests/support/server" stop "$far"
