# shellcheck shell=bash disable=SC2154
# The part of scripts/bench that is about proving: sourced by it, which sets what is not set here.

verify_parts() { "$program" verify last --progress none --run-tables-only --only rows --only ids --only audit "$@"; }
verify_one_job() { verify_parts --jobs 1; }
verify_md5() { sql bench -q -v run="$run" -f scripts/bench.d/verify.sql; }
verify_whole() { "$program" verify last --progress none; }
scan_all() { "$program" scan --source "$BENCH_SOURCE" --ids "$out/users.csv:clerk_user_id,workos_user_id" --progress none; }
# Each table once, as fast as COPY goes.
copy_all() {
    sql bench -A -t -c "select format('copy (select * from %I.%I) to stdout', schemaname, tablename) from pg_tables
            where schemaname in ('legacy', 'app', 'idmigrate')
              and not (schemaname || '.' || tablename)::regclass in (select inhparent from pg_inherits)" |
        while read -r statement; do sql bench -c "$statement" </dev/null; done >/dev/null
}

# verify_time NAME COMMAND: appends "NAME SECONDS KILOBYTES CPU" to the results.
verify_time() {
    local name=$1 began ended
    began=$(date +%s.%N)
    "$2" >"$out/$name.log" 2>&1 || { tail -n 20 "$out/$name.log" >&2; die "$name failed"; }
    ended=$(date +%s.%N)
    echo "$name $(echo "$began $ended" | awk '{printf "%.2f", $2 - $1}') 0 0" | tee -a "$out/results" >&2
}

bench_verify() {
    local round run
    load "$rows"
    for ((round = 1; round <= rounds; round++)); do
        step "Round $round of $rounds"
        measure idmigrate "$rows"
        sql postgres -c 'drop database if exists bench with (force)' -c 'alter database bench_done rename to bench'
        BENCH_SOURCE=$(connection bench)
        export BENCH_SOURCE IDMIGRATE_TARGET=$BENCH_SOURCE
        run=$(sql bench -A -t -c 'select run_id from idmigrate.run')
        sql bench -c 'vacuum (analyze)' -c checkpoint
        # Each reads the same bytes: what was read last profits from the cache, and the order changes nothing then.
        copy_all
        verify_time md5 verify_md5
        verify_time verify verify_parts
        verify_time verify-one-job verify_one_job
        verify_time verify-whole verify_whole
        verify_time copy copy_all
        verify_time scan scan_all
    done
    step "Medians of $rounds rounds, $rows rows, database of $(sql bench -A -t -c 'select pg_size_pretty(pg_database_size(current_database()))')"
    sort -k 1,1 -k 2,2n "$out/results" | awk '
        { if (!($1 in n)) order[++names] = $1; value[$1, ++n[$1]] = $2 }
        END {
            for (i = 1; i <= names; i++) { w = order[i]; median[w] = value[w, int((n[w] + 1) / 2)]; printf "%-18s %8.2f\n", w, median[w] }
            split("verify verify-one-job verify-whole", ours, " ")
            for (i = 1; i <= 3; i++)
                printf "%-18s %.2f of the run, %.2f of md5\n", ours[i], median[ours[i]] / median["idmigrate"], median[ours[i]] / median["md5"]
            printf "%-18s %.2f of copy\n", "scan", median["scan"] / median["copy"]
        }' | tee "$out/verify.txt"
}
