# What end-to-end tests have in common. A test is a bash script that begins with
#
#     . "$SOURCE_DIR/tests/support/e2e.bash"
#
# and then says what it wants; the first thing that is not so ends it with a word on what was found.
# Given by ctest: IDMIGRATE (the program), IDMIGRATE_TEST_HOST (the server), SOURCE_DIR.
# The test has a folder of its own, WORK, removed at the end with the databases that it made.
set -euo pipefail

: "${IDMIGRATE:?not set: run this through ctest}" "${IDMIGRATE_TEST_HOST:?}" "${SOURCE_DIR:?}"
. "$SOURCE_DIR/tests/support/clients.bash"
export PGHOST=$IDMIGRATE_TEST_HOST PGUSER=postgres
WORK=$(mktemp -d "${TMPDIR:-/tmp}/idmigrate-e2e-XXXXXX")
cd "$WORK"

made_databases=()
e2e_finish() {
    local status=$? name
    for name in "${made_databases[@]}"; do
        psql -X -q -d postgres -c "drop database if exists \"$name\" with (force)" 2>/dev/null || true
    done
    cd /
    rm -rf "$WORK"
    exit "$status"
}
trap e2e_finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Ends the test. Shows what the program said last.
fail() {
    printf 'FAILED at line %s of %s: %s\n' "${BASH_LINENO[1]}" "${BASH_SOURCE[2]:-$0}" "$*" >&2
    if [ -e "$WORK/out" ]; then
        printf -- '--- exit status %s; standard output:\n%s\n--- standard error:\n%s\n' \
            "${STATUS-}" "$(head -c 8000 "$WORK/out")" "$(tail -c 8000 "$WORK/err")" >&2
    fi
    exit 1
}

# run COMMAND...: runs it with nothing on standard input; then STATUS, and the files $WORK/out and $WORK/err.
run() {
    STATUS=0
    "$@" >"$WORK/out" 2>"$WORK/err" </dev/null || STATUS=$?
}

# idmigrate ARGUMENTS...: the same for the program.
idmigrate() { run "$IDMIGRATE" "$@"; }

# Every call of the program is followed by the status it must have had.
assert_exit() { [ "$STATUS" -eq "$1" ] || fail "exit status $STATUS instead of $1"; }

# assert_contains out|err|FILE TEXT / assert_lacks: TEXT is literal, not a pattern.
assert_contains() { grep -qF -- "$2" "$(e2e_file "$1")" || fail "$1 does not contain: $2"; }
assert_lacks() { ! grep -qF -- "$2" "$(e2e_file "$1")" || fail "$1 contains: $2"; }
# assert_matches out|err|FILE PATTERN: an extended regular expression in one line.
assert_matches() { grep -qE -- "$2" "$(e2e_file "$1")" || fail "$1 has no line that matches: $2"; }
assert_equal() { [ "$1" = "$2" ] || fail "\"$1\" instead of \"$2\""; }
# assert_json out|FILE FILTER EXPECTED: what jq makes of it.
assert_json() {
    local found
    found=$(jq -r "$2" "$(e2e_file "$1")") || fail "$1 is not JSON, or $2 does not apply"
    [ "$found" = "$3" ] || fail "$2 is \"$found\" instead of \"$3\""
}
# assert_same_files EXPECTED FOUND
assert_same_files() { diff -u "$1" "$2" >&2 || fail "$2 is not as $1"; }

e2e_file() {
    case $1 in
    out | err) printf '%s\n' "$WORK/$1" ;;
    *) printf '%s\n' "$1" ;;
    esac
}

# fresh_database NAME [TEMPLATE]: a database until the end of the test; one left by a crashed test is replaced.
# Tests run at the same time: a name begins with that of the test.
fresh_database() {
    made_databases+=("$1")
    psql -X -q -d postgres -v ON_ERROR_STOP=1 -c "set client_min_messages = warning" \
        -c "drop database if exists \"$1\" with (force)" \
        -c "create database \"$1\" template \"${2:-template0}\""
}

# load DATABASE FILE [NAME=VALUE...]: a file of SQL below the source's root, with psql variables.
load() {
    local database=$1 file=$2 options=() variable
    shift 2
    for variable in "$@"; do options+=(-v "$variable"); done
    psql -X -q -d "$database" -v ON_ERROR_STOP=1 "${options[@]}" -f "$SOURCE_DIR/$file" >/dev/null
}

# query DATABASE SQL: the answer as bare text, columns parted by |.
query() { psql -X -q -A -t -d "$1" -v ON_ERROR_STOP=1 -c "$2"; }

# conninfo DATABASE: as --source and --target take it.
conninfo() { printf 'host=%s user=postgres dbname=%s\n' "$PGHOST" "$1"; }

# digest DATABASE: everything in it as one line, state tables and sequences included: to show that nothing changed.
digest() {
    pg_dump --no-sync --dbname "$1" | grep -vE '^(--|\\(un)?restrict )' | sha256sum | cut -d ' ' -f 1
}
