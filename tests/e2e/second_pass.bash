# A run that is taken up again with a longer ID map: events and rows say what holds now.
. "$SOURCE_DIR/tests/support/e2e.bash"

# begin NAME SOURCE_SQL TARGET_SQL TABLE: two databases and a mapping with the ID maps users.csv and teams.csv.
begin() {
    source=second_pass_$1_s target=second_pass_$1_t mapping=$WORK/$1.json
    fresh_database "$source"
    fresh_database "$target"
    export SRC="host=$PGHOST user=postgres dbname=$source" DST="host=$PGHOST user=postgres dbname=$target"
    query "$source" "$2" >/dev/null
    query "$target" "$3" >/dev/null
    jq -n --argjson table "$4" '{version: 1, name: "second", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {many_to_one: "accounts of one person", file: {path: "users.csv", old_column: "old", new_column: "new"}},
              team: {file: {path: "teams.csv", old_column: "old", new_column: "new"}}}, tables: [$table]}' >"$mapping"
}
migrate() { idmigrate run --yes --progress none --max-rejects 100 "$@" "$mapping"; }

a_row_that_stays_rejected_has_an_event_of_what_it_is_now() {
    printf 'old,new\nu1,n1\nu2,n2\n' >users.csv
    printf 'old,new\nt1,m1\n' >teams.csv
    begin rejected "create table r (id int primary key, owner text, team text, n int);
        insert into r select i, 'u' || i, 't' || i, 1 from generate_series(1, 4) as i" \
        'create table r (id int primary key, owner text, team text, n int)' \
        '{"from": "r", "columns": {"owner": {"from": "owner", "resolve": "user"}, "team": {"from": "team", "resolve": "team"}}}'
    migrate
    assert_exit 7
    echo u3,n3 >>users.csv
    query "$source" 'update r set n = 2 where id = 4'
    migrate --accept-changes
    assert_exit 7
    assert_equal "$(query "$target" "select count(*) from audit_logs where action = 'ROW_REJECTED'")" 5
    assert_equal "$(query "$target" "select new_values ->> 'owner' from audit_logs where resource_id = '3' order by id desc limit 1")" n3
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
}

a_row_that_lost_and_now_wins_is_applied() {
    printf 'old,new\nu1,n1\nu2,n1\nu3,n1\n' >users.csv
    printf 'old,new\nt1,m1\n' >teams.csv
    begin winner "create table w (id int primary key, owner text, n int, at int);
        insert into w values (1, 'u1', 10, 1), (2, 'u2', 20, 2), (3, 'u3', 30, 3), (4, 'u4', 40, 4)" \
        "create table w (id int primary key, owner text unique, n int); insert into w values (100, 'n1', 0)" \
        '{"from": "w", "on_conflict": {"key": ["owner"], "do": "update", "set": ["n"]}, "winner": {"by": "at", "dir": "highest"},
          "columns": {"owner": {"from": "owner", "resolve": "user"}}, "drop": {"at": "decides"}}'
    migrate
    assert_exit 7
    assert_equal "$(query "$target" 'select n from w where id = 100')" 30
    echo u4,n4 >>users.csv
    query "$source" 'delete from w where id = 3'
    migrate --accept-changes
    assert_exit 0
    assert_equal "$(query "$target" 'select n from w where id = 100')" 20
}

# displaced NAME MORE_TARGET_SQL: three owners written; then u2 becomes n1, u3 the n9 that is there, and u4 is unknown.
displaced() {
    printf 'old,new\nu1,n1\nu2,n2\nu3,n3\nu4,n4\nu5,n5\n' >users.csv
    printf 'old,new\nt1,m1\n' >teams.csv
    begin "$1" "create table w (id int primary key, owner text, n int, at int);
        insert into w select i, 'u' || i, 10 * i, i from generate_series(1, 5) as i" \
        "create table w (id int primary key, owner text unique, n int); insert into w values (100, 'n9', 0); ${2-}" \
        '{"from": "w", "on_conflict": {"key": ["owner"], "do": "skip"}, "winner": {"by": "at", "dir": "highest"},
          "columns": {"owner": {"from": "owner", "resolve": "user"}}, "drop": {"at": "decides"}}'
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*) from w')" 6
    printf 'old,new\nu1,n1\nu2,n1\nu3,n9\nu5,n5\n' >users.csv
}
events_of() {
    query "$target" "select string_agg(action, ' ' order by id) from audit_logs
        where metadata ->> 'source_key_digest' = (select metadata ->> 'source_key_digest' from audit_logs where action = 'ROW_MIGRATED' and resource_id = '$1')"
}

a_row_that_was_written_and_is_none_any_more_is_taken_back_and_says_so() {
    displaced displaced
    migrate --accept-changes
    assert_exit 7
    assert_equal "$(query "$target" "select string_agg(w::text, ' ' order by id) from w")" '(2,n1,20) (5,n5,50) (100,n9,0)'
    assert_equal "$(events_of 1)" 'ROW_MIGRATED ROW_REMOVED ROW_MERGED'
    assert_equal "$(events_of 2)" 'ROW_MIGRATED ROW_UPDATED'
    assert_equal "$(events_of 3)" 'ROW_MIGRATED ROW_REMOVED ROW_SKIPPED'
    assert_equal "$(events_of 4)" 'ROW_MIGRATED ROW_REMOVED ROW_REJECTED'
    assert_equal "$(events_of 5)" 'ROW_MIGRATED'
    assert_equal "$(query "$target" "select string_agg(reason_code, ' ' order by resource_id) from audit_logs where action = 'ROW_REMOVED'")" \
        'now_merged now_skipped now_rejected'
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
    assert_equal "$(query "$target" "select sum(rows_removed), sum(rows_written), sum(rows_merged), sum(rows_skipped), sum(rows_rejected)
        from idmigrate.chunk where state = 'done'")" '3|2|1|1|1'
}

