# shellcheck disable=SC2034,SC2153,SC2015,SC2119,SC2120 # files of scripts/torture share variables
# What the scenarios of scripts/torture have in common: two servers, the cases that are migrated on them, tries of the
# program, and the judgement of what is in the target at the end. Sourced by scripts/torture, which sets:
#
#   ROOT, BUILD   the source tree, and the build's folder
#   HALL          a folder of this run with a short name: servers, cases, references
#   HERE          what the scenario in hand leaves: its log, the program's last words
#   MOMENTS, LONG, SEED, LIMIT (seconds that a try may take)
PROGRAM=$BUILD/src/idmigrate
PROXY=$BUILD/tests/torture/torture_proxy
FAULTS=$BUILD/tests/torture/torture_faults

# Ends the scenario.
fail() {
    printf 'FAILED at line %s of %s: %s\n' "${BASH_LINENO[0]}" "${BASH_SOURCE[1]##*/}" "$*"
    if [ -e "$HERE/err" ]; then
        printf -- '--- the last try: exit status %s\n%s\n' "${STATUS-}" "$(tail -c 4000 "$HERE/err")"
    fi
    exit 1
}
skip() {
    printf '%s\n' "$*" >"$HERE/summary"
    exit 77
}
# What the line of result says beside the outcome.
summary() { printf '%s\n' "$*" >"$HERE/summary"; }

# below NUMBER: a random number from 0 to NUMBER - 1, in PICK. Not by $(...): a subshell would not move the sequence on.
below() { PICK=$(((RANDOM * 32768 + RANDOM) % $1)); }
one_of() {
    below $#
    shift "$PICK"
    PICK=$1
}

# spawn COMMAND...: a process that ends with the scenario. Sets SPAWNED.
spawn() {
    "$@" </dev/null &
    SPAWNED=$!
    spawned+=("$SPAWNED")
}
spawned=()
end_spawned() {
    local pid
    for pid in "${spawned[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    for pid in "${spawned[@]}"; do wait "$pid" 2>/dev/null || true; done
    spawned=()
}

# ---- servers: source and target ----

server_socket() { printf '%s\n' "$HALL/$1/socket"; }
uri() { printf 'postgresql://postgres@/%s?host=%s\n' "$2" "$HALL/$1/socket"; }

servers_start() {
    local side
    for side in source target; do
        # A server's crash keeps what it wrote; only the machine's would need fsync.
        "$ROOT/tests/support/server" start --owner $$ --durable --set fsync=off --set deadlock_timeout=200ms \
            --set max_prepared_transactions=0 "$HALL/$side"
    done
}
servers_stop() {
    local side
    for side in standby source target; do
        [ ! -e "$HALL/$side" ] || "$ROOT/tests/support/server" stop "$HALL/$side"
    done
}

# A command and its arguments behind this run as the servers do, and end with the one that began them.
if [ "$(id -u)" -eq 0 ]; then
    AS_SERVER=(setpriv --reuid=postgres --regid=postgres --init-groups --pdeathsig KILL)
else
    AS_SERVER=(setpriv --pdeathsig KILL)
fi
pg_ctl() { # pg_ctl SIDE COMMAND [OPTION...]
    local side=$1 command=$2
    shift 2
    (cd / && "${AS_SERVER[@]}" "$(cat "$HALL/$side/bin")/pg_ctl" "$command" -D "$HALL/$side/data" -w -t 60 "$@" </dev/null >/dev/null 2>&1)
}
server_crash() { pg_ctl "$1" stop -m immediate; }
server_up() { pg_ctl "$1" start -l "$HALL/$1/log"; }
server_set() { # server_set SIDE NAME VALUE: until server_reset
    ask "$1" postgres "alter system set $2 = '$3'"
    ask "$1" postgres 'select pg_reload_conf()' >/dev/null
}
server_reset() {
    ask "$1" postgres "alter system reset all"
    ask "$1" postgres 'select pg_reload_conf()' >/dev/null
}

# ask SIDE DATABASE SQL...: each a statement of its own; the answers as bare text.
ask() {
    local side=$1 database=$2 statement options=()
    shift 2
    for statement in "$@"; do options+=(-c "$statement"); done
    PGOPTIONS='-c client_min_messages=error' psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(uri "$side" "$database")" "${options[@]}"
}
wait_ready() { # until both servers answer, and no session of the program is left
    local side i
    for side in source target; do
        for ((i = 0; i < 600; i++)); do
            [ "$(ask "$side" postgres "select count(*) from pg_stat_activity where application_name like 'idmigrate%'" 2>/dev/null)" != 0 ] ||
                continue 2
            sleep 0.05
        done
        fail "the $side is not ready: $(ask "$side" postgres "select pid, application_name, state, wait_event, query
            from pg_stat_activity where application_name like 'idmigrate%'" 2>&1)"
    done
}
# wait_until SIDE DATABASE SQL [SECONDS]: until it says t.
wait_until() {
    local i
    for ((i = 0; i < ${4:-20} * 50; i++)); do
        [ "$(ask "$1" "$2" "$3" 2>/dev/null)" != t ] || return 0
        sleep 0.02
    done
    fail "this never came: $3"
}

