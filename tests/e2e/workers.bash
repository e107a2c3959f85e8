# Several workers and several processes at one run, and what they live through.
[ -n "${WORK-}" ] || . "$SOURCE_DIR/tests/support/e2e.bash"

# prepare NAME: two tables of many chunks each; the target notes which session wrote and takes its time.
prepare() {
    source=workers_$1_s target=workers_$1_t mapping=$WORK/$1.json
    fresh_database "$source"
    fresh_database "$target"
    export SRC="host=$PGHOST user=postgres dbname=$source" DST="host=$PGHOST user=postgres dbname=$target"
    export IDMIGRATE_CHUNK_BLOCKS=1
    query "$source" "create table a (id int primary key, owner text, body text);
        create table b (id int primary key, a_id int, owner text);
        insert into a select i, 'u' || 1 + i % 100, repeat('x', 200) from generate_series(1, 600) as i;
        insert into b select i, i, 'u' || 1 + i % 100 from generate_series(1, 600) as i;" >/dev/null
    query "$target" "create table a (id int primary key, owner text, body text);
        create table b (id int primary key, a_id int references a, owner text);
        create table writers (pid int);
        create table hold (seconds float);
        create function slow() returns trigger language plpgsql as \$\$ begin
            insert into public.writers values (pg_backend_pid());
            perform pg_sleep(coalesce((select max(seconds) from public.hold), 0.1)); return null; end \$\$;
        create trigger slow after insert on a execute function slow();
        create trigger slow after insert on b execute function slow();" >/dev/null
    { echo old,new; for i in {1..100}; do echo "u$i,n$i"; done; } >"$WORK/ids.csv"
    jq -n '{version: 1, name: "workers", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "ids.csv", old_column: "old", new_column: "new"}}},
        tables: [{from: "b", columns: {owner: {from: "owner", resolve: "user"}}},
                 {from: "a", columns: {owner: {from: "owner", resolve: "user"}}}]}' >"$mapping"
}
# Chunks take so long that another process comes in time, however busy the machine is; go_on: it has come.
hold() { query "$target" 'insert into hold values (2)' >/dev/null; }
go_on() { query "$target" 'delete from hold' >/dev/null; }
start() { # start NAME ARGUMENTS...
    local name=$1
    shift
    "$IDMIGRATE" run --yes --progress none "$@" "$mapping" >"$WORK/$name.out" 2>"$WORK/$name.err" </dev/null &
    pids[$name]=$!
}
declare -A pids
finish() { # finish NAME STATUS
    local status=0
    wait "${pids[$1]}" || status=$?
    [ "$status" -eq "$2" ] || fail "$1 ended with $status instead of $2: $(tail -n 5 "$WORK/$1.err")"
}
wait_for() { # wait_for SQL: until it says t
    local i
    for ((i = 0; i < 600; i++)); do
        [ "$(query "$target" "$1" 2>/dev/null)" != t ] || return 0
        sleep 0.05
    done
    fail "this never came: $1"
}
moves="select count(*) > 0 from writers"
assert_whole() {
    assert_equal "$(query "$target" "select count(*), count(distinct id), bool_and(owner ~ '^n') from a")" '600|600|t'
    assert_equal "$(query "$target" "select count(*), count(distinct id), bool_and(owner ~ '^n') from b")" '600|600|t'
    assert_equal "$(query "$target" 'select count(*), count(distinct resource_type || resource_id) from audit_logs')" '1200|1200'
    idmigrate verify --target "$DST"
    assert_exit 0
}

workers_share_a_table() {
    prepare share
    start all --jobs 3
    finish all 0
    assert_equal "$(query "$target" 'select count(distinct pid) from writers')" 3
    assert_whole
}

