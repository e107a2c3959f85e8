# idmigrate audit query, trail, export: what is asked for, page by page, in every format; each use is an event.
. "$SOURCE_DIR/tests/support/e2e.bash"

database=audit_read
fresh_database "$database"
psql -X -q -d "$database" -v ON_ERROR_STOP=1 -v rows=2000 -v months=3 -f "$SOURCE_DIR/tests/data/audit/log.sql"
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$database" -c "set client_min_messages = warning" -c "set timezone = 'UTC'" -c "$1"; }
audit() { idmigrate audit "$@" --target "dbname=$database"; }

# Events that nothing else is like.
sql "insert into audit_logs (id, recorded_at, action, resource_type, resource_id, actor_id, tenant_id, metadata, new_values, user_agent)
     values ('0190aaaa-0000-7000-8000-000000000001', '2025-02-01 10:00:00.123456+00', 'A', 't', '1', 'old_1', 'org_x',
             '{\"n\": 12345678901234567890.10, \"deep\": {\"a\": [1, 2]}}', '\"=1+1\"', '=HYPERLINK(\"http://x\")'),
            ('0190aaaa-0000-7000-8000-000000000002', '2025-02-01 10:00:00.123456+00', 'B', 't', '2', 'new_1', 'org_x', null, null, '-2+3'),
            ('0190aaaa-0000-7000-8000-000000000003', '2025-02-02 10:00:00+00', 'A', 't', '3', null, 'org_x', '{\"note\": null}', null, E'a \"quoted\", line\nend'),
            ('0190aaaa-0000-7000-8000-000000000004', '2025-02-03 10:00:00+00', 'A', 'user', 'new_1', 'admin', null, null, null, null)"

ids() { jq -r '.events[].id' "$WORK/out" | sed 's/.*-0*//' | tr '\n' ' '; }

case_conditions_hold_together() {
    audit query --tenant org_x --json
    assert_exit 0
    assert_equal "$(ids)" '3 2 1 '
    audit query --tenant org_x --action A --json --oldest-first
    assert_equal "$(ids)" '1 3 '
    audit query --actor old_1 --actor new_1 --json
    assert_equal "$(ids)" '2 1 '
    audit query --resource t:2 --json
    assert_equal "$(ids)" '2 '
    audit query --tenant org_x --since 2025-02-01T10:00:01Z --until 2025-02-02T10:00:00.000001Z --json
    assert_equal "$(ids)" '3 '
    audit query --contains '{"deep": {"a": [2]}}' --json
    assert_equal "$(ids)" '1 '
    # Numbers keep their digits.
    assert_contains out '12345678901234567890.10'
    audit query --tenant "x' or true --" --json
    assert_equal "$(ids)" ''
    audit query --tenant org_x
    assert_matches out '^2025-02-01T10:00:00.123456Z  A  t  1  by old_1  for org_x  event '
}

case_pages_follow_on_each_other() {
    local after='' all='' pages=0
    while :; do
        audit query --tenant org_7 --limit 7 --json ${after:+--after "$after"}
        assert_exit 0
        all+=$(jq -r '.events[].id' out)$'\n'
        pages=$((pages + 1))
        after=$(jq -r '.next // empty' out)
        [ -n "$after" ] || break
    done
    assert_equal "$pages" 6
    assert_equal "$(grep . <<<"$all")" "$(sql "select id from audit_logs where tenant_id = 'org_7' order by recorded_at desc, id desc")"
    # Without any condition too, from the newest month back to the oldest event.
    audit query --limit 10000 --json
    sql "select id from audit_logs where action not like 'AUDIT_LOG_%' order by recorded_at desc, id desc" >expected
    jq -r '.events[] | select(.action | startswith("AUDIT_LOG_") | not) | .id' out | diff expected - || fail 'other events'
    audit query --limit 1 --json --after "2025-02-10T00:00:00.000000Z ffffffff-0000-0000-0000-000000000000"
    assert_equal "$(jq -r '.events[].id' out)" \
        "$(sql "select id from audit_logs where recorded_at < '2025-02-10' order by recorded_at desc, id desc limit 1")"
    # Of two events at one moment the page ends between.
    audit query --tenant org_x --limit 2 --json
    after=$(jq -r .next out)
    audit query --tenant org_x --limit 2 --json --after "$after"
    assert_equal "$(ids)" '1 '
}

case_wrong_questions_are_told() {
    audit query --since yesterdayish
    assert_exit 2
    assert_contains err 'hint: times are written as'
    audit query --contains '{'
    assert_exit 2
    audit query --after nonsense
    assert_exit 2
    audit query --limit 0
    assert_exit 2
    audit trail t
    assert_exit 2
    audit trail t 1 --user x
    assert_exit 2
    audit export
    assert_exit 2
    audit export --format xml --output x
    assert_exit 2
    sql "create table small (id uuid, action text, created_at timestamptz)"
    audit query --table small --tenant x
    assert_exit 2
    assert_contains err 'has no column for tenant_id'
    audit query --table small
    assert_exit 0
}

