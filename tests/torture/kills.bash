# shellcheck disable=SC2034,SC2153,SC2015,SC2119,SC2120 # files of scripts/torture share variables
# Something is killed at a random moment, up to three times in a run, with other jobs and chunks in each try.
backend_of() { # backend_of SIDE: one of the program's server processes
    ask "$1" postgres "select pid from pg_stat_activity where application_name like 'idmigrate%' order by random() limit 1"
}
# What is to be killed may have ended just before.
kill_program() { kill -KILL "$TRY" 2>/dev/null || true; }
kill_source_backend() { kill_backend source; }
kill_target_backend() { kill_backend target; }
kill_backend() {
    local pid
    pid=$(backend_of "$1" 2>/dev/null) || pid=
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
}
crash_source() { server_crash source && server_up source; }
crash_target() { server_crash target && server_up target; }

# disturb_at_moments VICTIM: MOMENTS runs, each disturbed up to three times.
disturb_at_moments() {
    local moment try disturbed=0 part late=0
    for ((moment = 1; moment <= MOMENTS; moment++)); do
        # By chance: many tables, rows that the target refuses, indexes set aside.
        below 4
        case $PICK in
        0) if [ "$LONG" = yes ]; then use eleva 1000; else use small "$SMALL"; fi ;;
        1) use refused "$SMALL" ;;
        2) use small "$SMALL" --exclusive ;;
        3) use small "$SMALL" ;;
        esac
        reset
        part=0
        for try in 1 2 3; do
            vary
            begin_try
            below "$LENGTH"
            sleep "$(printf '%d.%03d' $((PICK / 1000)) $((PICK % 1000)))"
            if kill -0 "$TRY" 2>/dev/null; then
                part=$((part + 1))
                "$1"
            fi
            end_try
            stopped_or_done
            printf 'moment %s (%s), try %s: after %s ms, exit status %s\n' "$moment" "$CASE ${OPTIONS[*]}" "$try" "$PICK" "$STATUS"
            [ "$STATUS" -ne "$EXPECTED" ] || break
        done
        finish
        judge
        disturbed=$((disturbed + part))
        # All of its moments came too late: it is none.
        if [ "$part" -eq 0 ] && [ $((late += 1)) -lt $((5 * MOMENTS)) ]; then moment=$((moment - 1)); fi
        : >"$HERE/tries"
    done
    [ "$disturbed" -gt 0 ] || fail 'nothing was disturbed: all moments came too late'
    summary "$MOMENTS moments, $disturbed times"
}

scenario kill-program 'kill -9 of the program'
torture_kill_program() { disturb_at_moments kill_program; }
scenario kill-source-backend 'kill -9 of a server process of the source: that server restarts'
torture_kill_source_backend() { disturb_at_moments kill_source_backend; }
scenario kill-target-backend 'kill -9 of a server process of the target: that server restarts'
torture_kill_target_backend() { disturb_at_moments kill_target_backend; }
scenario crash-source 'pg_ctl stop -m immediate of the source, and start'
torture_crash_source() { disturb_at_moments crash_source; }
scenario crash-target 'pg_ctl stop -m immediate of the target, and start'
torture_crash_target() { disturb_at_moments crash_target; }

scenario join-dead 'two processes at one run; one of them is killed, the other ends it'
torture_join_dead() {
    local moment first second status joined=0 late=0 here
    use small 480
    for ((moment = 1; moment <= MOMENTS; moment++)); do
        reset
        BLOCKS=1 JOBS=1 here=$joined
        begin_try
        first=$TRY
        wait_until target "$DATABASE" "select count(*) > 0 from idmigrate.chunk"
        "$PROGRAM" run --yes --progress none --jobs 2 "${OPTIONS[@]}" --join last "$MAPPING" \
            >"$HERE/second.out" 2>"$HERE/second.err" </dev/null &
        second=$!
        while kill -0 "$second" 2>/dev/null && ! grep -q '^joining run' "$HERE/second.err"; do sleep 0.01; done
        below 700
        sleep "0.$(printf '%03d' "$PICK")"
        below 2
        if [ "$PICK" = 0 ]; then
            kill -KILL "$first" 2>/dev/null || true
            end_try
            [ "$STATUS" -ne 137 ] || ! grep -q '^joining run' "$HERE/second.err" || joined=$((joined + 1))
            stopped_or_done
            TRY=$second TRY_BEGAN=$SECONDS
            end_try
            # It ends the run, and proves it. Or there was nothing to join.
            case $STATUS in
            "$EXPECTED") ;;
            1 | 4) [ "$joined" -eq "$here" ] || fail "the second ended with $STATUS: $(tail -n 3 "$HERE/second.err")" ;;
            *) fail "the second ended with $STATUS: $(tail -n 3 "$HERE/second.err")" ;;
            esac
        else
            kill -KILL "$second" 2>/dev/null || true
            status=0
            wait "$second" 2>/dev/null || status=$?
            [ "$status" -ne 137 ] || joined=$((joined + 1))
            end_try
            [ "$STATUS" -eq "$EXPECTED" ] || fail "the first ended with $STATUS"
        fi
        printf 'moment %s: %s died in all\n' "$moment" "$joined"
        finish
        judge
        if [ "$joined" -eq "$here" ] && [ $((late += 1)) -lt $((5 * MOMENTS)) ]; then moment=$((moment - 1)); fi
    done
    [ "$joined" -gt 0 ] || fail 'no process of two died'
    summary "$MOMENTS moments, $joined of two died"
}
