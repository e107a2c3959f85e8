# The machine is not the only user: rates, replicas, WAL, and what is said to a run while it is at work.
. "$SOURCE_DIR/tests/support/e2e.bash"

# prepare NAME ROWS: one table; chunks of a few hundred rows.
prepare() {
    source=throttle_$1_s target=throttle_$1_t mapping=$WORK/$1.json
    fresh_database "$source"
    fresh_database "$target"
    export IDMIGRATE_CHUNK_BLOCKS=10
    export SRC="host=$PGHOST user=postgres dbname=$source" DST="host=$PGHOST user=postgres dbname=$target"
    query "$source" "create table a (id int primary key, owner text, body text);
        insert into a select i, 'u' || 1 + i % 100, repeat('x', 100) from generate_series(1, $2) as i; analyze a" >/dev/null
    query "$target" "create table a (id int primary key, owner text, body text)" >/dev/null
    { echo old,new; for i in {1..100}; do echo "u$i,n$i"; done; } >"$WORK/ids.csv"
    jq -n '{version: 1, name: "throttle", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "ids.csv", old_column: "old", new_column: "new"}}},
        tables: [{from: "a", columns: {owner: {from: "owner", resolve: "user"}}}]}' >"$mapping"
}
begin() { # begin ARGUMENTS...: in the background
    "$IDMIGRATE" run --yes --progress json "$@" "$mapping" >"$WORK/run.out" 2>"$WORK/run.err" </dev/null &
    pid=$!
}
ends_with() { # ends_with STATUS
    local status=0
    wait "$pid" || status=$?
    [ "$status" -eq "$1" ] || fail "the run ended with $status instead of $1: $(tail -n 5 "$WORK/run.err")"
}
moved() { query "$target" "select coalesce(sum(rows_read), 0) from idmigrate.chunk where state = 'done'" 2>/dev/null || echo 0; }
wait_for() { # wait_for SQL: until it says t
    local i
    for ((i = 0; i < 300; i++)); do
        [ "$(query "$target" "$1" 2>/dev/null)" != t ] || return 0
        sleep 0.1
    done
    fail "this never came: $1; the run said: $(tail -n 5 "$WORK/run.err"); replicas: $(query postgres 'table pg_stat_replication')"
}
has_moved="select count(*) > 0 from idmigrate.chunk where state = 'done'"
says() { idmigrate set --target "$DST" last "$@"; assert_exit 0; }
workers="select count(distinct pid) from pg_stat_activity where application_name = 'idmigrate run worker' and datname = current_database()"
assert_whole() { assert_equal "$(query "$target" 'select count(*), count(distinct id) from a')" "$1|$1"; }

a_rate_is_kept() {
    local limit
    prepare rate 60000
    # Twelve seconds; the bytes are those of COPY, about 111 a row.
    for limit in 5000 512kB; do
        query postgres "drop database if exists $target with (force)" >/dev/null
        fresh_database "$target"
        query "$target" "create table a (id int primary key, owner text, body text)" >/dev/null
        idmigrate run --yes --codec text --jobs 2 --max-rate "$limit" "$mapping"
        assert_exit 0
        # From the first chunk's start to the last one's end: less by the two seconds that a late worker may catch up for at most, and
        # more where the machine is busy.
        query "$target" "select case when $([ "$limit" = 512kB ] && echo 'sum(source_bytes) / 524288.0' || echo 'sum(rows_read) / 5000.0')
            - extract(epoch from max(finished_at) - min(started_at)) between -12 and 2.1 then 'kept'
            else sum(rows_read) || ' rows in ' || (max(finished_at) - min(started_at)) end from idmigrate.chunk" >"$WORK/kept"
        assert_equal "$(cat "$WORK/kept")" kept
    done
}

a_pause_holds_nothing_open() {
    local before
    prepare pause 40000
    begin --jobs 2 --max-rate 2000
    wait_for "$has_moved"
    # Twenty seconds, of which it waits most.
    for _ in {1..150}; do
        ! grep -q '"waiting": "to keep within the rate"' "$WORK/run.err" || break
        sleep 0.1
    done
    says pause
    wait_for "select waiting = 'because the run is paused' from idmigrate.control"
    wait_for "select count(*) = 0 from pg_stat_activity where datname = current_database()
        and application_name like 'idmigrate run%' and xact_start is not null"
    before=$(moved)
    sleep 1.5
    assert_equal "$(moved)" "$before"
    idmigrate status --target "$DST" last
    assert_contains out 'It waits because the run is paused.'
    idmigrate status --target "$DST" --json last
    assert_json out '.control | "\(.paused) \(.waiting)"' 'true because the run is paused'
    says continue rate=none
    ends_with 0
    assert_contains run.err '"waiting": "because the run is paused"'
    assert_contains run.err '"waiting": "to keep within the rate"'
    assert_whole 40000
    # Of a run that is done nothing is asked.
    idmigrate set --target "$DST" last pause
    assert_exit 1
    assert_contains err 'not being carried out'
}

