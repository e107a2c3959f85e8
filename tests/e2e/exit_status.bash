# Every exit status that a run can have, and what is said with it.
. "$SOURCE_DIR/tests/e2e/eleva.bash"

eleva_load status -v plant_unresolved=1
mapping=$WORK/status/eleva.json
anew() { eleva_reset status; }
count() { query status_target "$1"; }
assert_nothing_written() { assert_equal "$(count "select count(*) from pg_namespace where nspname = 'idmigrate'")" 0; }
# corrupt SQL: as no application would, past triggers.
corrupt() { count "set session_replication_role = replica; $1" >/dev/null; }

without_a_terminal_or_yes_nothing_is_written() {
    idmigrate run "$mapping"
    assert_exit 1
    assert_contains err 'nothing was written: there is no terminal to ask on'
    assert_contains err '--yes'
    assert_nothing_written
}

wrong_command_lines_end_with_2() {
    local line
    for line in '' 'nothing' 'run' 'run a b' 'run --no-such a' 'run --max-rejects x a' 'run --max-rejects 200% a' \
        'run --progress loud a' 'check --sample 0 a' 'report --format pdf' 'run --yes=1 a' 'run --target'; do
        # shellcheck disable=SC2086
        idmigrate $line
        assert_exit 2
    done
}

a_connection_that_nobody_named_ends_with_2() {
    DATABASE_URL='' idmigrate run --yes "$mapping"
    assert_exit 2
    assert_contains err 'DATABASE_URL'
}

a_source_that_the_mapping_does_not_know_ends_with_2() {
    idmigrate run --yes --source "apps=$DATABASE_URL_LEGACY" --source "app=$DATABASE_URL_LEGACY" "$mapping"
    assert_exit 2
    assert_contains err '--source'
}

a_password_in_an_argument_is_refused_and_not_repeated() {
    local option
    for option in --target --source; do
        idmigrate run --yes "$option" 'postgresql://me:hush-hush@/x' "$mapping"
        assert_exit 2
        assert_contains err pgpass
        assert_lacks err hush
        idmigrate run --yes "$option" "app=host=x password=hush-hush dbname=x" "$mapping"
        assert_exit 2
        assert_lacks err hush
    done
}

bad_input_files_end_with_3_and_write_nothing() {
    echo '{"version": 1,' >"$WORK/status/broken.json"
    idmigrate run --yes "$WORK/status/broken.json"
    assert_exit 3
    idmigrate run --yes "$WORK/status/missing.json"
    assert_exit 3
    cp "$WORK/status/users.csv" "$WORK/kept.csv"
    sed -n 2p "$WORK/kept.csv" | sed 's/user_[0-9A-Z]*$/user_01JZZZZZZZZZZZZZZZZZZZZZZZ/' >>"$WORK/status/users.csv"
    idmigrate run --yes "$mapping"
    assert_exit 3
    cp "$WORK/kept.csv" "$WORK/status/users.csv"
    assert_nothing_written
}

a_database_that_is_not_there_ends_with_4() {
    idmigrate run --yes --target "$(conninfo no_such_database)" "$mapping"
    assert_exit 4
    idmigrate run --yes --source "app=host=/nowhere dbname=x" "$mapping"
    assert_exit 4
    assert_nothing_written
}

too_many_rejects_stop_the_run_with_8() {
    idmigrate run --yes --progress none "$mapping"
    if [ "$STATUS" -eq 1 ]; then fail "the check refuses what --max-rejects decides on"; fi
    assert_exit 8
    assert_contains err '1 rows rejected, 0 allowed'
    assert_equal "$(count "select state, exit_status from idmigrate.run")" 'stopped|8'
}

a_higher_limit_resumes_it_and_ends_with_7() {
    idmigrate run --yes --progress none --max-rejects 1 "$mapping"
    assert_exit 7
    assert_contains err 'resuming run '
    assert_equal "$(count "select state, exit_status, attempts from idmigrate.run")" 'done|7|2'
    assert_equal "$(count "select count(*) from idmigrate.reject")" 1
    assert_equal "$(count "select count(*) from audit_logs where action = 'ROW_REJECTED'")" 1
    assert_one_event_per_row status
}

a_finished_run_with_rejects_still_ends_with_7() {
    idmigrate run --yes --progress none "$mapping"
    assert_exit 7
    assert_contains err 'this migration is finished'
}

a_percentage_is_a_limit_too() {
    anew
    idmigrate run --yes --progress none --max-rejects 0.5% "$mapping"
    assert_exit 7
}

a_finished_run_is_not_resumed() {
    idmigrate run --yes --resume last "$mapping"
    assert_exit 1
    assert_contains err 'is finished: there is nothing to resume'
}

a_run_that_is_not_there_ends_with_2() {
    idmigrate run --yes --resume 00000000 "$mapping"
    assert_exit 2
    IDMIGRATE_TARGET=$DATABASE_URL idmigrate verify ffffffff
    assert_exit 2
    IDMIGRATE_TARGET=$(conninfo postgres) idmigrate verify
    assert_exit 2
}