# A run's maps: a person has two IDs, and the organization that is theirs is nobody.
case_a_person_is_followed_over_both_ids() {
    psql -X -q -d "$database" -v ON_ERROR_STOP=1 -f "$SOURCE_DIR/sql/install/idmigrate.sql"
    audit trail --user new_1 --json
    assert_equal "$(ids)" '2 4 '
    assert_contains err 'no run keeps an ID map'
    sql "insert into idmigrate.run (run_id, name, state, mapping_path, mapping_text, mapping_digest, idmap_digests, tool_version,
                                    operator, sources, target, settings, started_at, updated_at)
         values ('11111111-aaaa-4aaa-8aaa-000000000001', 'x', 'done', 'm', '{\"ids\": {\"user\": {}, \"owner\": {\"derived\": true}}}',
                 'd', '{}', '1', 'o', '{}', '{}', '{}', now(), now());
         insert into idmigrate.idmap values ('11111111-aaaa-4aaa-8aaa-000000000001', 'user', 'old_1', 'new_1'),
                                            ('11111111-aaaa-4aaa-8aaa-000000000001', 'owner', 'new_1', 'admin')"
    for id in old_1 new_1; do
        audit trail --user "$id" --json
        assert_exit 0
        assert_equal "$(ids)" '1 2 4 '
    done
    assert_contains err 'also known as old_1'
    audit trail t 3 --json
    assert_equal "$(ids)" '3 '
}

case_an_export_is_whole_and_says_so() {
    audit export --tenant org_x --output out.ndjson
    assert_exit 0
    assert_equal "$(cut -d' ' -f1 out)" "$(sha256sum out.ndjson | cut -d' ' -f1)"
    assert_json out.ndjson.manifest.json '"\(.events) \(.bytes) \(.sha256) \(.filter.tenant)"' \
        "3 $(stat -c %s out.ndjson) $(sha256sum out.ndjson | cut -d' ' -f1) org_x"
    assert_equal "$(jq -r .action out.ndjson | tr '\n' ' ')" 'A B A '
    assert_contains out.ndjson '12345678901234567890.10'
    assert_equal "$(stat -c %a out.ndjson)" 600
    audit export --tenant org_x --output out.ndjson
    assert_exit 1
    audit export --tenant org_x --output out.ndjson --force
    assert_exit 0
    audit export --output /nowhere/x
    assert_exit 6
    # All of it, and what the database counts.
    audit export --until 2026-01-01 --output all.ndjson
    assert_equal "$(wc -l <all.ndjson)" "$(sql "select count(*) from audit_logs where recorded_at < '2026-01-01'")"
    jq -es 'all(.[]; .id != null)' all.ndjson >jq.out || fail 'not JSON'
}

# The server reads it back: every cell is what it was, but for the apostrophes that the manifest counts.
case_csv_is_safe_in_a_spreadsheet() {
    audit export --tenant org_x --format csv --output out.csv
    assert_exit 0
    sql "create table back ($(head -n 1 out.csv | tr -d '"\r' | sed 's/,/ text, /g') text)"
    tr -d '\r' <out.csv | psql -X -q -d "$database" -v ON_ERROR_STOP=1 -c '\copy back from stdin csv header'
    assert_equal "$(sql "select string_agg(action, '' order by recorded_at, id) from back")" ABA
    assert_equal "$(sql "select user_agent from back where id like '%1'")" "'=HYPERLINK(\"http://x\")"
    assert_equal "$(sql "select user_agent from back where id like '%2'")" "'-2+3"
    assert_equal "$(sql "select user_agent = E'a \"quoted\", line\nend' from back where id like '%3'")" t
    assert_equal "$(sql "select count(*) from back where metadata is null")" 1
    assert_equal "$(sql "select count(*) from back, jsonb_each_text(to_jsonb(back)) c where c.value ~ '^[-=+@]'")" 0
    assert_json out.csv.manifest.json .guarded_cells 2
}

