# How a run ends that is stopped from outside, and that it can be resumed. What crashes is tried by scripts/torture.
. "$SOURCE_DIR/tests/e2e/eleva.bash"

eleva_load crash
eleva_oracle crash -
mapping=$WORK/crash/eleva.json

resume() {
    idmigrate run --yes --progress none "$1"
    assert_exit 0
    assert_contains err 'resuming run'
}

# run_until ROWS: a run in the background that has moved so many rows.
run_until() {
    eleva_reset crash
    IDMIGRATE_CHUNK_BLOCKS=1 "$IDMIGRATE" run --yes --progress none "$mapping" >"$WORK/out" 2>"$WORK/err" </dev/null &
    background=$!
    local moved=0
    for _ in {1..400}; do
        moved=$(query crash_target "select coalesce(sum(rows_read), 0) from idmigrate.chunk where state = 'done'" 2>/dev/null) || moved=0
        [ "${moved:-0}" -lt "$1" ] || return 0
        sleep 0.01
    done
    fail "only $moved rows were moved"
}
end_of_background() {
    STATUS=0
    wait "$background" || STATUS=$?
}

sessions_that_the_administrator_ends_are_opened_again() {
    run_until 300
    query postgres "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = 'crash_target' and application_name like 'idmigrate%'" >/dev/null
    end_of_background
    assert_exit 0
    assert_is_oracle crash without-log
    assert_one_event_per_row crash
}

a_source_that_goes_away_stops_the_run_with_4() {
    run_until 300
    query postgres "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = 'crash_legacy' and application_name like 'idmigrate%'" >/dev/null
    end_of_background
    assert_exit 4
    assert_equal "$(query crash_target 'select state, exit_status from idmigrate.run')" 'stopped|4'
    resume "$mapping"
    assert_is_oracle crash without-log
}

ctrl_c_ends_between_chunks_with_a_word_on_how_to_go_on() {
    run_until 300
    kill -INT "$background"
    end_of_background
    assert_exit 130
    assert_contains err 'the same command again goes on'
    assert_equal "$(query crash_target 'select state, exit_status from idmigrate.run')" 'stopped|130'
    resume "$mapping"
    assert_is_oracle crash without-log
    assert_one_event_per_row crash
}

a_termination_does_the_same() {
    run_until 300
    kill -TERM "$background"
    end_of_background
    assert_exit 143
    resume "$mapping"
    assert_is_oracle crash without-log
}

two_at_once_are_refused() {
    run_until 1
    kill -STOP "$background"
    idmigrate run --yes --progress none "$mapping"
    local status=$STATUS
    kill -CONT "$background"
    end_of_background
    assert_exit 0
    [ "$status" -eq 1 ] || fail "exit status $status for the second"
}

cases=${*:-sessions_that_the_administrator_ends_are_opened_again a_source_that_goes_away_stops_the_run_with_4
    ctrl_c_ends_between_chunks_with_a_word_on_how_to_go_on a_termination_does_the_same two_at_once_are_refused}
for case in $cases; do "$case"; done
