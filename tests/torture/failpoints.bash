# shellcheck disable=SC2034,SC2153,SC2015,SC2119,SC2120 # files of scripts/torture share variables
# Kill -9 at every failpoint (in the short form at some of them, by chance). The list is that of the sources: one that no run here reaches is a failure.
failpoint_names() {
    grep -rhoE 'failpoint\("[a-z-]+"\)' "$ROOT"/src --include='*.c' | sed 's/.*"\(.*\)".*/\1/' | sort -u
}

# way_to FAILPOINT: how a run gets there.
way_to() {
    case $1 in
    chunk-decided-late) WAY=late ;;
    sift-* | cycle-refused) WAY=refused ;;
    rebuild-*keys-dropped | rebuild-*taken-back*) WAY=violated ;;
    set-aside-* | rebuild-*) WAY=exclusive ;;
    undo-*) WAY=undo ;;
    retry-* | winners-*) WAY=elsewhere ;; # tests/e2e/refused.bash dies at each of them
    seal-*) WAY=elsewhere ;; # so does tests/e2e/audit_seal.bash
    run-* | table-* | chunk-* | cycle-*) WAY=run ;;
    *) fail "no way to the failpoint $1: say in failpoints.bash how a run gets there" ;;
    esac
}

# die_at FAILPOINT[:HIT]
die_at() {
    WITH=(env IDMIGRATE_FAILPOINT="$1")
    try
    WITH=(env)
}

# die_in_run FAILPOINT CASE [OPTION...]: a run that meets the point at different chunks.
die_in_run() {
    local name=$1 hit hits
    use "$2" "$SMALL" "${@:3}"
    below 4
    hits=$((2 + PICK))
    [ "$LONG" = no ] || hits='1 2 3 5 8'
    for hit in $hits 1; do
        vary
        reset
        die_at "$name:$hit"
        # A late hit may not come; the first must.
        case $STATUS in
        137) ;;
        "$EXPECTED") [ "$hit" -gt 1 ] || fail "$name was not reached" ;;
        *) fail "exit status $STATUS at $name:$hit" ;;
        esac
        local reached=$STATUS
        finish
        judge
        deaths=$((deaths + (reached == 137)))
        [ "$LONG" = yes ] || [ "$reached" -ne 137 ] || break
    done
}

# die_after FIRST SQL FAILPOINT [OPTION...]: a run is killed at a first point, the application does something, and the
# resume dies at the other. What it leaves is what a resume leaves that does not.
die_after() {
    local first=$1 sql=$2 name=$3 what
    use small 240 "${@:4}"
    for what in undisturbed killed; do
        reset
        JOBS=1 BLOCKS=1
        die_at "$first"
        [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $first"
        ask target "$DATABASE" "$sql"
        if [ "$what" = killed ]; then
            die_at "$name"
            [ "$STATUS" -eq 137 ] || fail "exit status $STATUS: $name was not reached"
            deaths=$((deaths + 1))
        fi
        finish
        mkdir -p "$HERE/$what"
        describe_target "$HERE/$what"
    done
    diff -r "$HERE/undisturbed" "$HERE/killed" >"$HERE/after.diff" || fail 'the target is not that of an undisturbed resume (after.diff)'
}
# A person comes between the decision on people and the writing of the one who has the same key.
somebody_came="insert into people values (99999, 'n239', '2025-01-01 00:00+00', 'came meanwhile')"
# What posts refer to goes while their foreign keys are aside.
a_language_went="delete from languages where code = 'pt'"

# run_and_undo [FAILPOINT]: a run, and an undo of it that dies there and is resumed. What is left is described in FOUND.
run_and_undo() {
    local undo=(undo --yes --progress none last)
    reset
    JOBS=2 BLOCKS=''
    try
    [ "$STATUS" -eq "$EXPECTED" ] || fail "exit status $STATUS of the run"
    if [ $# -gt 0 ]; then
        WITH=(env IDMIGRATE_FAILPOINT="$1")
        try "${undo[@]}"
        WITH=(env)
        case $STATUS in
        137) deaths=$((deaths + 1)) ;;
        0) [ "${1#*:}" -gt 1 ] || fail "$1 was not reached" ;;
        *) fail "exit status $STATUS at $1" ;;
        esac
    fi
    try "${undo[@]}"
    [ "$STATUS" -eq 0 ] || fail "exit status $STATUS of the undo"
    FOUND=$HERE/undone
    mkdir -p "$FOUND"
    describe_target "$FOUND"
}

