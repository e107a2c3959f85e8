# shellcheck disable=SC2034,SC2153,SC2015,SC2119,SC2120 # files of scripts/torture share variables
# Connections that are cut: by a proxy that reads the protocol, between the program and the target.
# begin_proxy MOMENT[:N] [SECONDS]: everything to the target goes through it until end_proxy.
begin_proxy() {
    GATE=$HALL/gate
    rm -rf "$GATE"
    mkdir -m 0700 "$GATE"
    spawn "$PROXY" "$GATE" "$(server_socket target)" "$@"
    gate_keeper=$SPAWNED
    WITH=(env TORTURE_TARGET="postgresql://postgres@/$DATABASE?host=$GATE")
    local i
    for ((i = 0; i < 200; i++)); do
        [ ! -S "$GATE/.s.PGSQL.5432" ] || return 0
        sleep 0.01
    done
    fail 'the proxy did not start'
}
end_proxy() {
    kill -KILL "$gate_keeper"
    wait "$gate_keeper" 2>/dev/null || true
    WITH=(env)
}

# cut_everywhere TIMES MOMENT...: each moment so many times, spread over a run.
cut_everywhere() {
    local times=$1 moment all number step cuts=0 here
    shift
    use small "$SMALL"
    for moment in "$@"; do
        # How many such moments a run has.
        reset
        vary
        begin_proxy "$moment:0"
        try
        [ "$STATUS" -eq "$EXPECTED" ] || fail "exit status $STATUS through a proxy that cuts nothing"
        all=$(sed 's/^[a-z-]* \([0-9]*\).*/\1/' "$GATE/seen")
        end_proxy
        judge
        step=$((all / times + 1))
        below "$step"
        for ((number = 1 + PICK; number <= all; number += step)); do
            reset
            vary
            begin_proxy "$moment:$number"
            try
            stopped_or_done
            here=$(cat "$GATE/cut" 2>/dev/null) || here='not cut'
            printf '%s of %s: %s; exit status %s\n' "$number" "$all" "$here" "$STATUS"
            [ "$here" = 'not cut' ] || cuts=$((cuts + 1))
            end_proxy
            finish
            judge
            : >"$HERE/tries"
        done
    done
    [ "$cuts" -ge $((times * $# / 2)) ] || fail "only $cuts connections were cut"
    summary "$cuts cuts"
}

scenario cut-commit 'the connection is cut before a COMMIT, between it and its answer, and after its answer'
torture_cut_commit() {
    local times=$((MOMENTS + 1))
    [ "$LONG" = no ] || times=1000
    cut_everywhere "$times" commit-unsent commit-unanswered commit-answered
}

scenario cut-message 'the connection is cut before and within messages of all types'
torture_cut_message() { cut_everywhere "$((LONG_FACTOR * MOMENTS))" message half; }

scenario cut-waiting-commit 'all connections are cut while a COMMIT waits for a synchronous standby that is not there'
torture_cut_waiting_commit() {
    local moment tries=0 cuts=0
    use small 240
    BLOCKS=1
    for ((moment = 1; moment <= MOMENTS; moment++)); do
        reset
        begin_proxy never
        begin_try
        wait_until target "$DATABASE" "select count(*) > 0 from idmigrate.chunk"
        below 400
        sleep "0.$(printf '%03d' "$PICK")"
        server_set target synchronous_standby_names nobody
        if waits_for_standby; then
            kill -USR1 "$gate_keeper"
            # Its server process does not know, and holds what it has; the program may be asking already.
            sleep 2
            cuts=$((cuts + 1))
        elif [ $((tries += 1)) -lt $((5 * MOMENTS)) ]; then
            moment=$((moment - 1))
        fi
        server_reset target
        end_try
        stopped_or_done
        printf 'after %s ms: %s cuts so far, exit status %s\n' "$PICK" "$cuts" "$STATUS"
        end_proxy
        finish
        judge
        : >"$HERE/tries"
    done
    [ "$cuts" -gt 0 ] || fail 'no COMMIT waited'
    summary "$MOMENTS moments, $cuts cuts"
}
waits_for_standby() {
    local i
    for ((i = 0; i < 200; i++)); do
        [ "$(ask target postgres "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and application_name like 'idmigrate%'")" = 0 ] ||
            return 0
        kill -0 "$TRY" 2>/dev/null || return 1
        sleep 0.02
    done
    return 1
}
