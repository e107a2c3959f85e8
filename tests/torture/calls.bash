# shellcheck disable=SC2034,SC2153,SC2015,SC2119,SC2120 # files of scripts/torture share variables
# The N-th call of the program's own fails: those that talk to a server, and those for memory.
# fail_call KIND:N: a try of the program in which that call fails.
fail_call() {
    WITH=(env IDMIGRATE_FAULT="$1" IDMIGRATE_FAULT_LOG="$HERE/calls")
    PROGRAM=$FAULTS
    try
    PROGRAM=$BUILD/src/idmigrate
    WITH=(env)
}
# fail_calls KIND PICKER: N = what PICKER makes of the log of an undisturbed run.
fail_calls() {
    local kind=$1 picker=$2 numbers number again all count=0
    use small 12
    JOBS=2 BLOCKS=''
    reset
    fail_call "$kind:0"
    [ "$STATUS" -eq "$EXPECTED" ] || fail "exit status $STATUS where nothing fails"
    judge
    all=$(grep -c '^call' "$HERE/calls")
    [ "$all" -gt 50 ] || fail "only $all calls were seen"
    numbers=$("$picker" "$HERE/calls")
    for number in $numbers; do
        below 2
        again=$([ "$PICK" = 0 ] || echo +)
        reset
        fail_call "$kind:$number$again"
        printf '%s: %s; exit status %s\n' "$number$again" "$(grep -m 1 '^fault' "$HERE/calls" || echo 'no fault')" "$STATUS"
        case $STATUS in
        4) [ "$kind" != lost ] || stopped_or_done ;;
        0 | "$EXPECTED" | 70) ;;
        1) [ "$(ask target "$DATABASE" "select count(*) from pg_namespace where nspname = 'idmigrate'")" = 0 ] ||
            fail "$number$again: exit status 1 says that nothing was written" ;;
        *) fail "$number$again: exit status $STATUS" ;;
        esac
        [ "$STATUS" -eq "$EXPECTED" ] || [ -s "$HERE/err" ] || fail "$number$again: not a word"
        finish
        judge
        count=$((count + 1))
        : >"$HERE/tries"
    done
    summary "$count of $all calls"
}
# Of each distinct place in the program the first call; in the short form so many of them by chance.
distinct_places() {
    awk '$1 == "call" && !seen[$3, $4]++ {print $2}' "$1" |
        { if [ "$LONG" = yes ]; then cat; else shuf -n "$((4 * MOMENTS))" --random-source=<(yes "$SEED") | sort -n; fi; }
}
# All of them one after the other; in the short form every so many.
every_call() {
    if [ "$LONG" = yes ]; then awk '$1 == "call" {print $2}' "$1"; else distinct_places "$1"; fi
}

scenario calls-lost 'before the N-th call that talks to a server its connection breaks'
torture_calls_lost() { fail_calls lost every_call; }
scenario calls-failed 'the N-th call that talks to a server fails as libpq does when it has no memory'
torture_calls_failed() { fail_calls failed every_call; }
scenario memory-out 'the N-th request for memory is refused'
torture_memory_out() { fail_calls memory distinct_places; }

scenario calls-known 'every function of libpq that talks to a server can be made to fail'
torture_calls_known() {
    local name
    for name in $(nm -u "$BUILD"/src/db/libidmigrate_db.a | awk '{print $2}' |
        grep -E '^PQ(exec|send|connect(db|Start|Poll)|reset|prepare|describe|get(Result|CopyData|line)|put|consume|flush|notifies|fn|isBusy)' | sort -u); do
        grep -qw "__wrap_$name" "$ROOT/tests/torture/faults.c" || fail "faults.c does not know $name"
    done
}