case_workos_events_keep_to_the_limits() {
    sql "insert into audit_logs (id, recorded_at, action, resource_type, tenant_id, metadata)
         select '0190aaaa-0000-7000-8000-000000000009', '2025-02-09', 'BIG', 'x', 'org_y',
                jsonb_object_agg('key ' || i || repeat('k', i), repeat('ü', 490 + i)) from generate_series(1, 60) i"
    audit export --since 2025-02-01 --until 2025-02-10 --format workos --output w.ndjson
    assert_exit 0
    cat >limits.jq <<'END'
all(inputs; keys == ["event", "idempotency_key", "organization_id"] and (.event
    | (.context.location | length > 0) and (.targets | length == 1) and (.actor.id | length > 0) and (.actor.type | length > 0)
      and (.action | test("^[a-z0-9_]+([.][a-z0-9_]+)+$"))
      and (.occurred_at | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$"))
      and (.metadata | length <= 50)
      and ([.metadata | to_entries[] | (.key | test("^[a-zA-Z0-9_-]{0,40}$"))
            and (.value | type == "number" or type == "boolean" or (type == "string" and length <= 500))] | all)))
END
    assert_equal "$(jq -n -f limits.jq w.ndjson)" true
    assert_json w.ndjson 'select(.idempotency_key | endswith("0001")) | .event | "\(.metadata.deep) \(.action)"' '{"a":[1,2]} t.a'
    assert_json w.ndjson 'select(.idempotency_key | endswith("0009")) | .event.metadata | length' 50
    assert_json w.ndjson.manifest.json '.left_out_without_organization >= 1 and .shortened_events >= 2' true
    audit export --tenant org_x --format workos --organization org_01 --output o.ndjson
    assert_json o.ndjson .organization_id "$(printf 'org_01\norg_01\norg_01')"
}

case_each_use_is_an_event() {
    local before
    before=$(sql "select count(*) from audit_logs where action like 'AUDIT_LOG_%'")
    audit query --tenant org_x
    audit trail t 1
    audit export --tenant org_x --contains '{"email": "anna@example.org"}' --output use.ndjson
    assert_equal "$(sql "select count(*) from audit_logs where action like 'AUDIT_LOG_%'")" "$((before + 3))"
    assert_equal "$(sql "select resource_type || ' ' || (metadata -> 'filter' ->> 'tenant') from audit_logs
                         where action = 'AUDIT_LOG_EXPORTED' order by recorded_at desc limit 1")" 'audit_log org_x'
    assert_equal "$(sql "select count(*) from audit_logs where metadata::text like '%anna@example.org%'")" 0
    # Who may not write is told, and reads.
    sql "drop role if exists audit_read_only; create role audit_read_only login; grant select on audit_logs to audit_read_only"
    idmigrate audit query --target "dbname=$database user=audit_read_only" --tenant org_x --json
    assert_exit 0
    assert_equal "$(ids)" '3 2 1 '
    assert_contains err 'was not recorded'
    sql "create schema if not exists idmigrate; create table if not exists idmigrate.version (version integer)"
    idmigrate audit trail --user old_1 --target "dbname=$database user=audit_read_only" --json
    assert_exit 0
    assert_contains err 'may not read the ID maps'
    assert_equal "$(ids)" '1 '
    # Row-level security shows a part, and that is said.
    sql "alter table audit_logs enable row level security; create policy p on audit_logs using (action = 'A')"
    idmigrate audit query --target "dbname=$database user=audit_read_only" --tenant org_x --json
    assert_equal "$(ids)" '3 1 '
    assert_contains err 'a part of'
    sql "drop owned by audit_read_only; drop role audit_read_only; drop policy p on audit_logs; alter table audit_logs disable row level security"
}

# As the application would: with rights of its own, under row-level security.
case_sql_functions_give_the_same() {
    audit query --ddl
    assert_exit 0
    psql -X -q -1 -d "$database" -v ON_ERROR_STOP=1 -f out
    sql "create function log_event(action text, resource_type text, resource_id text default null, changes jsonb default null,
                                   metadata jsonb default null) returns uuid language sql volatile as
         'insert into public.audit_logs (id, action, resource_type, resource_id, metadata)
          values (gen_random_uuid(), \$1, \$2, \$3, \$5) returning id'"
    local before
    before=$(sql "select count(*) from audit_logs where action = 'AUDIT_LOG_READ'")
    assert_equal "$(sql "select string_agg(right(id::text, 1), '') from get_audit_logs('{\"tenant\": \"org_x\"}')")" 321
    assert_equal "$(sql "select string_agg(right(id::text, 1), '')
                         from get_audit_logs('{\"tenant\": \"org_x\", \"contains\": {\"deep\": {\"a\": [2]}}}')")" 1
    assert_equal "$(sql "select string_agg(right(id::text, 1), '') from get_audit_logs('{\"tenant\": \"org_x\"}', 1,
        '{\"time\": \"2025-02-01 10:00:00.123456+00\", \"id\": \"0190aaaa-0000-7000-8000-000000000002\"}')")" 1
    assert_equal "$(sql "select string_agg(action, '') from get_resource_audit_trail('t', '2')")" B
    assert_equal "$(sql "select string_agg(right(id::text, 1), '') from get_user_audit_logs('old_1')")" 1
    assert_equal "$(sql "select count(*) from audit_logs where action = 'AUDIT_LOG_READ'")" "$((before + 5))"
    ! sql "select get_audit_logs('{\"tenat\": \"x\"}')" 2>/dev/null || fail 'a misspelt condition was ignored'
    # Without a way to record it, it is read and said.
    sql "drop function log_event"
    assert_equal "$(psql -X -q -A -t -d "$database" -c "select count(*) from get_user_audit_logs('old_1')" 2>warning)" 1
    assert_contains warning 'was not recorded'
}

for name in ${1:-$(compgen -A function case_)}; do
    "$name"
done
