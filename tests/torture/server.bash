# shellcheck disable=SC2034,SC2153,SC2015,SC2119,SC2120 # files of scripts/torture share variables
# What a server may lack or refuse for a while.

scenario disk-full 'the target runs out of disk, gets more, and runs out again'
torture_disk_full() {
    local disk=$HALL/disk start grown step
    use small "$SMALL"
    mkdir -p "$disk"
    mount -t tmpfs -o size=512m none "$disk" 2>/dev/null || skip 'this machine lets nobody mount a small disk here (it takes root)'
    trap 'drop_disk' EXIT
    mkdir -m 0700 "$disk/space"
    [ "$(id -u)" -ne 0 ] || chown postgres: "$disk/space"
    ask target postgres "create tablespace small_disk location '$disk/space'"
    TABLESPACE='tablespace small_disk'
    # How much a whole run needs.
    reset
    start=$(used_of "$disk")
    try
    [ "$STATUS" -eq "$EXPECTED" ] || fail "exit status $STATUS"
    grown=$(($(used_of "$disk") - start))
    reset
    local stops=0
    for step in 10 35 60 85; do
        mount -o "remount,size=$((start + grown * step / 100))k" "$disk"
        vary
        try
        [ "$STATUS" -eq 4 ] || continue
        stopped_or_done
        stops=$((stops + 1))
        # A disk that is full already may keep the server from taking a connection.
        grep -qE 'disk is full|could not write' "$HERE/err" || fail 'it did not say that the disk is full'
    done
    [ "$stops" -gt 0 ] || fail 'the disk was never full'
    mount -o remount,size=512m "$disk"
    finish
    judge
    summary "$stops times full"
}
used_of() { du -sk "$1" | cut -f 1; }
drop_disk() {
    ask target postgres "drop database if exists $DATABASE with (force)" 'drop tablespace if exists small_disk' || true
    TABLESPACE=''
    reset || true
    umount "$HALL/disk"
}

scenario connections-out 'max_connections of the target is reached by the first, second, ... connection'
torture_connections_out() {
    local most needed='' stops=0 firsts='3 5'
    use small "$SMALL"
    [ "$LONG" = no ] || firsts='1 2 3 4 5 6 7 8'
    reset
    for most in $firsts 12; do
        ask target postgres "alter system set max_connections = $most" 'alter system set superuser_reserved_connections = 0' \
            'alter system set max_wal_senders = 0'
        pg_ctl target restart -m fast
        JOBS=4
        try
        case $STATUS in
        4)
            stops=$((stops + 1))
            grep -qE 'too many clients|no free connection' "$HERE/err" || fail 'it did not say that there are no connections'
            ;;
        "$EXPECTED") needed=$most ;;
        *) fail "exit status $STATUS with $most connections" ;;
        esac
        printf '%s connections: exit status %s\n' "$most" "$STATUS"
    done
    server_reset target
    pg_ctl target restart -m fast
    [ "$stops" -gt 0 ] && [ -n "$needed" ] || fail "stopped $stops times"
    finish
    judge
    summary "$stops times too few"
}

scenario role-settings 'the role has short time-outs and settings that change what texts mean'
torture_role_settings() {
    local side setting
    use small "$SMALL"
    reset
    for side in source target; do
        # Short, but long enough for the few statements with which a pooler is looked for before any setting is sent.
        for setting in statement_timeout=200 lock_timeout=50 idle_in_transaction_session_timeout=500 \
            default_transaction_isolation=serializable default_transaction_read_only=on DateStyle=German TimeZone=Asia/Kathmandu \
            extra_float_digits=-15 row_security=on synchronize_seqscans=on client_min_messages=debug5; do
            ask "$side" postgres "alter role postgres set ${setting%%=*} = '${setting#*=}'" 2>/dev/null ||
                PGOPTIONS='-c default_transaction_read_only=off -c statement_timeout=0 -c idle_session_timeout=0' \
                    psql -X -q -d "$(uri "$side" postgres)" -c "alter role postgres set ${setting%%=*} = '${setting#*=}'"
        done
    done
    vary
    try
    for side in source target; do
        PGOPTIONS='-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c idle_session_timeout=0' \
            psql -X -q -d "$(uri "$side" postgres)" -c 'alter role postgres reset all'
    done
    [ "$STATUS" -eq "$EXPECTED" ] || fail "exit status $STATUS"
    finish
    judge
}

# in_the_way SQL: another session of the target's, in the background.
in_the_way() {
    spawn env PGOPTIONS='-c deadlock_timeout=1min' psql -X -q -v ON_ERROR_STOP=1 -d "$(uri target "$DATABASE")" -c "$1"
}

