# An audit log of 5 million events over 24 months: how fast it is sealed and verified, and how long trails and queries
# take, each as a whole command with its connections.
#
#   scripts/bench audit [--events N] [--uses N] [IDMIGRATE]
#
# Prints events a second and the 50th and 95th percentile of --uses (100) commands of each kind.
# Included by scripts/bench, with lib.bash and the rest of the arguments.
# shellcheck shell=bash

events=5000000 uses=100 program=''
take_numbers events uses -- "$@"
[ -n "$program" ] || program=$(build release idmigrate)/src/idmigrate
start_server --durable --set shared_buffers=1GB --set max_wal_size=8GB --set checkpoint_timeout=30min
sql postgres -c 'create database audit_bench'
export IDMIGRATE_TARGET="dbname=audit_bench"
step "Loading $events events"
sql audit_bench -v rows="$events" -v months=24 -v start="$(date -u -d "$(date -u +%Y-%m-01) -24 months" +%F)" -f tests/data/audit/log.sql >/dev/null
sql audit_bench -c 'vacuum (analyze) audit_logs'

step "Sealing and verifying"
"$program" audit seal 2>/dev/null
for _ in 1 2 3; do
    "$program" audit verify --json 2>/dev/null |
        jq -r '"verified \(.events) events in \(.seconds * 10 | round / 10) s: \(.events / .seconds | round) a second"'
done

# percentiles NAME: of the seconds on standard input.
percentiles() {
    sort -n | awk -v name="$1" '{ v[NR] = $1 } END {
        p50 = v[int((NR + 1) / 2)]; p95 = v[int(NR * 0.95 + 0.999999)]
        printf "%-30s %d uses, 50th percentile %.0f ms, 95th %.0f ms\n", name, NR, p50 * 1000, p95 * 1000 }'
}
# timed COMMAND...: its seconds.
timed() {
    local began=$EPOCHREALTIME
    "$@" >/dev/null 2>&1 || die "$* failed"
    awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.6f\n", b - a }'
}
# each NAME COMMAND...: with @ replaced by a random number below 1,000.
each() {
    local name=$1 i
    shift
    for ((i = 0; i < uses; i++)); do timed "$program" "${@//@/$((RANDOM % 1000))}"; done | percentiles "$name"
}

step "Reading"
each 'trail of a thing' audit trail medical_record r@
each 'trail of a person' audit trail --user user_@
each 'query by tenant' audit query --tenant org_1
each 'query by actor' audit query --actor user_@
each 'query by tenant, action, time' audit query --tenant org_2 --action PROFILE_UPDATED --since "$(date -u -d "-90 days" +%F)" --until "$(date -u -d "-60 days" +%F)"
each 'query without conditions' audit query
stop_server
