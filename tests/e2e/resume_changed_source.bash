# What happens to a run that was killed when its source changes before it is resumed.
. "$SOURCE_DIR/tests/e2e/eleva.bash"

export IDMIGRATE_CHUNK_BLOCKS=1
eleva_load changed
mapping=$WORK/changed/eleva.json
fresh_database changed_source changed_legacy

# begin POINT: both sides as they were, and a run that was killed there.
begin() {
    eleva_reset changed
    psql -X -q -d postgres -c "drop database changed_legacy with (force)" -c "create database changed_legacy template changed_source"
    IDMIGRATE_FAILPOINT=$1 run "$IDMIGRATE" run --yes --progress none "$mapping"
    assert_exit 137
}
# change SQL: by the old application, meanwhile.
change() { query changed_legacy "$1" >/dev/null; }
resume() {
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
}
assert_as_if_undisturbed() {
    eleva_oracle changed -
    assert_is_oracle changed without-log
}
# Migrated rows have one such event each, unless they were taken back.
assert_one_migration_per_row() {
    assert_equal "$(query changed_target "select coalesce(max(n), 0) from (
        select count(*) filter (where action = 'ROW_MIGRATED') - count(*) filter (where action = 'ROW_REMOVED') as n from audit_logs
        where action like 'ROW\_%' group by metadata ->> 'table', metadata ->> 'source', metadata ->> 'source_key_digest') as by_row")" 1
    assert_equal "$(query changed_target "select coalesce(sum(rows_written), 0) from idmigrate.chunk where state = 'done'")" \
        "$(query changed_target "select count(*) filter (where action = 'ROW_MIGRATED') - count(*) filter (where action = 'ROW_REMOVED') from audit_logs")"
}
count_events() { query changed_target "select count(*) from audit_logs where action = '$1'"; }

an_unchanged_source_goes_on_without_a_second_pass() {
    begin chunk-committed:12
    resume
    assert_as_if_undisturbed
    assert_equal "$(query changed_target 'select max(pass) from idmigrate.run_table')" 0
}

plain_columns_that_changed_are_updated() {
    begin chunk-committed:40
    change "update meetings set \"guestNotes\" = 'changed' where id in (select id from meetings order by id limit 7)"
    change "update events set name = name || ' changed' where id in (select id from events order by id limit 5)"
    resume
    assert_as_if_undisturbed
    assert_one_migration_per_row
    [ "$(count_events ROW_UPDATED)" -gt 5 ] || fail "$(count_events ROW_UPDATED) rows updated"
}

rows_that_change_hands_are_updated() {
    begin chunk-committed:40
    change "update events set \"clerkUserId\" = (select \"clerkUserId\" from events order by id desc limit 1)
        where id in (select id from events order by id limit 5)"
    resume
    assert_as_if_undisturbed
    assert_one_migration_per_row
}

new_rows_are_moved() {
    begin chunk-committed:40
    change "create temp table more as select * from events order by id limit 9;
        update more set id = gen_random_uuid(), slug = 'more-' || slug; insert into events select * from more"
    resume
    assert_as_if_undisturbed
    assert_one_migration_per_row
}

deleted_rows_are_taken_back() {
    begin chunk-committed:69
    change "delete from slot_reservations where id in (select id from slot_reservations order by id limit 9);
        delete from records where id in (select id from records order by id limit 9);
        delete from blocked_dates where id in (select id from blocked_dates order by id limit 9)"
    resume
    assert_as_if_undisturbed
    assert_one_migration_per_row
}

a_parent_and_its_children_are_taken_back_together() {
    begin chunk-committed:56
    change "delete from records where meeting_id in (select id from meetings order by id limit 5);
        delete from meetings where id in (select id from meetings order by id limit 5)"
    resume
    assert_as_if_undisturbed
    assert_one_migration_per_row
}

a_new_row_may_take_the_unique_value_of_one_that_is_gone() {
    begin chunk-committed:40
    change "create temp table again as select * from meetings where \"stripePaymentIntentId\" is not null
            and id not in (select meeting_id from records) order by id limit 3;
        delete from meetings where id in (select id from again);
        update again set id = gen_random_uuid(); insert into meetings select * from again"
    resume
    assert_as_if_undisturbed
    assert_one_migration_per_row
}