scenario deadlock 'another writer takes the same locks the other way round'
torture_deadlock() {
    local before after
    use small 240
    reset
    before=$(ask target postgres "select coalesce(sum(deadlocks), 0) from pg_stat_database")
    vary
    BLOCKS=1
    begin_try
    wait_until target "$DATABASE" "select count(*) > 0 from idmigrate.chunk"
    # From the first chunk on: the events' table is taken until a chunk waits for it, then what that chunk has.
    in_the_way "do \$\$ begin
        loop
            perform pg_sleep(0.01);
            exit when exists (select from idmigrate.chunk where state = 'done');
        end loop;
        lock table public.audit_logs in share mode;
        loop
            perform pg_sleep(0.01);
            exit when exists (select from pg_locks where not granted and relation = 'public.audit_logs'::regclass);
        end loop;
        lock table public.people, public.teams, public.projects, public.posts, public.replies, public.likes in access exclusive mode;
    end \$\$"
    end_try
    stopped_or_done
    after=$(ask target postgres "select coalesce(sum(deadlocks), 0) from pg_stat_database")
    end_spawned
    finish
    judge
    for ((i = 0; i < 50 && after <= before; i++)); do # counters come with a delay
        after=$(ask target postgres "select coalesce(sum(deadlocks), 0) from pg_stat_database")
        sleep 0.1
    done
    [ "$after" -gt "$before" ] || fail 'there was no deadlock'
    summary "$((after - before)) deadlocks"
}

scenario lock-held 'another session holds a lock longer than the program waits for one'
torture_lock_held() {
    use small 240
    reset
    vary
    BLOCKS=1
    begin_try
    wait_until target "$DATABASE" "select count(*) > 0 from idmigrate.chunk where state = 'done'"
    in_the_way "begin; lock table public.posts, public.likes in access exclusive mode; select pg_sleep(7); commit"
    end_try
    stopped_or_done
    end_spawned
    finish
    judge
}

# begin_standby: a hot standby of the source, which cancels what is in the way of replay.
begin_standby() {
    "$ROOT/tests/support/server" start --owner $$ --durable --set fsync=off --standby-of "$HALL/source" \
        --set max_standby_streaming_delay=0 --set hot_standby_feedback=off "$HALL/standby"
    wait_until standby postgres 'select pg_is_in_recovery()'
}
# Both servers have the same state.
catch_up() {
    local at
    at=$(ask source postgres 'select pg_current_wal_lsn()')
    wait_until standby postgres "select pg_last_wal_replay_lsn() >= '$at'"
}

scenario standby-conflict 'the source is a hot standby; replay cancels what the program reads'
torture_standby_conflict() {
    local moment conflicts=0
    use small "$SMALL"
    begin_standby
    for ((moment = 1; moment <= MOMENTS; moment++)); do
        reset
        vary
        catch_up
        WITH=(env TORTURE_SOURCE="$(uri standby "${CASE}_source")")
        begin_try
        below "$LENGTH"
        sleep "$(printf '%d.%03d' $((PICK / 1000)) $((PICK % 1000)))"
        # The rows stay what they are; where they are does not, and their old versions go. Likes have no key by which a row that has
        # moved could be known again: such a table is not gone on with.
        ask source "${CASE}_source" 'update posts set body = body' 'vacuum posts' 'vacuum full people'
        end_try
        [ "$STATUS" -ne 4 ] || conflicts=$((conflicts + 1))
        printf 'after %s ms: exit status %s\n' "$PICK" "$STATUS"
        stopped_or_done
        catch_up
        finish
        judge
    done
    WITH=(env)
    "$ROOT/tests/support/server" stop "$HALL/standby"
    summary "$MOMENTS moments, $conflicts conflicts"
}

scenario standby-replay 'the source is a hot standby; changes are replayed between kill and resume'
torture_standby_replay() {
    use small 240
    begin_standby
    reset
    BLOCKS=1
    WITH=(env TORTURE_SOURCE="$(uri standby "${CASE}_source")" IDMIGRATE_FAILPOINT=chunk-committed:9)
    try
    [ "$STATUS" -eq 137 ] || fail "exit status $STATUS"
    ask source postgres "create database ${CASE}_before template ${CASE}_source"
    ask source "${CASE}_source" "update people set note = 'changed' where id <= 20" \
        "update posts set body = 'changed' where id % 3 = 0" "delete from replies where id in (select id from replies where parent is not null
            and not exists (select from replies child where child.parent = replies.id) order by id limit 5)" 'vacuum posts'
    catch_up
    WITH=(env TORTURE_SOURCE="$(uri standby "${CASE}_source")")
    finish
    mkdir -p "$HERE/resumed" "$HERE/whole"
    describe_target "$HERE/resumed"
    # What a run makes of the changed source when nothing disturbs it.
    reset
    WITH=(env)
    try
    [ "$STATUS" -eq "$EXPECTED" ] || fail "exit status $STATUS"
    describe_target "$HERE/whole"
    "$ROOT/tests/support/server" stop "$HALL/standby"
    ask source postgres "drop database ${CASE}_source with (force)" "alter database ${CASE}_before rename to ${CASE}_source"
    diff "$HERE/whole/tables" "$HERE/resumed/tables" >"$HERE/tables.diff" || fail 'the resumed run left another target (tables.diff)'
}