# The application's tables are what they were before the run, and the audit log is that of an undisturbed undo.
die_in_undo() {
    local what=$HALL/cases/undone hit
    use small "$SMALL"
    IDMIGRATE_TARGET=$TORTURE_TARGET
    export IDMIGRATE_TARGET IDMIGRATE_CHUNK_ROWS=20
    if [ ! -e "$what" ]; then
        mkdir "$what"
        reset
        describe_tables "$what"
        run_and_undo
        cp "$FOUND/books" "$what"
    fi
    for hit in 1 3; do
        run_and_undo "$1:$hit"
        cmp -s "$what/tables" "$FOUND/tables" || fail "the tables are not what they were before the run: $(diff "$what/tables" "$FOUND/tables" | head -n 5)"
        cmp -s "$what/books" "$FOUND/books" || fail "the books are not those of an undisturbed undo: $(diff "$what/books" "$FOUND/books" | head -n 5)"
    done
    unset IDMIGRATE_TARGET IDMIGRATE_CHUNK_ROWS
}

scenario failpoints 'kill -9 at every failpoint of the program, one resume'
torture_failpoints() {
    local name names deaths=0
    names=$(failpoint_names)
    for name in $names; do way_to "$name"; done
    [ "$SHORT" = no ] || names=$(shuf -n 10 --random-source=<(yes "$SEED") <<<"$names")
    [ -z "$FAILPOINT" ] || names=$FAILPOINT
    for name in $names; do
        way_to "$name"
        case $WAY in
        run) die_in_run "$name" small ;;
        refused) die_in_run "$name" refused ;;
        exclusive) die_in_run "$name" small --exclusive ;;
        violated) die_after rebuild-before-build "$a_language_went" "$name" --exclusive ;;
        undo) die_in_undo "$name" ;;
        late) die_after chunk-committed:1 "$somebody_came" "$name" ;;
        esac
        : >"$HERE/tries"
    done
    [ "$deaths" -gt 0 ] || fail 'there is no failpoint'
    summary "$(wc -w <<<"$names") of $(failpoint_names | wc -l) failpoints, $deaths kills"
}

scenario failpoints-in-a-row 'kill -9 at one failpoint after the other, each in the resume of the one before'
torture_failpoints_in_a_row() {
    local names name killed=0 reset_at_end=yes
    mapfile -t names < <(failpoint_names | grep -v '^run-begun$' | shuf --random-source=<(yes "$SEED"))
    use small "$SMALL"
    for name in "${names[@]}"; do
        way_to "$name"
        [ "$WAY" = run ] || continue
        [ "$reset_at_end" = no ] || reset
        reset_at_end=no
        vary
        BLOCKS=1
        die_at "$name"
        case $STATUS in
        137) killed=$((killed + 1)) ;;
        "$EXPECTED")
            # What it waits for was behind it: the run is through, and the next begins anew.
            judge
            reset_at_end=yes
            ;;
        *) fail "exit status $STATUS at $name" ;;
        esac
    done
    [ "$killed" -gt 2 ] || fail "only $killed of ${#names[@]} were reached"
    finish
    judge
    summary "$killed kills"
}

scenario cycle-altered 'kill -9 while constraints of a cycle are altered'
torture_cycle_altered() {
    local point points='cycle-deferred chunk-rows-written:2 cycle-before-commit'
    [ "$LONG" = no ] || points="$points chunk-rows-written:1 chunk-committed:4 chunk-claimed:3"
    use clinic 60
    JOBS=1
    for point in $points; do
        reset
        die_at "$point"
        [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $point"
        finish
        judge
    done
}