a_killed_taking_back_goes_on() {
    local point
    displaced displaced_killed
    for point in table-decided chunk-claimed chunk-rows-written chunk-ledger-written; do
        IDMIGRATE_FAILPOINT=$point migrate --accept-changes
        assert_exit 137
    done
    # One that was taken back is gone from the source before it said what it is now.
    query "$source" 'delete from w where id = 4' >/dev/null
    migrate --accept-changes
    assert_exit 0
    assert_equal "$(query "$target" "select string_agg(w::text, ' ' order by id) from w")" '(2,n1,20) (5,n5,50) (100,n9,0)'
    assert_equal "$(events_of 1)" 'ROW_MIGRATED ROW_REMOVED ROW_MERGED'
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
}

# What refers to a row would be left without it: nothing is done, and the row is named.
a_row_that_others_refer_to_is_not_taken_back() {
    local before
    displaced followed 'create table note (id serial, w int references w on delete cascade)'
    query "$target" 'insert into note (w) values (3), (3), (5)' >/dev/null
    before=$(query "$target" 'select w::text from w order by id; select * from note')
    migrate --accept-changes
    assert_exit 1
    assert_contains err '1 rows that were written are now to be merged, skipped or rejected, but 2 rows of public.note refer to them; the first is 3'
    assert_equal "$(query "$target" 'select w::text from w order by id; select * from note')" "$before"
    assert_equal "$(query "$target" "select count(*) from audit_logs where action = 'ROW_REMOVED'")" 0
    # Decided on by hand, it goes on.
    query "$target" 'delete from note where w = 3' >/dev/null
    migrate --accept-changes
    assert_exit 7
    assert_equal "$(query "$target" "select string_agg(w::text, ' ' order by id) from w")" '(2,n1,20) (5,n5,50) (100,n9,0)'
}

# Rows that refer to each other go together.
a_chain_of_rows_that_refer_to_each_other_is_taken_back_together() {
    printf 'old,new\nu1,n1\nu2,n2\nu3,n3\n' >users.csv
    printf 'old,new\nt1,m1\n' >teams.csv
    begin chain "create table p (id int primary key, boss int references p, owner text);
        insert into p values (1, null, 'u1'), (2, 1, 'u2'), (3, 2, 'u3'), (4, null, 'u3')" \
        'create table p (id int primary key, boss int references p, owner text)' \
        '{"from": "p", "columns": {"owner": {"from": "owner", "resolve": "user"}}}'
    migrate
    assert_exit 0
    printf 'old,new\nu2,n2\nu3,n3\n' >users.csv
    migrate --accept-changes
    assert_exit 7
    assert_equal "$(query "$target" "select string_agg(p::text, ' ' order by id) from p")" '(4,,n3)'
    assert_equal "$(query "$target" "select count(*) from audit_logs where action = 'ROW_REMOVED'")" 3
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
}

# A mapping that calls its rows otherwise, and says another tenant: the events follow.
events_say_what_an_accepted_mapping_says() {
    printf 'old,new\nu1,n1\nu2,n2\nu4,n4\n' >users.csv
    printf 'old,new\nt1,m1\n' >teams.csv
    begin named "create table r (id int primary key, owner text, team text);
        insert into r select i, 'u' || i, 't1' from generate_series(1, 4) as i" \
        'create table r (id int primary key, owner text, team text)' \
        '{"from": "r", "columns": {"owner": {"from": "owner", "resolve": "user"}, "team": {"from": "team", "resolve": "team"}}}'
    migrate
    assert_exit 7
    jq '.tables[0].audit = {resource_type: "thing", tenant: "team"}' "$mapping" >other.json
    mv other.json "$mapping"
    query "$source" "update r set team = null where id = 4" >/dev/null
    migrate --accept-changes
    assert_exit 7
    assert_equal "$(query "$target" "select action, resource_id, tenant_id from audit_logs where resource_type = 'thing' order by resource_id")" \
        'ROW_UPDATED|1|m1
ROW_UPDATED|2|m1
ROW_REJECTED|3|m1
ROW_UPDATED|4|'
    assert_equal "$(query "$target" "select sum(rows_updated) from idmigrate.chunk where state = 'done'")" 3
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
    # Said once.
    printf 'old,new\nu1,n1\nu2,n2\nu4,n4\nu5,n5\n' >users.csv
    migrate --accept-changes
    assert_exit 7
    assert_equal "$(query "$target" "select count(*) from audit_logs where resource_type = 'thing'")" 4
}

cases=${*:-events_say_what_an_accepted_mapping_says a_row_that_stays_rejected_has_an_event_of_what_it_is_now a_row_that_lost_and_now_wins_is_applied
    a_row_that_was_written_and_is_none_any_more_is_taken_back_and_says_so a_killed_taking_back_goes_on
    a_row_that_others_refer_to_is_not_taken_back a_chain_of_rows_that_refer_to_each_other_is_taken_back_together}
for case in $cases; do "$case"; done
