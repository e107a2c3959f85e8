# Trails and queries of a log of 500,000 events over 24 months go by indexes, whatever is asked for. How long they take is
# printed and not judged: the machine may be anybody's. scripts/bench audit measures.
. "$SOURCE_DIR/tests/support/e2e.bash"

database=audit_plans
fresh_database "$database"
export IDMIGRATE_TARGET="host=$PGHOST user=postgres dbname=$database"
psql -X -q -d "$database" -v ON_ERROR_STOP=1 -v rows="${AUDIT_EVENTS:-500000}" -v months=24 \
    -v start="$(date -u -d "$(date -u +%Y-%m-01) -24 months" +%F)" -f "$SOURCE_DIR/tests/data/audit/log.sql" >/dev/null

# scans: how often a month with many events was read from its beginning to its end.
scans() {
    query "$database" "select coalesce(sum(s.seq_scan), 0) from pg_stat_user_tables as s join pg_class as c on c.oid = s.relid
        where c.relispartition and c.reltuples > 1000"
}
# Counters come when a session has ended for the server too.
settle() {
    local i
    for ((i = 0; i < 100; i++)); do
        [ "$(query "$database" "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
            and backend_type = 'client backend'")" != 0 ] || return 0
        sleep 0.05
    done
    fail 'a session does not end'
}

# by_index EVENTS COMMAND...: at least so many events are found, and no month is read as a whole.
by_index() {
    local least=$1 before began=$EPOCHREALTIME
    shift
    before=$(scans)
    began=$EPOCHREALTIME
    idmigrate audit "$@"
    printf '%-70s %s ms\n' "$*" "$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", (b - a) * 1000 }')"
    assert_exit 0
    [ "$(grep -c . "$WORK/out")" -ge "$least" ] || fail "fewer than $least events"
    settle
    assert_equal "$*: $(scans) scans" "$*: $before scans"
}

settle
read -r type id actor < <(query "$database" "select resource_type || ' ' || resource_id || ' ' || actor_id from audit_logs limit 1")
by_index 2 trail "$type" "$id"
by_index 20 trail --user "$actor"
by_index 50 query --tenant org_1
by_index 20 query --actor "$actor"
by_index 50 query --tenant org_2 --limit 3000
by_index 50 query --tenant org_2 --action PROFILE_UPDATED --since "$(date -u -d '-90 days' +%F)" --until "$(date -u -d '-60 days' +%F)"
by_index 50 query --tenant org_1 --until "$(date -u -d '-300 days' +%F)"

# A page that reaches over the months behind which others are asked, is the same page.
idmigrate audit query --actor "$actor" --limit 400 --until "$(date -u -d '-2 days' +%F)"
assert_equal "$(sed 's/.*event //' "$WORK/out" | md5sum)" "$(query "$database" "select id from audit_logs where actor_id = '$actor'
    and recorded_at < '$(date -u -d '-2 days' +%F)' order by recorded_at desc, id desc limit 400" | md5sum)"