a_second_process_joins() {
    prepare join
    hold
    start first --jobs 1
    wait_for "$moves"
    start second --jobs 1 --join last
    wait_for 'select count(distinct pid) > 1 from writers'
    # What is at work is no damage.
    idmigrate verify --target "$DST"
    assert_exit 6
    assert_matches "$WORK/err" 'is still at work: [01] of 2 tables are done; left: b \(0 of [0-9]+ chunks\)'
    go_on
    finish second 0
    finish first 0
    assert_equal "$(query "$target" 'select count(distinct pid) from writers')" 2
    assert_contains "$WORK/second.err" 'joining run'
    # Both tell how it ended.
    assert_matches "$WORK/second.out" '^Run .*done'
    assert_whole
    # Nothing to join any more.
    start third --join last
    finish third 1
}

the_first_process_dies_and_the_second_ends_the_run() {
    prepare orphan
    hold
    start first --jobs 2
    wait_for "$moves"
    start second --jobs 2 --join last
    wait_for 'select count(distinct pid) > 2 from writers'
    go_on
    kill -9 "${pids[first]}"
    finish first 137
    finish second 0
    assert_equal "$(query "$target" 'select state, exit_status from idmigrate.run')" 'done|0'
    assert_whole
}

the_second_process_dies_and_its_chunks_go_on() {
    prepare helper
    hold
    start first --jobs 1
    wait_for "$moves"
    start second --jobs 2 --join last
    wait_for 'select count(distinct pid) > 2 from writers'
    go_on
    kill -9 "${pids[second]}"
    finish second 137
    finish first 0
    assert_whole
}

a_connection_that_is_cut_is_opened_again() {
    prepare cut
    start all --jobs 2
    wait_for "$moves"
    # Both sides of the workers; the session that holds the snapshot stays.
    query postgres "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where application_name = 'idmigrate run worker' and datname in ('$source', '$target')" >/dev/null
    finish all 0
    assert_whole
}

every_session_in_the_target_is_cut() {
    prepare every
    start all --jobs 2
    wait_for "$moves"
    query postgres "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where application_name like 'idmigrate%' and datname = '$target'" >/dev/null
    finish all 0
    assert_whole
}

a_lock_of_another_session_is_waited_for() {
    prepare locked
    psql -X -q -d "$target" -c 'begin; lock table a in share mode; select pg_sleep(7); commit' >/dev/null &
    sleep 0.5
    start all --jobs 2
    finish all 0
    wait %1 2>/dev/null || true
    assert_whole
}

wrong_numbers_are_refused() {
    prepare numbers
    for jobs in 0 -1 x 65 ''; do
        idmigrate run --yes --jobs "$jobs" "$mapping"
        assert_exit 2
    done
    idmigrate run --yes --join last "$mapping"
    assert_exit 2
    local option
    for option in --dry-run --accept-changes --exclusive '--codec text' --strict --allow-locks '--ticket T' '--approved-by WHO' \
        '--resume last'; do
        # shellcheck disable=SC2086 # an option and its value
        idmigrate run --yes --join last $option "$mapping"
        assert_exit 2
        assert_contains "$WORK/err" "--join does not go together with ${option% *}"
    done
    for option in --dry-run --exclusive --strict --allow-locks '--resume last' '--join last'; do
        # shellcheck disable=SC2086 # an option and its value
        idmigrate run --yes --rejects-only last $option "$mapping"
        assert_exit 2
        assert_contains "$WORK/err" "--rejects-only does not go together with ${option% *}"
    done
    idmigrate run --yes --allow-locks "$mapping"
    assert_exit 2
    assert_contains "$WORK/err" 'of --dry-run only'
    assert_equal "$(query "$target" 'select count(*) from a')" 0
}

workers_share_a_table
a_second_process_joins
the_first_process_dies_and_the_second_ends_the_run
the_second_process_dies_and_its_chunks_go_on
a_connection_that_is_cut_is_opened_again
every_session_in_the_target_is_cut
a_lock_of_another_session_is_waited_for
wrong_numbers_are_refused
