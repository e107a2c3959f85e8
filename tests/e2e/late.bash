# Rows that the application writes or takes away between the decision on rows that meet in a key and their writing.
. "$SOURCE_DIR/tests/support/e2e.bash"

export IDMIGRATE_CHUNK_BLOCKS=1

# begin NAME DO TARGET_ROWS: rows 1 to 40 of o1 to o40 in several chunks; o40 is the same person as o1, and wins.
# A run is killed when the first chunk is in.
begin() {
    source=late_$1_s target=late_$1_t mapping=$WORK/$1.json
    fresh_database "$source"
    fresh_database "$target"
    export SRC="host=$PGHOST user=postgres dbname=$source" DST="host=$PGHOST user=postgres dbname=$target"
    query "$source" "create table w (id int primary key, owner text, n int, pad text);
        insert into w select i, 'o' || i, i, repeat('x', 1000) from generate_series(1, 40) as i" >/dev/null
    query "$target" "create table w (id int primary key, owner text unique, n int, pad text); $3" >/dev/null
    query "$source" "copy (select 'old,new' union all select 'o' || i || ',n' || case i when 40 then 1 else i end
        from generate_series(1, 40) as i) to stdout" >users.csv
    jq -n --argjson merge "$2" '{version: 1, name: "late", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {many_to_one: "accounts of one person", file: {path: "users.csv", old_column: "old", new_column: "new"}}},
        tables: [{from: "w", on_conflict: ({key: ["owner"]} + $merge), winner: {by: "n", dir: "highest"},
            columns: {owner: {from: "owner", resolve: "user"}}}]}' >"$mapping"
    IDMIGRATE_FAILPOINT=chunk-committed:1 run "$IDMIGRATE" run --yes --jobs 1 --progress none "$mapping"
    assert_exit 137
    [ "$(query "$target" "select count(*) from w where owner = 'n30'")" = "${4-0}" ] || fail 'the row is written already'
}
resume() { idmigrate run --yes --progress none "$mapping"; }
# assert_proved [EVENTS]: no row has more events of what became of it.
assert_proved() {
    assert_exit 0
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
    assert_equal "$(query "$target" "select sum(rows_read), sum(rows_written + rows_merged + rows_skipped) from idmigrate.chunk where state = 'done'")" '40|40'
    assert_equal "$(query "$target" "select count(*), max(n) from (select count(*) filter (where action <> 'ROW_REMOVED' and action <> 'ROW_UPDATED')
        - count(*) filter (where action = 'ROW_REMOVED') as n from audit_logs group by metadata ->> 'source_key_digest') as by_row")" "40|${1-1}"
}
event_of() { query "$target" "select action, reason_code, resource_id from audit_logs where resource_id = '$1' and action <> 'ROW_MIGRATED' order by id desc limit 1"; }

a_row_that_is_there_now_is_not_written_again() {
    begin skip '{"do": "skip"}' ''
    query "$target" "insert into w values (1000, 'n30', 7, 'of the application')" >/dev/null
    resume
    assert_proved
    assert_equal "$(query "$target" "select id, n from w where owner = 'n30'")" '1000|7'
    assert_equal "$(event_of 1000)" 'ROW_SKIPPED|row_exists|1000'
    assert_equal "$(query "$target" 'select max(pass) from idmigrate.run_table')" 0
}

a_row_that_is_there_now_is_updated() {
    begin update '{"do": "update", "set": ["n"]}' ''
    query "$target" "insert into w values (1000, 'n30', 7, 'of the application')" >/dev/null
    resume
    assert_proved
    assert_equal "$(query "$target" "select id, n, pad from w where owner = 'n30'")" '1000|30|of the application'
    assert_equal "$(event_of 1000)" 'ROW_MERGED|row_exists|1000'
}

a_row_that_was_to_be_updated_and_is_gone_is_written() {
    begin gone '{"do": "update", "set": ["n"]}' "insert into w values (1000, 'n30', 7, 'of the application')" 1
    # Verification counts the rows that were there before.
    query "$target" "update w set owner = 'another' where id = 1000" >/dev/null
    resume
    assert_proved
    assert_equal "$(query "$target" "select id, n from w where owner = 'n30'")" '30|30'
}