an_interruption_ends_a_pause() {
    prepare interrupt 20000
    begin --jobs 2 --max-rate 2000
    wait_for "$has_moved"
    says pause
    wait_for "select waiting is not null from idmigrate.control"
    kill -INT "$pid"
    ends_with 130
    # The next attempt is not paused any more.
    begin --jobs 2
    ends_with 0
    assert_whole 20000
}

workers_come_and_go() {
    prepare jobs 60000
    begin --jobs 1 --max-rate 2000
    wait_for "$has_moved"
    assert_equal "$(query "$target" "$workers")" 1
    says jobs=4
    wait_for "select 4 = ($workers)"
    says jobs=1 rate=20000
    wait_for "select 1 = ($workers)"
    says rate=none
    ends_with 0
    assert_whole 60000
}

wal_is_written_slowly() {
    prepare wal 60000
    begin --jobs 1 --max-rate 5000 --max-wal-rate 100kB
    wait_for "select waiting like 'because more WAL%' from idmigrate.control"
    says wal-rate=none rate=none
    ends_with 0
    assert_whole 60000
    # A slot that nobody reads.
    prepare slot 60000
    query "$target" "select pg_create_physical_replication_slot('throttle_left', true)" >/dev/null
    query "$target" "create table noise as select repeat('x', 1000) from generate_series(1, 3000); drop table noise" >/dev/null
    begin --jobs 1 --max-slot-wal 1MB
    wait_for "select waiting like 'for replication slot throttle_left%' from idmigrate.control"
    query "$target" "select pg_drop_replication_slot('throttle_left')" >/dev/null
    ends_with 0
    assert_whole 60000
}

# Servers of its own: what other tests write would make a server forget WAL that its replica still needs.
server() { "$SOURCE_DIR/tests/support/server" "$@"; }

a_replica_is_not_left_behind() {
    local limit before shared=$PGHOST primary replica
    primary=$(mktemp -u "${TMPDIR:-/tmp}/idmigrate-XXXXXX") replica=$(mktemp -u "${TMPDIR:-/tmp}/idmigrate-XXXXXX")
    server start --owner $$ --set wal_keep_size=1GB "$primary"
    server start --owner $$ --standby-of "$primary" "$replica"
    export PGHOST=$primary/socket
    for limit in 1MB 2s; do
        prepare "lag_${limit,,}" 100000
        wait_for "select count(*) = 1 from pg_stat_replication where state = 'streaming'"
        PGHOST=$replica/socket query postgres 'select pg_wal_replay_pause()' >/dev/null
        # Twenty seconds, unless it waits.
        begin --jobs 1 --max-rate 5000 --max-lag "$limit"
        wait_for "select waiting like 'for replica %behind%' from idmigrate.control"
        sleep 1
        before=$(moved)
        sleep 1
        assert_equal "$(moved)" "$before"
        [ "$before" -lt 100000 ] || fail 'all was moved before it waited'
        says rate=none
        PGHOST=$replica/socket query postgres 'select pg_wal_replay_resume()' >/dev/null
        ends_with 0
        assert_whole 100000
    done
    # Who may not see where replicas are is told so.
    prepare blind 100
    query "$target" "create role throttle_blind login;
        grant all on schema public to throttle_blind; grant all on all tables in schema public to throttle_blind;
        grant create, temporary on database $target to throttle_blind; alter table a owner to throttle_blind" >/dev/null
    DST="host=$PGHOST user=throttle_blind dbname=$target" idmigrate run --yes --max-lag 10s "$mapping"
    assert_exit 4
    assert_contains err 'GRANT pg_monitor TO throttle_blind'
    server stop "$replica"
    server stop "$primary"
    export PGHOST=$shared
}

wrong_words_are_refused() {
    local word
    prepare words 10
    for word in fast -5 0x10 inf 5XB ''; do
        idmigrate run --yes --max-rate "$word" "$mapping"
        assert_exit 2
        idmigrate run --yes --max-lag "$word" "$mapping"
        assert_exit 2
    done
    idmigrate set --target "$DST" last pause
    assert_exit 2
    idmigrate run --yes "$mapping"
    assert_exit 0
    for word in jobs=0 jobs=65 rate=fast lag=5 wal-rate=5 slot-wal=x speed=5 halt; do
        idmigrate set --target "$DST" last "$word"
        assert_exit 2
    done
    idmigrate set --target "$DST" last pause continue
    assert_exit 2
    idmigrate set --target "$DST" last
    assert_exit 2
}

[ $# -gt 0 ] || set -- a_rate_is_kept a_pause_holds_nothing_open an_interruption_ends_a_pause workers_come_and_go wal_is_written_slowly \
    a_replica_is_not_left_behind wrong_words_are_refused
for what in "$@"; do
    "$what"
done
