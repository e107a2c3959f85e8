# An ID map of a million users on each side, from a dashboard's CSV and API pages as NDJSON: how long idmap build takes
# and how much memory, and what a look-up in the finished map costs a run.
#
#   scripts/bench idmap [--users N] [--rounds N] [IDMIGRATE]
#
# Prints seconds and peak memory of each of --rounds (5) builds and their median, and nanoseconds a look-up by the function
# that a run calls for each ID, in random order. Wanted: 15 s, 500 MB and 150 ns for a million.
# Included by scripts/bench, with lib.bash and the rest of the arguments.
# shellcheck shell=bash

users=1000000 rounds=5 program=''
take_numbers users rounds -- "$@"
command -v /usr/bin/time >/dev/null || scripts/setup --with-bench
folder=$(build release idmigrate bench_idmap)
[ -n "$program" ] || program=$folder/src/idmigrate
bench=$folder/scripts/bench.d/bench_idmap
work=$(mktemp -d "${TMPDIR:-/tmp}/idmigrate-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "Two exports of $users users"
"$bench" make "$users" "$work/old.csv" "$work/new.ndjson"
du -h "$work"/* | sed "s|$work/||" >&2

step "Building"
for ((i = 1; i <= rounds; i++)); do
    /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$program" idmap build "$work/old.csv" "$work/new.ndjson" --output "$work/map" \
        >"$work/out" 2>"$work/err" || die "$(cat "$work/err")"
    cat "$work/time"
done | awk '{ printf "%.1f s (%.1f s user, %.1f s system), %.0f MB\n", $1, $2, $3, $4 / 1024; print $1 | "sort -n >'"$work"'/seconds" }'
awk '{ v[NR] = $1 } END { printf "median %.1f s\n", v[int((NR + 1) / 2)] }' "$work/seconds"
sed -n '/^users/,/^$/p' "$work/out"

step "Looking up"
"$bench" find "$work/map/users.csv" "$rounds"
