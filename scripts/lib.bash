# What the scripts share: where things are, words to the person, and a private server that always ends.
# Sourced, never run. Sets ROOT and changes to it.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
. tests/support/clients.bash

# Nothing of the caller's own databases can be met by accident.
unset PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGSERVICE PGSERVICEFILE PGOPTIONS \
    IDMIGRATE_SOURCE IDMIGRATE_TARGET

say() { printf '%s\n' "$*" >&2; }
step() { printf '\n== %s\n' "$*" >&2; }
die() {
    say "${0##*/}: $*"
    exit 1
}

# build PRESET [TARGET...]: configures and builds; the build's folder is printed. Quiet while all goes well.
build() {
    local preset=$1 target=() folder=build/$1 log
    shift
    [ $# -eq 0 ] || target=(--target "$@")
    mkdir -p "$folder"
    log=$folder/build.log
    if ! { cmake --preset "$preset" && cmake --build --preset "$preset" "${target[@]}"; } >"$log" 2>&1; then
        # From the first failure on; a failed configuration is shown whole.
        if grep -q '^FAILED: ' "$log"; then sed -n '/^FAILED: /,$p' "$log"; else cat "$log"; fi >&2
        die "the build failed (preset $preset)"
    fi
    grep -A 8 'warning:' "$log" >&2 || true
    printf '%s\n' "$ROOT/$folder"
}

# start_server [OPTION...]: a throw-away server until this script ends, whatever ends it. Sets PGHOST and PGUSER.
start_server() {
    local folder
    folder=$(mktemp -u "${TMPDIR:-/tmp}/idmigrate-XXXXXXXX")
    trap 'stop_server' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    server_folder=$folder
    tests/support/server start --owner $$ "$@" "$folder" || die "PostgreSQL did not start"
    export PGHOST=$folder/socket PGUSER=postgres
}

stop_server() {
    if [ -n "${server_folder:-}" ]; then
        tests/support/server stop "$server_folder"
        server_folder=
    fi
}

# sql DATABASE [psql options]: statements from the options or standard input, stopping at the first error.
sql() {
    local database=$1
    shift
    PGOPTIONS='-c client_min_messages=warning' psql -X -q -v ON_ERROR_STOP=1 -d "$database" "$@"
}
