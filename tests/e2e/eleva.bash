# The Eleva case for end-to-end tests.
[ -n "${WORK-}" ] || . "$SOURCE_DIR/tests/support/e2e.bash"

# eleva_load PREFIX [options of tests/data/eleva/load...]: three databases, the mappings in $WORK/PREFIX, and PREFIX_start,
# a copy of the target as it was.
eleva_load() {
    local prefix=$1 shown
    shift
    shown=$("$SOURCE_DIR/tests/data/eleva/load" -p "$prefix" -d "$WORK/$prefix" "$@" 2>"$WORK/err") || fail "the case was not loaded"
    made_databases+=("${prefix}_legacy" "${prefix}_audit" "${prefix}_target")
    set -a
    eval "$shown"
    set +a
    fresh_database "${prefix}_start" "${prefix}_target"
}

# eleva_oracle PREFIX: PREFIX_oracle, what the sources as they are now must become in the target as it was.
eleva_oracle() {
    made_databases+=("$1_oracle")
    "$SOURCE_DIR/tests/data/eleva/oracle" "$DATABASE_URL_LEGACY" "${2:-$AUDITLOG_DATABASE_URL}" "$1_start" "$1_oracle" \
        "$WORK/$1/users.csv" >"$WORK/out" 2>"$WORK/err" || fail "the oracle failed"
}

# eleva_reset PREFIX: the target as it was before any run.
eleva_reset() {
    psql -X -q -d postgres -v ON_ERROR_STOP=1 -c "set client_min_messages = warning" \
        -c "drop database if exists \"$1_target\" with (force)" -c "create database \"$1_target\" template \"$1_start\""
}

# assert_is_oracle PREFIX [without-log]: the target holds what hand-written SQL says.
assert_is_oracle() {
    local compare=("$SOURCE_DIR/tests/data/eleva/compare")
    [ "${2-}" != without-log ] || compare=("$SOURCE_DIR/tests/data/compare" -m 8)
    "${compare[@]}" "$1_target" "$1_oracle" >"$WORK/compared" 2>&1 || fail "$(cut -c1-400 "$WORK/compared")"
}

# Source rows of the tables that have events, those with one event of a first outcome, and events all told.
eleva_source_rows() {
    query "$DATABASE_URL_LEGACY" 'select (select count(*) from categories) + (select count(*) from users) + (select count(*) from events)
        + (select count(*) from schedules) + (select count(*) from "scheduleAvailabilities") + (select count(*) from profiles)
        + (select count(*) from meetings) + (select count(*) from records) + (select count(*) from payment_transfers)
        + (select count(*) from scheduling_settings) + (select count(*) from blocked_dates) + (select count(*) from slot_reservations)'
}
# assert_one_event_per_row PREFIX: no source row has two events, and there are as many as source rows.
assert_one_event_per_row() {
    local found
    found=$(query "$1_target" "select count(*), coalesce(max(n), 0), sum(n) from (
        select count(*) as n from audit_logs where action in ('ROW_MIGRATED', 'ROW_MERGED', 'ROW_SKIPPED', 'ROW_REJECTED')
        group by metadata ->> 'table', metadata ->> 'source', metadata ->> 'source_key_digest') as by_row")
    local rows
    rows=$(eleva_source_rows)
    assert_equal "$found" "$rows|1|$rows"
}
