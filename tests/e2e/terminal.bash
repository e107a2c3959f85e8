# What people and programs see: help, consent, progress, status, reports.
. "$SOURCE_DIR/tests/e2e/eleva.bash"

eleva_load terminal
mapping=$WORK/terminal/eleva.json
commands='check run verify report status'

# at_terminal ANSWER COMMAND...: with a terminal for all three; $WORK/screen is what was seen.
at_terminal() {
    local answer=$1
    shift
    STATUS=0
    rm -f "$WORK/screen" "$WORK/ended"
    # The answer comes when the question stands, and the terminal stays until the program has ended. Ctrl-C is for the program,
    # not for the shell that notes its end.
    { wait_until grep -qs 'to begin' "$WORK/screen"; sleep 0.2; printf '%s\n' "$answer"; wait_until test -e "$WORK/ended"; } |
        script -q -e -f -c "trap : INT; $(printf '%q ' "$@"); status=\$?; : >$(printf '%q' "$WORK/ended"); exit \$status" \
            "$WORK/screen" >/dev/null 2>&1 || STATUS=$?
}
# For a minute and a half.
wait_until() {
    local i
    for ((i = 0; i < 1800; i++)); do
        ! "$@" || return 0
        sleep 0.05
    done
}

every_command_explains_itself_within_80_columns() {
    local command
    idmigrate --help
    assert_exit 0
    cp "$WORK/out" "$WORK/help"
    for command in $commands; do
        assert_matches "$WORK/help" "^ +$command "
        idmigrate "$command" --help
        assert_exit 0
        assert_contains out '--target'
        ! grep -nE '.{81}' "$WORK/out" || fail "help of $command is too wide"
    done
    idmigrate --version
    assert_exit 0
    assert_matches out '^idmigrate [0-9]+\.[0-9]+\.[0-9]+$'
}

the_wrong_name_writes_nothing() {
    at_terminal elsewhere "$IDMIGRATE" run "$mapping"
    assert_exit 1
    assert_contains "$WORK/screen" 'Type the name of the target database (terminal_target) to begin'
    assert_contains "$WORK/screen" 'nothing was written: the answer was not "terminal_target"'
    assert_equal "$(query terminal_target "select count(*) from pg_namespace where nspname = 'idmigrate'")" 0
}

ctrl_c_at_the_question_writes_nothing() {
    at_terminal $'\x03' "$IDMIGRATE" run "$mapping"
    assert_exit 130
    assert_contains "$WORK/screen" 'interrupted before anything was written'
    assert_equal "$(query terminal_target "select count(*) from pg_namespace where nspname = 'idmigrate'")" 0
}

the_right_name_begins_and_a_bar_is_shown() {
    at_terminal terminal_target "$IDMIGRATE" run "$mapping"
    assert_exit 0
    assert_matches "$WORK/screen" '\[[#.]{24}\] +[0-9]+ %'
    assert_contains "$WORK/screen" 'done and proved'
}

json_progress_is_lines_of_json() {
    eleva_reset terminal
    idmigrate run --yes --progress json "$mapping"
    assert_exit 0
    grep '^{' "$WORK/err" >"$WORK/lines"
    assert_json <(jq -s . "$WORK/lines") 'all(has("phase") and has("table") and has("rows"))' true
}

plain_progress_is_lines_without_control_characters() {
    eleva_reset terminal
    idmigrate run --yes --progress plain "$mapping"
    assert_exit 0
    assert_matches err '^copying meetings: '
    ! grep -qP '[\x00-\x08\x0b-\x1f]' "$WORK/err" || fail 'control characters on standard error'
}

no_progress_is_none() {
    eleva_reset terminal
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    assert_lacks err 'copying'
}

status_lists_runs_and_tells_of_one() {
    export IDMIGRATE_TARGET=$DATABASE_URL
    idmigrate status
    assert_exit 0
    assert_matches out 'eleva +done'
    idmigrate status last
    assert_exit 0
    assert_contains out meetings
    idmigrate status --json
    assert_exit 0
    assert_json out '.runs | length' 1
    idmigrate status last --json
    assert_exit 0
    assert_json out 'type' object
}

reports_are_text_or_json_and_say_the_same() {
    idmigrate report
    assert_exit 0
    assert_contains out 'In every table: read = written + merged + skipped + rejected.'
    idmigrate report --json
    assert_exit 0
    cp "$WORK/out" "$WORK/report.json"
    assert_json out '.tables | map(.read == .written + .merged + .skipped + .rejected) | all' true
    idmigrate report --format json --output "$WORK/again.json"
    assert_exit 0
    assert_same_files "$WORK/report.json" "$WORK/again.json"
}

verify_and_check_speak_json_too() {
    idmigrate verify --json
    assert_exit 0
    assert_json out '.verification.verdict' equal
    idmigrate check --json "$mapping"
    assert_json out 'type' object
}

a_run_can_end_with_json() {
    eleva_reset terminal
    idmigrate run --yes --json --progress none "$mapping"
    assert_exit 0
    assert_json out '.run.state' 'done'
}

a_crashed_verification_is_not_a_proof() {
    eleva_reset terminal
    "$IDMIGRATE" run --yes --progress none "$mapping" >"$WORK/out" 2>"$WORK/err" </dev/null &
    local background=$! state=''
    for _ in {1..1000}; do
        state=$(query terminal_target 'select state from idmigrate.run' 2>/dev/null) || state=''
        [ "$state" != 'done' ] || break
        sleep 0.002
    done
    kill -KILL "$background" 2>/dev/null || true
    wait "$background" || true
    local status
    status=$(query terminal_target 'select exit_status from idmigrate.run')
    # Either the verification was over before the kill, or it did not count.
    [ "$status" = 6 ] || [ "$(query terminal_target 'select count(*) from idmigrate.verification')" -gt 0 ] || fail "exit status $status without a proof"
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    assert_contains err 'this migration is finished'
    assert_equal "$(query terminal_target 'select exit_status from idmigrate.run')" 0
}

cases=${*:-every_command_explains_itself_within_80_columns the_wrong_name_writes_nothing ctrl_c_at_the_question_writes_nothing
    the_right_name_begins_and_a_bar_is_shown json_progress_is_lines_of_json plain_progress_is_lines_without_control_characters
    no_progress_is_none status_lists_runs_and_tells_of_one reports_are_text_or_json_and_say_the_same
    verify_and_check_speak_json_too a_run_can_end_with_json a_crashed_verification_is_not_a_proof}
for case in $cases; do "$case"; done