rows_that_only_moved_are_not_written_again() {
    begin chunk-committed:40
    change "delete from stripe_processed_events"
    query changed_legacy "update meetings set id = id" >/dev/null
    query changed_legacy "vacuum full meetings" >/dev/null
    query changed_legacy "cluster events using events_pkey" >/dev/null
    resume
    assert_as_if_undisturbed
    assert_one_migration_per_row
    assert_equal "$(count_events ROW_UPDATED)" 0
}

who_wins_is_decided_on_again_for_rows_that_were_not_moved_yet() {
    begin table-decided:2
    change "update users set \"updatedAt\" = now() + interval '1 day' where \"clerkUserId\" in
        (select \"clerkUserId\" from users order by \"clerkUserId\" limit 40)"
    resume
    assert_as_if_undisturbed
}

a_killed_reconciliation_goes_on() {
    begin chunk-committed:40
    change "update meetings set \"guestNotes\" = 'changed'; delete from records where id in (select id from records limit 3)"
    resume_and_die() { IDMIGRATE_FAILPOINT=$1 run "$IDMIGRATE" run --yes --progress none "$mapping"; assert_exit 137; }
    local point
    for point in chunk-claimed chunk-rows-written chunk-ledger-written chunk-committed; do
        resume_and_die "$point:2"
    done
    change "update meetings set \"guestNotes\" = 'changed again' where id in (select id from meetings order by id limit 50)"
    resume
    assert_as_if_undisturbed
    assert_one_migration_per_row
}

a_changed_id_map_holds_for_all_rows_when_it_is_accepted() {
    begin chunk-committed:40
    cp "$WORK/changed/users.csv" "$WORK/users.csv"
    # Somebody with events, whose new ID nobody else has.
    local old
    old=$(query changed_legacy "select clerk_user_id from slot_reservations order by id limit 1")
    sed -i "s/^\($old,user_01\).*/\1JZZZZZZZZZZZZZZZZZZZZZZZ/" "$WORK/changed/users.csv"
    idmigrate run --yes --progress none "$mapping"
    assert_exit 1
    assert_contains err 'ID map user changed since'
    idmigrate run --yes --progress none --accept-changes "$mapping"
    if [ "$STATUS" -eq 0 ]; then
        assert_as_if_undisturbed
        assert_one_migration_per_row
    else
        # Rows that are merged now, and that others refer to, stay: the word is clear.
        assert_exit 1
        assert_contains err 'are now to be merged, skipped or rejected'
    fi
    cp "$WORK/users.csv" "$WORK/changed/users.csv"
}

a_row_that_the_application_changed_meanwhile_is_refused() {
    begin chunk-committed:40
    change "update meetings set \"guestNotes\" = 'changed'"
    query changed_target "update meetings set guest_notes = 'by the new application' where id in
        (select resource_id::uuid from audit_logs where action = 'ROW_MIGRATED' and resource_type = 'appointment' limit 1)" >/dev/null
    idmigrate run --yes --progress none "$mapping"
    assert_exit 1
    assert_contains err '1 rows changed in the source and, since they were moved, changed too in the target'
    assert_equal "$(query changed_target "select count(*) from meetings where guest_notes = 'by the new application'")" 1
}

cases=${*:-an_unchanged_source_goes_on_without_a_second_pass plain_columns_that_changed_are_updated rows_that_change_hands_are_updated
    new_rows_are_moved deleted_rows_are_taken_back a_parent_and_its_children_are_taken_back_together
    a_new_row_may_take_the_unique_value_of_one_that_is_gone rows_that_only_moved_are_not_written_again
    who_wins_is_decided_on_again_for_rows_that_were_not_moved_yet a_killed_reconciliation_goes_on
    a_changed_id_map_holds_for_all_rows_when_it_is_accepted a_row_that_the_application_changed_meanwhile_is_refused}
for case in $cases; do "$case"; done
