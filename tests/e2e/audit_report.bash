# idmigrate audit report: each requirement is proved, failed or not checked by what is in the database.
. "$SOURCE_DIR/tests/support/e2e.bash"

database=audit_report
fresh_database "$database"
psql -X -q -d "$database" -v ON_ERROR_STOP=1 -v rows=500 -v months=2 -f "$SOURCE_DIR/tests/data/audit/log.sql"
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$database" -c "set client_min_messages = warning" -c "$1"; }
report() { idmigrate audit report --target "dbname=$database" "$@"; }
# verdict CHECK: of one piece of evidence.
verdict() {
    report --framework "$1" --format json "${@:3}"
    jq -r "[.requirements[].evidence[] | select(.check == \"$2\") | .verdict] | unique | join(\",\")" out
}

case_evidence_says_no_and_then_yes() {
    # A log that nothing guards.
    report --framework hipaa
    assert_exit 5
    assert_contains out 'no trigger always refuses changes of public.audit_logs'
    assert_equal "$(verdict hipaa sealed)" failed
    assert_equal "$(verdict hipaa verified)" 'not checked'
    assert_equal "$(verdict hipaa reading_recorded)" 'not checked'
    assert_equal "$(verdict hipaa tenants_apart)" failed
    assert_equal "$(verdict soc2 runs_approved)" 'not checked'
    sql "drop role if exists audit_report_login; create role audit_report_login login; grant update on audit_logs_p2025_01 to audit_report_login"
    assert_equal "$(verdict hipaa nobody_may_alter)" failed
    assert_contains out 'audit_report_login (may change rows)'
    sql "drop owned by audit_report_login; drop role audit_report_login"
    assert_equal "$(verdict hipaa nobody_may_alter)" proved

    idmigrate audit seal --target "dbname=$database" --margin 0 --roots roots
    sql "select format('create trigger a before update or delete on %1\$s for each row execute function idmigrate.refuse_change();
                        create trigger b before truncate on %1\$s for each statement execute function idmigrate.refuse_change();', r)
         from unnest(array['audit_logs']) r" | psql -X -q -v ON_ERROR_STOP=1 -d "$database"
    # Triggers that are not on every partition, or can be switched off by a setting, are none.
    assert_equal "$(verdict hipaa append_only)" failed
    sql "select format('create trigger b before truncate on %s for each statement execute function idmigrate.refuse_change();', relid)
         from pg_partition_tree('audit_logs') where isleaf" | psql -X -q -v ON_ERROR_STOP=1 -d "$database"
    sql "select format('alter table %s enable always trigger a; alter table %1\$s enable always trigger b;', relid)
         from pg_partition_tree('audit_logs')" | psql -X -q -v ON_ERROR_STOP=1 -d "$database"
    assert_equal "$(verdict hipaa append_only)" proved
    sql "alter table audit_logs_p2025_01 disable trigger a"
    assert_equal "$(verdict hipaa append_only)" failed
    assert_contains out 'public.audit_logs_p2025_01 (DELETE, UPDATE)'
    sql "alter table audit_logs_p2025_01 enable always trigger a"
    sql "alter table audit_logs enable row level security"
    assert_equal "$(verdict hipaa tenants_apart)" failed
    sql "alter table audit_logs force row level security"
    idmigrate audit query --target "dbname=$database" --limit 1
    report --framework hipaa --roots roots --format json
    assert_exit 0
    assert_json out '"\(.proved) \(.failed) \(.not_checked)"' '6 0 0'
    # What was changed since.
    sql "set session_replication_role = replica; alter table audit_logs_p2025_01 disable trigger a;
         update audit_logs set outcome = 'failure' where resource_id = 'r3' and recorded_at < '2025-02-01'"
    sql "alter table audit_logs_p2025_01 enable always trigger a"
    assert_equal "$(verdict hipaa verified --roots roots)" failed
    assert_equal "$(verdict hipaa verified --no-verify)" 'not checked'
}

case_personal_values_are_counted() {
    assert_equal "$(verdict gdpr no_personal_values)" proved
    sql "insert into audit_logs (id, action, resource_type, new_values)
         values (gen_random_uuid(), 'A', 'b', '{\"guest\": {\"guestEmail\": \"anna@example.org\"}, \"phone\": \"[REDACTED]\"}')"
    assert_equal "$(verdict gdpr no_personal_values)" failed
    assert_lacks out anna
}

case_pages_are_whole() {
    report --framework gdpr --format html --output page.html
    [ "$STATUS" -eq 5 ] || fail "status $STATUS"
    assert_contains page.html 'Art. 5(1)(c)'
    assert_lacks page.html '<script'
    assert_equal "$(grep -c '<section' page.html)" "$(grep -c '</section>' page.html)"
    assert_equal "$(sql "select count(*) > 0 from audit_logs where action = 'COMPLIANCE_REPORT_GENERATED'")" t
}

case_frameworks_are_data() {
    echo '{"frameworks": {"own": {"title": "Own", "requirements": [{"id": "1", "title": "x", "evidence": ["events_recorded"]}]}}}' >own.json
    report --framework own --file own.json
    assert_exit 0
    sed 's/events_recorded/magic/' own.json >wrong.json
    report --framework own --file wrong.json
    assert_exit 3
    assert_contains err 'there is no evidence "magic"'
    report --framework iso
    assert_exit 2
    assert_contains err 'there are: hipaa, gdpr, soc2'
    report
    assert_exit 2
    report --framework hipaa --format junit
    assert_exit 2
}

for name in ${1:-case_evidence_says_no_and_then_yes case_personal_values_are_counted case_pages_are_whole case_frameworks_are_data}; do
    "$name"
done