# Each line: what is broken. Verification must see it.
planted_corruption_ends_with_5() {
    export IDMIGRATE_TARGET=$DATABASE_URL
    idmigrate verify
    assert_exit 0
    fresh_database status_proved status_target
    local sql
    while IFS= read -r sql; do
        psql -X -q -d postgres -c 'set client_min_messages = warning' -c 'drop database if exists status_target with (force)' \
            -c 'create database status_target template status_proved'
        corrupt "$sql"
        idmigrate verify
        [ "$STATUS" -eq 5 ] || fail "exit status $STATUS after: $sql"
        assert_json <("$IDMIGRATE" report --json) '.verification.verdict' different
    done <<'SQL'
update meetings set guest_name = guest_name || ' ' where id = (select min(id::text)::uuid from meetings where id::text in (select resource_id from audit_logs))
update events set workos_user_id = (select max(workos_user_id) from events) where id::text = (select min(resource_id) from audit_logs where resource_type = 'event' and action = 'ROW_MIGRATED')
delete from records where id::text = (select min(resource_id) from audit_logs where resource_type = 'medical_record')
delete from audit_logs where resource_id = (select min(resource_id) from audit_logs where resource_type = 'appointment')
update audit_logs set new_values = jsonb_set(new_values, '{workos_user_id}', '"user_x"') where resource_id = (select min(resource_id) from audit_logs where resource_type = 'appointment' and action = 'ROW_MIGRATED')
insert into audit_logs select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid()))).* from audit_logs as a where resource_type = 'appointment' and action = 'ROW_MIGRATED' limit 1
select setval(pg_get_serial_sequence('blocked_dates', 'id'), 1)
update blocked_dates set workos_user_id = (select old_id from idmigrate.idmap where map = 'user' limit 1) where id = (select max(id) from blocked_dates)
update idmigrate.idmap set new_id = 'user_01JZZZZZZZZZZZZZZZZZZZZZZZ' where map = 'user' and old_id = (select min(old_id) from idmigrate.idmap where map = 'user')
update idmigrate.chunk set rows_written = rows_written - 1, rows_skipped = rows_skipped + 1 where table_no = 1
SQL
    anew
}

verify_without_its_source_ends_with_6() {
    psql -X -q -d postgres -c 'drop database status_target with (force)' -c 'create database status_target template status_proved'
    IDMIGRATE_TARGET=$DATABASE_URL idmigrate verify --source "app=host=/nowhere dbname=x"
    assert_exit 6
    assert_contains err 'could not be verified'
}

an_unwritable_output_is_not_silent() {
    IDMIGRATE_TARGET=$DATABASE_URL idmigrate report --output /nowhere/report.txt
    assert_exit 6
    run bash -c "IDMIGRATE_TARGET='$DATABASE_URL' '$IDMIGRATE' report >/dev/full"
    assert_exit 6
}

changed_inputs_are_named_before_a_resume() {
    anew
    IDMIGRATE_FAILPOINT=chunk-committed:3 run "$IDMIGRATE" run --yes --max-rejects 1 "$mapping"
    assert_exit 137
    cp "$mapping" "$WORK/kept.json"
    echo ' ' >>"$mapping"
    idmigrate run --yes --max-rejects 1 "$mapping"
    assert_exit 1
    assert_contains err 'the mapping changed since'
    assert_contains err '--accept-changes'
    cp "$WORK/kept.json" "$mapping"
    cp "$WORK/status/users.csv" "$WORK/kept.csv"
    sed -i '$d' "$WORK/status/users.csv"
    idmigrate run --yes --max-rejects 1 "$mapping"
    assert_exit 1
    assert_contains err 'ID map user changed since'
    cp "$WORK/kept.csv" "$WORK/status/users.csv"
    echo ' ' >>"$mapping"
    idmigrate run --yes --max-rejects 1 --accept-changes "$mapping"
    assert_exit 7
    cp "$WORK/kept.json" "$mapping"
}

a_finished_mapping_that_changed_is_not_run_as_if_it_were_new() {
    cp "$mapping" "$WORK/kept.json"
    echo '  ' >>"$mapping"
    idmigrate run --yes --max-rejects 1 "$mapping"
    assert_exit 1
    assert_contains err 'is finished, and the mapping changed since'
    idmigrate run --yes --max-rejects 1 --accept-changes "$mapping"
    assert_exit 7
    assert_contains err 'it is taken up again'
    assert_one_event_per_row status
    cp "$WORK/kept.json" "$mapping"
}

another_source_is_another_run() {
    anew
    IDMIGRATE_FAILPOINT=chunk-committed:3 run "$IDMIGRATE" run --yes --max-rejects 1 "$mapping"
    fresh_database status_other status_legacy
    idmigrate run --yes --source "app=$(conninfo status_other)" "$mapping"
    assert_exit 1
    assert_contains err 'its source was another database'
}

secrets_stay_out_of_what_is_said_and_stored() {
    anew
    local uri="postgresql://postgres:hush-hush@/status_target?host=$PGHOST"
    DATABASE_URL=$uri run "$IDMIGRATE" run --yes --max-rejects 1 --output "$WORK/said" "$mapping"
    assert_exit 7
    ! grep -rqF hush "$WORK/out" "$WORK/err" "$WORK/said" || fail 'a password was written'
    pg_dump --no-sync status_target >"$WORK/dump"
    assert_lacks "$WORK/dump" hush
}

cases=${*:-without_a_terminal_or_yes_nothing_is_written wrong_command_lines_end_with_2 a_connection_that_nobody_named_ends_with_2
    a_source_that_the_mapping_does_not_know_ends_with_2 a_password_in_an_argument_is_refused_and_not_repeated
    bad_input_files_end_with_3_and_write_nothing a_database_that_is_not_there_ends_with_4 too_many_rejects_stop_the_run_with_8
    a_higher_limit_resumes_it_and_ends_with_7 a_finished_run_with_rejects_still_ends_with_7 a_percentage_is_a_limit_too
    a_finished_run_is_not_resumed a_run_that_is_not_there_ends_with_2 planted_corruption_ends_with_5
    verify_without_its_source_ends_with_6 an_unwritable_output_is_not_silent changed_inputs_are_named_before_a_resume
    a_finished_mapping_that_changed_is_not_run_as_if_it_were_new another_source_is_another_run secrets_stay_out_of_what_is_said_and_stored}
for case in $cases; do "$case"; done
