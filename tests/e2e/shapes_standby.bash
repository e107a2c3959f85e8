# The source is a hot standby: all readers share one snapshot there, until the primary's VACUUM is replayed over it.
. "$SOURCE_DIR/tests/e2e/shapes_case.bash"

primary=/tmp/idmigrate-e2e-$$-p standby=/tmp/idmigrate-e2e-$$-s target_host=$PGHOST
"$SOURCE_DIR/tests/support/server" start --owner $$ "$primary"
made_databases+=(standby_target standby_far standby_start standby_near standby_source)
for database in "${made_databases[@]}"; do
    psql -X -q -d postgres -c 'set client_min_messages = error' -c "drop database if exists $database with (force)"
done
# The target is on the tests' server; the source, and the oracle beside it, on the primary.
"$SOURCE_DIR/tests/data/shapes/load" standby >"$WORK/out" 2>"$WORK/err" || fail 'no target'
query postgres 'alter database standby_target rename to standby_start' >/dev/null
PGHOST=$primary/socket "$SOURCE_DIR/tests/data/shapes/load" -o "$WORK/standby" standby >"$WORK/out" 2>"$WORK/err" || fail 'no source'
PGHOST=$primary/socket "$SOURCE_DIR/tests/data/shapes/load" --oracle standby_oracle >"$WORK/out" 2>"$WORK/err" || fail 'no oracle'
mapping=$WORK/standby/standby.json
# An unlogged table has no rows on a standby; those that are on other servers are of no interest here.
jq '["fluechtig", "konten", "notiz"] as $not | .tables |= map(select(.from as $from | $not | index([$from]) | not)) |
    .left_behind = ($not | map({(.): "another test"}) | add)' "$WORK/standby/mapping.json" >"$mapping"
export SHAPES_SOURCE="host=$standby/socket user=postgres dbname=standby_source" SHAPES_TARGET="host=$PGHOST user=postgres dbname=standby_target"
export IDMIGRATE_CHUNK_BLOCKS=1

# begin FEEDBACK: a new standby and a new target.
begin() {
    "$SOURCE_DIR/tests/support/server" start --owner $$ --standby-of "$primary" --set max_standby_streaming_delay=0 \
        --set "hot_standby_feedback=$1" --set wal_receiver_status_interval=1 "$standby"
    psql -X -q -d postgres -c 'set client_min_messages = error' -c 'drop database if exists standby_target with (force)' \
        -c 'create database standby_target template standby_start'
}
end() { "$SOURCE_DIR/tests/support/server" stop "$standby"; }
assert_is_oracle() {
    "$SOURCE_DIR/tests/data/compare" -s neu -x 'neu[.](fluechtig|konto)' standby_target \
        "host=$primary/socket user=postgres dbname=standby_oracle" >"$WORK/compared" 2>&1 || fail "$(cut -c1-400 "$WORK/compared")"
    assert_shapes_have_one_event_per_row standby
}
# Rows go away on the primary, and VACUUM says so to those who may still see them. No table of the migration. What one transaction
# both makes and removes nobody has seen: the rows are of another.
PGHOST=$primary/socket query standby_source 'create schema unruhe; create table unruhe.t as select generate_series(1, 2000) as i' >/dev/null
churn() {
    PGHOST=$primary/socket query standby_source 'delete from unruhe.t where i in (select i from unruhe.t order by i limit 1000)' >/dev/null
    PGHOST=$primary/socket query standby_source 'vacuum unruhe.t' >/dev/null
}
# run_and_hold: a run in the background that has read something and waits for the lock of a table.
run_and_hold() {
    psql -X -q -d standby_target -c 'begin; lock table neu.breit in exclusive mode; select pg_sleep(600)' >"$WORK/held" 2>&1 &
    holder=$!
    "$IDMIGRATE" run --yes --progress none --jobs 2 "$mapping" >"$WORK/out" 2>"$WORK/err" </dev/null &
    background=$!
    for _ in {1..300}; do
        [ "$(query standby_target "select count(*) from idmigrate.chunk where state = 'done'" 2>/dev/null || echo 0)" -lt 20 ] || return 0
        sleep 0.1
    done
    fail 'the run does not begin'
}
wait_for_conflict() {
    for _ in {1..100}; do
        [ "$(PGHOST=$standby/socket query standby_source 'select confl_snapshot from pg_stat_database_conflicts where datname = current_database()')" = 0 ] || return 0
        sleep 0.1
    done
    fail 'nothing conflicted'
}
let_go() {
    query standby_target "select pg_terminate_backend(pid) from pg_stat_activity where query like '%lock table neu.breit%' and pid <> pg_backend_pid()" >/dev/null
    wait "$holder" || true
    STATUS=0
    wait "$background" || STATUS=$?
}

with_feedback_the_primary_waits_and_the_run_goes_on() {
    begin on
    for what in check 'run --yes' 'run --dry-run --allow-locks'; do
        # shellcheck disable=SC2086 # a command and its options
        SHAPES_TARGET=$SHAPES_SOURCE idmigrate $what "$mapping"
        assert_exit 1
        assert_contains err 'is a standby'
    done
    # The primary must know before rows go away.
    run_and_hold
    for _ in {1..100}; do
        [ -z "$(PGHOST=$primary/socket query postgres 'select backend_xmin from pg_stat_replication')" ] || break
        sleep 0.1
    done
    churn
    sleep 2
    let_go
    assert_exit 0
    assert_is_oracle
    idmigrate verify --target "$SHAPES_TARGET" last
    assert_exit 0
    assert_contains err '(standby)'
    end
}

without_feedback_the_run_stops_and_is_resumed() {
    begin off
    run_and_hold
    churn
    wait_for_conflict
    let_go
    assert_exit 4
    assert_matches err '^hint: '
    assert_lacks err 'bug'
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    assert_contains err 'resuming run'
    assert_is_oracle
    idmigrate verify --target "$SHAPES_TARGET" last
    assert_exit 0
    end
}

cases=${*:-with_feedback_the_primary_waits_and_the_run_goes_on without_feedback_the_run_stops_and_is_resumed}
for case in $cases; do "$case"; done
PGHOST=$target_host
"$SOURCE_DIR/tests/support/server" stop "$primary"
