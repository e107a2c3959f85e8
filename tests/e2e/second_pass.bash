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

a_row_that_stays_rejected_has_an_event_of_what_it_is_now
a_row_that_lost_and_now_wins_is_applied