# ---- cases ----

# use CASE [SIZE] [OPTION...]: what the scenario migrates. The first use makes it: databases, a copy of the target as it
# was, and the reference, which an undisturbed run without those options leaves. Sets DATABASE (the target's), MAPPING, OPTIONS, EXPECTED,
# LENGTH (of the undisturbed run, in milliseconds).
use() {
    local case=$1 size=${2-}
    shift $(($# > 1 ? 2 : 1))
    CASE=$case$size EXPECTED=0 OPTIONS=("$@") SIZE=$size
    SCHEMAS='' COLUMNS_ASIDE='' AUDIT=public.audit_logs
    FOLDER=$HALL/cases/$CASE
    DATABASE=${CASE}_target
    local more=("${OPTIONS[@]}")
    OPTIONS=()
    "case_$case"
    REFERENCE=$FOLDER/reference
    if [ ! -e "$FOLDER/loaded" ]; then
        mkdir -p "$FOLDER"
        "load_$case"
        ask target postgres "create database ${CASE}_start template $DATABASE"
        touch "$FOLDER/loaded"
    fi
    [ -e "$REFERENCE/length" ] || make_reference
    OPTIONS+=("${more[@]}")
    LENGTH=$(cat "$REFERENCE/length")
}

# Many tables, one database on each server.
case_eleva() {
    MAPPING=$FOLDER/eleva.json
    DATABASE_URL_LEGACY=$(uri source "${CASE}_legacy")
    AUDITLOG_DATABASE_URL=$(uri source "${CASE}_audit")
    DATABASE_URL=$(uri target "$DATABASE")
    export DATABASE_URL_LEGACY AUDITLOG_DATABASE_URL DATABASE_URL
}
load_eleva() {
    local side
    for side in source target; do
        PGHOST=$(server_socket $side) PGUSER=postgres "$ROOT/tests/data/eleva/load" -n "$SIZE" -p "$CASE" -d "$FOLDER" >/dev/null
    done
}

# Source and target in one database, tables in a cycle whose constraints must be altered.
case_clinic() {
    MAPPING=$FOLDER/mapping.json SCHEMAS=$'neu\nZentrale' COLUMNS_ASIDE=neu.Benutzer.erstellt_am AUDIT=neu.audit_logs
    CLINIC_DATABASE=$(uri target "$DATABASE")
    export CLINIC_DATABASE
}
load_clinic() {
    PGHOST=$(server_socket target) PGUSER=postgres "$ROOT/tests/data/clinic/load" -n "$SIZE" -o "$FOLDER" "$DATABASE" >/dev/null
}

# Small, with rejects, merges, a cycle, a self reference and a table without a key.
case_small() {
    MAPPING=$FOLDER/mapping.json EXPECTED=7 COLUMNS_ASIDE=public.likes.no
    OPTIONS+=(--max-rejects 50%)
    TORTURE_SOURCE=$(uri source "${CASE}_source")
    TORTURE_TARGET=$(uri target "$DATABASE")
    export TORTURE_SOURCE TORTURE_TARGET
}
load_small() {
    local i
    cp "$ROOT/tests/torture/small/mapping.json" "$FOLDER"
    {
        echo old,new
        for ((i = 1; i <= 2 * SIZE; i++)); do echo "u$i,n$((i > SIZE ? i - SIZE : i))"; done
    } >"$FOLDER/users.csv"
    ask source postgres "create database ${CASE}_source"
    ask target postgres "create database $DATABASE"
    psql -X -q -v ON_ERROR_STOP=1 -v n="$SIZE" -d "$TORTURE_SOURCE" -f "$ROOT/tests/torture/small/source.sql"
    psql -X -q -v ON_ERROR_STOP=1 -v n="$SIZE" -d "$TORTURE_TARGET" -f "$ROOT/tests/torture/small/target.sql"
}

# The same, and its target refuses some of the rows.
case_refused() { case_small; }
load_refused() {
    load_small
    psql -X -q -v ON_ERROR_STOP=1 -d "$TORTURE_TARGET" -f "$ROOT/tests/torture/small/refuses.sql"
    jq '(.tables[] | select(.from == "posts")) += {triggers: "fire", reject_sqlstates: ["P0001"]}
        | (.tables[] | select(.from == "posts") | .columns) += {body: {from: "body", allow_narrowing: "on purpose"}}' \
        "$ROOT/tests/torture/small/mapping.json" >"$FOLDER/mapping.json"
}

# The target as it was before any run.
reset() {
    ask target postgres "drop database if exists $DATABASE with (force)" "create database $DATABASE template ${CASE}_start ${TABLESPACE-}"
}

# ---- tries of the program ----

# vary: other jobs and another size of chunks for the next tries.
vary() {
    one_of 1 2 3 4
    JOBS=$PICK
    one_of '' 1 2 7
    BLOCKS=$PICK
}
JOBS=2 BLOCKS=1

# begin_try [COMMAND...]: the program in the background, in TRY; the command is the case's run unless said.
begin_try() {
    [ $# -gt 0 ] || set -- run --yes --progress none --jobs "$JOBS" "${OPTIONS[@]}" "$MAPPING"
    printf '== %s; chunks of %s blocks\n' "$*" "${BLOCKS:-all}" >>"$HERE/tries"
    IDMIGRATE_CHUNK_BLOCKS=$BLOCKS "${WITH[@]}" "$PROGRAM" "$@" >"$HERE/out" 2>"$HERE/err" </dev/null &
    TRY=$!
    TRY_BEGAN=$SECONDS
}
WITH=(env)
# await_try SECONDS: its exit status, in STATUS. False when it lasts longer; it is ended then.
await_try() {
    local late=0
    # The shell's own word on a process that was killed is not wanted.
    while kill -0 "$TRY"; do
        if [ $((SECONDS - TRY_BEGAN)) -gt "$1" ]; then
            cat /proc/"$TRY"/task/*/wchan >"$HERE/hangs" || true
            kill -ABRT "$TRY"
            late=1
            break
        fi
        sleep 0.01
    done 2>/dev/null
    STATUS=0
    wait "$TRY" 2>/dev/null || STATUS=$?
    cat "$HERE/err" >>"$HERE/tries"
    printf '== exit status %s\n' "$STATUS" >>"$HERE/tries"
    return "$late"
}
# end_try: the same; one that lasts longer than LIMIT hangs.
end_try() { await_try "$LIMIT" || fail "the program hangs: no end after $LIMIT seconds"; }
try() {
    begin_try "$@"
    end_try
}
# stopped_or_done: the last try did its work or said that it can be resumed; nothing else will do.
stopped_or_done() {
    case $STATUS in
    4) grep -q 'hint:' "$HERE/err" || fail 'it stopped without a word on how to go on' ;;
    137 | "$EXPECTED") ;;
    *) fail "exit status $STATUS" ;;
    esac
}

# Unless the last try did: a resume that nothing disturbs must bring the run to its end, whatever came before.
finish() {
    [ "$STATUS" -ne "$EXPECTED" ] || return 0
    wait_ready
    try
    [ "$STATUS" -eq "$EXPECTED" ] || fail "the resumed run ended with $STATUS instead of $EXPECTED"
}

# ---- judgement ----

# describe PART: what tests/data/compare says of tables (content), or of sequences that are behind.
describe() {
    psql -X -q -At -v ON_ERROR_STOP=1 -v schemas="$SCHEMAS" -v tables= -v columns="$COLUMNS_ASIDE" -v part="$1" \
        -d "$(uri target "$DATABASE")" -f "$ROOT/tests/data/compare.sql"
}
describe_tables() { describe content >"$1/tables"; }
describe_target() { # describe_target FOLDER: all of it as text
    describe_tables "$1"
    describe sequences >"$1/sequences"
    psql -X -q -At -v ON_ERROR_STOP=1 -v audit="$AUDIT" -d "$(uri target "$DATABASE")" -f "$ROOT/tests/torture/books.sql" >"$1/books"
}

make_reference() {
    local began
    reset
    began=$(date +%s%3N)
    JOBS=1 BLOCKS='' try
    [ "$STATUS" -eq "$EXPECTED" ] || fail "the undisturbed run ended with $STATUS instead of $EXPECTED"
    mkdir -p "$REFERENCE"
    printf '%s\n' $(($(date +%s%3N) - began)) >"$REFERENCE/took"
    describe_target "$REFERENCE"
    [ ! -s "$REFERENCE/sequences" ] || fail "sequences behind their column: $(cat "$REFERENCE/sequences")"
    grep -q '^events and rows|t$' "$REFERENCE/books" || fail 'the undisturbed run has another number of events than of rows'
    grep -q '^event' "$REFERENCE/books" && grep -q '^table ' "$REFERENCE/tables" || fail 'there is nothing to compare'
    mv "$REFERENCE/took" "$REFERENCE/length"
}

# The target is what the undisturbed run left, row by row, and so are ledger and events.
judge() {
    local what
    mkdir -p "$HERE/found"
    describe_target "$HERE/found"
    for what in tables sequences books; do
        if ! cmp -s "$REFERENCE/$what" "$HERE/found/$what"; then
            diff "$REFERENCE/$what" "$HERE/found/$what" >"$HERE/$what.diff" || true
            fail "$what are not those of an undisturbed run: $(grep -c '^<' "$HERE/$what.diff") lines are missing," \
                "$(grep -c '^>' "$HERE/$what.diff") are too many (found/$what, $what.diff)"
        fi
    done
}