# o1 was merged into o40 before, and its event says so.
a_row_that_others_were_merged_into_is_decided_on_with_them() {
    begin tied '{"do": "skip"}' ''
    assert_equal "$(event_of 40)" 'ROW_MERGED|same_key|40'
    query "$target" "insert into w values (1000, 'n1', 7, 'of the application')" >/dev/null
    resume
    assert_contains err 'the application changed 1 rows that several source rows meet in: the run goes on, and decides on them anew'
    assert_proved 2
    assert_equal "$(query "$target" "select count(*), min(id) from w where owner = 'n1'")" '1|1000'
    assert_equal "$(query "$target" "select string_agg(action, ' ' order by action) from audit_logs where resource_id = '1000'")" 'ROW_MERGED ROW_SKIPPED'
}

a_late_decision_survives_a_crash() {
    begin crash '{"do": "skip"}' ''
    query "$target" "insert into w values (1000, 'n30', 7, 'of the application'), (1001, 'n35', 7, 'too')" >/dev/null
    IDMIGRATE_FAILPOINT=chunk-decided-late resume
    assert_exit 137
    resume
    assert_proved
    assert_equal "$(query "$target" "select sum(rows_skipped) from idmigrate.chunk where state = 'done'")" 2
}

# come_while NAME TABLE: the application has a row of n30 in hand when the run begins, and commits it while the run waits.
come_while() {
    source=late_$1_s target=late_$1_t mapping=$WORK/$1.json
    fresh_database "$source"
    fresh_database "$target"
    export SRC="host=$PGHOST user=postgres dbname=$source" DST="host=$PGHOST user=postgres dbname=$target"
    query "$source" "create table w (id int primary key, boss int, owner text);
        insert into w select i, nullif(i - 1, 0), 'o' || i from generate_series(1, 40) as i" >/dev/null
    query "$target" "create table w $2" >/dev/null
    query "$source" "copy (select 'old,new' union all select 'o' || i || ',n' || i from generate_series(1, 40) as i) to stdout" >users.csv
    jq -n '{version: 1, name: "late", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "users.csv", old_column: "old", new_column: "new"}}},
        tables: [{from: "w", on_conflict: {key: ["owner"], do: "skip"}, columns: {owner: {from: "owner", resolve: "user"}}}]}' >"$mapping"
    {
        printf '%s\n' "begin; insert into w values (1000, null, 'n30');"
        for _ in {1..600}; do
            [ "$(query "$target" "select count(*) from pg_locks where not granted and locktype = 'transactionid'")" = 0 ] || break
            sleep 0.1
        done
        printf 'commit;\n'
    } | psql -X -q -d "$target" -v ON_ERROR_STOP=1 >/dev/null &
    for _ in {1..100}; do
        [ "$(query "$target" "select count(*) from pg_locks where locktype = 'transactionid' and mode = 'ExclusiveLock'")" = 0 ] || break
        sleep 0.1
    done
    resume
    wait
    assert_exit 0
    assert_equal "$(query "$target" "select id from w where owner = 'n30'")" 1000
    assert_equal "$(query "$target" "select count(*), count(*) filter (where action = 'ROW_SKIPPED' and resource_id = '1000') from audit_logs")" '40|1'
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
}
a_row_that_comes_while_its_chunk_waits_is_decided_on() {
    come_while waits '(id int primary key, boss int, owner text unique)'
}
a_row_that_comes_while_a_table_that_refers_to_itself_waits_is_decided_on() {
    come_while self '(id int primary key, boss int references w, owner text unique)'
}

# A key that nobody decides on stays the target's business.
a_violation_of_another_key_is_no_late_decision() {
    begin other '{"do": "skip"}' ''
    query "$target" "insert into w values (30, 'else', 7, 'of the application')" >/dev/null
    resume
    [ "$STATUS" -ne 0 ] || fail 'a row got lost'
    assert_equal "$(query "$target" "select owner from w where id = 30")" else
}

cases=${*:-a_row_that_is_there_now_is_not_written_again a_row_that_is_there_now_is_updated
    a_row_that_was_to_be_updated_and_is_gone_is_written a_row_that_others_were_merged_into_is_decided_on_with_them
    a_row_that_comes_while_its_chunk_waits_is_decided_on a_row_that_comes_while_a_table_that_refers_to_itself_waits_is_decided_on
    a_late_decision_survives_a_crash a_violation_of_another_key_is_no_late_decision}
for case in $cases; do "$case"; done
