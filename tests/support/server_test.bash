#!/usr/bin/env bash
# The server fixture leaves nothing behind, however its owner ends, and touches nothing it did not make.
set -euo pipefail

server=$(cd "$(dirname "$0")" && pwd)/server
folder=$(mktemp -u /tmp/idmigrate-fixture-XXXXXX)
trap '"$server" stop "$folder" 2>/dev/null || rm -rf "$folder"' EXIT

fail() {
    echo "FAILED at line ${BASH_LINENO[0]}: $*"
    exit 1
}
# Processes whose command line names the folder.
left() {
    local process words
    for process in /proc/[0-9]*; do
        { mapfile -d '' -t words <"$process/cmdline"; } 2>/dev/null || continue
        if [[ ${words[*]} == *"$folder"* ]]; then printf '%s\n' "${words[*]}"; fi
    done
}
gone() { [ ! -e "$folder" ] && [ -z "$(left)" ]; }
wait_gone() {
    local tries
    for tries in {1..100}; do
        if gone; then return; fi
        sleep 0.1
    done
    fail "still there after $tries tries: $(ls -d "$folder" 2>/dev/null) $(left)"
}

# It answers, on the socket alone, and ends with its command.
ports=$("$server" run "$folder" psql -X -A -t -h "$folder/socket" -U postgres -d postgres -c 'show listen_addresses')
[ -z "$ports" ] || fail "it listens on $ports"
wait_gone

# The command's exit status is that of run, and the server ends all the same.
status=0
"$server" run "$folder" sh -c 'exit 3' || status=$?
[ "$status" -eq 3 ] || fail "exit status $status instead of 3"
wait_gone

# The programs are those of the folder that is named.
bin=$(dirname "$(find /usr/lib/postgresql -path '*/bin/initdb' | sort -V | head -n 1)")
found=$("$server" run --bin "$bin" "$folder" cat "$folder/bin")
[ "$found" = "$bin" ] || fail "it runs $found"
wait_gone
if "$server" run --bin /nowhere "$folder" true 2>/dev/null; then fail "a server without programs started"; fi
wait_gone

# An owner that is killed cannot clean up: the watcher does.
sleep 300 &
owner=$!
"$server" start --owner "$owner" "$folder"
[ -S "$folder/socket/.s.PGSQL.5432" ] || fail "there is no socket"
kill -9 "$owner"
wait "$owner" 2>/dev/null || true
wait_gone

# A start in the place of one that was not stopped replaces it.
"$server" start --owner $$ "$folder"
"$server" start --owner $$ "$folder"
psql -X -q -h "$folder/socket" -U postgres -d postgres -c 'select 1' >/dev/null || fail "the second server does not answer"
"$server" stop "$folder"
gone || fail "stop left $(left)"

# What it did not make stays.
mkdir "$folder"
echo mine >"$folder/file"
if "$server" start "$folder" 2>/dev/null; then fail "it took over a folder it did not make"; fi
if "$server" stop "$folder" 2>/dev/null; then fail "it removed a folder it did not make"; fi
[ "$(cat "$folder/file")" = mine ] || fail "the file is gone"
rm -r "$folder"
