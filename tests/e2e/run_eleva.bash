# The whole migration of Eleva against hand-written SQL.
. "$SOURCE_DIR/tests/e2e/eleva.bash"

eleva_load run_eleva -t
eleva_oracle run_eleva
mapping=$WORK/run_eleva/eleva.json audit_mapping=$WORK/run_eleva/eleva-audit.json

run_moves_every_row_as_the_oracle_says() {
    idmigrate run --yes "$mapping"
    assert_exit 0
    idmigrate run --yes "$audit_mapping"
    assert_exit 0
    assert_is_oracle run_eleva
}

every_source_row_has_one_event() { assert_one_event_per_row run_eleva; }

events_hold_no_address_and_no_name() {
    assert_equal "$(query run_eleva_target "select count(*) from audit_logs where action like 'ROW\_%'
        and concat(resource_id, old_values, new_values, metadata) ~ '@example|@'")" 0
}

a_second_run_writes_nothing_and_says_so() {
    local before after
    before=$(digest_without_verification run_eleva_target)
    idmigrate run --yes "$mapping"
    assert_exit 0
    assert_contains err 'this migration is finished: run '
    assert_contains err 'nothing to write'
    after=$(digest_without_verification run_eleva_target)
    assert_equal "$after" "$before"
}

verify_says_equal_for_both_runs() {
    IDMIGRATE_TARGET=$DATABASE_URL idmigrate verify
    assert_exit 0
    local first
    first=$(query run_eleva_target "select run_id from idmigrate.run where name = 'eleva'")
    IDMIGRATE_TARGET=$DATABASE_URL idmigrate verify "$first"
    assert_exit 0
}

two_mappings_have_two_runs() {
    assert_equal "$(query run_eleva_target 'select count(*), count(distinct name), min(state), max(exit_status) from idmigrate.run')" '2|2|done|0'
}

# with_ids FILTER: the mapping with another form of the ID map.
with_ids() { jq "$1" "$mapping" >"$WORK/run_eleva/other.json"; }
run_with_other_ids() {
    eleva_reset run_eleva
    with_ids "$1"
    idmigrate run --yes "$WORK/run_eleva/other.json"
    assert_exit 0
    idmigrate run --yes "$audit_mapping"
    assert_exit 0
    assert_is_oracle run_eleva
}

the_json_file_gives_the_same_target() {
    run_with_other_ids '.ids.user.file = {"path": "migration-user-map.json", "old_column": "clerkUserId", "new_column": "workosUserId"}'
}

the_table_gives_the_same_target() {
    run_with_other_ids 'del(.ids.user.file) | .ids.user.table = {"name": "migration_user_map", "old_column": "clerk_user_id", "new_column": "workos_user_id"}'
}

# Everything but results of verification.
digest_without_verification() {
    pg_dump --no-sync --exclude-table-data idmigrate.verification --dbname "$1" | grep -vE '^(--|\\(un)?restrict )' |
        sha256sum | cut -d ' ' -f 1
}

run_moves_every_row_as_the_oracle_says
every_source_row_has_one_event
events_hold_no_address_and_no_name
a_second_run_writes_nothing_and_says_so
verify_says_equal_for_both_runs
two_mappings_have_two_runs
the_json_file_gives_the_same_target
the_table_gives_the_same_target
