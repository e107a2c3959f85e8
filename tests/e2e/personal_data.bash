# Names and e-mail addresses that got into ID columns: not in events, rejects, reports or messages.
[ -n "${WORK-}" ] || . "$SOURCE_DIR/tests/support/e2e.bash"

make_databases() {
    fresh_database privacy_source
    fresh_database privacy_target
    query privacy_source "create table u (id int primary key, user_id text not null, by text)" >/dev/null
    query privacy_source "create table k (id text primary key, v int)" >/dev/null
    query privacy_source "insert into u select i, 'old_' || i, 'old_' || i from generate_series(1, 20) as i" >/dev/null
    query privacy_source "insert into u values (21, 'anna@priv.org', 'Anna Priv'), (22, 'old_7', 'Anna Priv'), (23, 'old_99', null)" >/dev/null
    query privacy_source "insert into k values ('old_1', 1), ('eva@priv.org', 2)" >/dev/null
    query privacy_target "create table u (id int primary key, user_id text not null, by text)" >/dev/null
    query privacy_target "create table k (id text primary key, v int)" >/dev/null
    { echo old,new && for i in $(seq 1 20); do echo "old_$i,new_$i"; done; } >"$WORK/u.csv"
    cat >"$WORK/privacy.json" <<'END'
{"version": 1, "name": "privacy", "sources": {"s": {}}, "target": {},
 "ids": {"user": {"file": {"path": "u.csv", "old_column": "old", "new_column": "new"}}},
 "tables": [
   {"from": "u", "columns": {"user_id": {"from": "user_id", "resolve": "user"},
                             "by": {"from": "by", "resolve": "user", "unresolved": "keep", "reason": "who it was"}}},
   {"from": "k", "columns": {"id": {"from": "id", "resolve": "user"}}}]}
END
}

says_nobody() {
    if grep -iE 'priv\.org|anna|eva@' "$WORK/out" "$WORK/err" >"$WORK/found"; then fail "told: $(cat "$WORK/found")"; fi
}

names_and_addresses_in_id_columns_are_not_told() {
    make_databases
    local source target
    source="host=$PGHOST user=$PGUSER dbname=privacy_source" target="host=$PGHOST user=$PGUSER dbname=privacy_target"
    idmigrate run --yes --progress none --max-rejects 9 --source "$source" --target "$target" "$WORK/privacy.json"
    assert_exit 7
    says_nobody
    assert_equal "$(query privacy_target "select count(*) from audit_logs as a where a::text ~* 'priv[.]org|anna'")" 0
    assert_equal "$(query privacy_target "select count(*) from audit_logs where old_values::text like '%digest:%'")" 3
    assert_equal "$(query privacy_target "select count(*) from idmigrate.reject where old_id ~* 'priv[.]org|anna'")" 0
    assert_equal "$(query privacy_target "select string_agg(old_id, ' ') from idmigrate.reject where old_id not like 'digest:%'")" old_99
    idmigrate report --target "$target"
    assert_exit 0
    says_nobody
    idmigrate check --progress none --source "$source" --target "$target" "$WORK/privacy.json"
    says_nobody
    # What the application wrote into the rows since, and what was taken back.
    query privacy_target "update u set by = 'Anna Priv', user_id = 'anna@priv.org' where id in (3, 4)" >/dev/null
    idmigrate undo --yes --progress plain --target "$target" last
    assert_exit 5
    says_nobody
    idmigrate verify --progress none --target "$target" --source "$source" last
    says_nobody
    idmigrate report --target "$target"
    says_nobody
    assert_equal "$(query privacy_target "select count(*) from audit_logs as a where a::text ~* 'priv[.]org|anna'")" 0
    assert_equal "$(query privacy_target "select count(*) from idmigrate.undo_row as u where u::text ~* 'priv[.]org|anna'")" 0
}

names_and_addresses_in_id_columns_are_not_told
