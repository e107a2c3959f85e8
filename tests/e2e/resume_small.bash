# Small cases of a source that changes between kill and resume: what must be refused, and with which remedy.
[ -n "${WORK-}" ] || . "$SOURCE_DIR/tests/support/e2e.bash"

export IDMIGRATE_CHUNK_BLOCKS=1
# begin NAME SOURCE_SQL TARGET_SQL TABLES POINT: two databases, a mapping, and a run that was killed.
begin() {
    fresh_database "small_$1_s"
    fresh_database "small_$1_t"
    export SRC="host=$PGHOST user=postgres dbname=small_$1_s" DST="host=$PGHOST user=postgres dbname=small_$1_t"
    source=small_$1_s target=small_$1_t mapping=$WORK/$1.json
    query "$source" "$2" >/dev/null
    query "$target" "$3" >/dev/null
    { echo old,new; for i in {1..1000}; do echo "u$i,n$i"; done; } >"$WORK/ids.csv"
    jq -n --argjson tables "$4" '{version: 1, name: "small", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "ids.csv", old_column: "old", new_column: "new"}}}, tables: $tables}' >"$mapping"
    IDMIGRATE_FAILPOINT=$5 run "$IDMIGRATE" run --yes --jobs 1 --progress none --max-rejects "${LIMIT:-0}" "$mapping"
    assert_exit 137
}
migrate() { idmigrate run --yes --progress none --max-rejects "${LIMIT:-0}" "$mapping"; }
parents="create table p (id int primary key, owner text); insert into p select i, 'u' || i from generate_series(1, 1000) as i"
mapped='"columns": {"owner": {"from": "owner", "resolve": "user"}}'

rows_of_others_are_not_taken_along() {
    begin cascade "$parents" "create table p (id int primary key, owner text);
        create table theirs (p int references p on delete cascade)" "[{\"from\": \"p\", $mapped}]" chunk-committed:2
    query "$target" 'insert into theirs values (5)'
    query "$source" 'delete from p where id in (5, 6)'
    migrate
    assert_exit 1
    assert_contains err 'cannot be taken back: 1 rows of public.theirs refer to them'
    assert_equal "$(query "$target" 'select (select count(*) from theirs), (select count(*) from p where id = 5)')" '1|1'
    # The person decides; the run goes on.
    query "$target" 'delete from theirs'
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*), count(*) filter (where id in (5, 6)) from p')" '998|0'
}

audit_records_that_vanish_from_the_source_stay_and_are_counted() {
    begin records "$parents" 'create table p (id int primary key, owner text)' "[{\"from\": \"p\", \"audit\": \"self\", $mapped}]" chunk-committed:2
    query "$source" 'delete from p where id in (5, 6, 7)'
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*) from p')" 1000
    assert_contains <(query "$target" "select detail from idmigrate.verification where check_name = 'rows'") \
        '3 audit records are gone from the source since they were moved, and stay'
}

a_table_without_a_key_is_refused_with_a_remedy() {
    begin keyless "create table p (id int, owner text); insert into p select i, 'u' || i from generate_series(1, 1000) as i" \
        'create table p (id int, owner text)' "[{\"from\": \"p\", $mapped}]" chunk-committed:2
    query "$source" 'update p set owner = owner where id = 1'
    query "$source" "update p set owner = 'u2' where id = 1"
    migrate
    assert_exit 1
    assert_contains err 'the source changed since its rows were moved'
    assert_contains err 'name the key'
    assert_equal "$(query "$target" "select exit_status from idmigrate.run")" 1
}

a_table_without_a_key_goes_on_when_nothing_changed() {
    begin steady "create table p (id int, owner text); insert into p select i, 'u' || i from generate_series(1, 1000) as i" \
        'create table p (id int, owner text)' "[{\"from\": \"p\", $mapped}]" chunk-committed:2
    query "$source" "insert into p select i, 'u' || i from generate_series(900, 1000) as i where false"
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*), count(distinct id) from p')" '1000|1000'
}

rows_at_the_end_are_moved_without_a_second_pass() {
    begin growth "create table p (id int primary key, owner text); insert into p select i, 'u' || i from generate_series(1, 500) as i" \
        'create table p (id int primary key, owner text)' "[{\"from\": \"p\", $mapped}]" chunk-committed:1
    query "$source" "insert into p select i, 'u' || i from generate_series(501, 1000) as i"
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*), count(distinct owner), (select max(pass) from idmigrate.run_table) from p')" '1000|1000|0'
}

a_reject_that_was_mended_in_the_source_is_moved_with_its_children() {
    LIMIT=5 begin mended "$parents; update p set owner = 'nobody' where id in (3, 4);
        create table c (id int primary key, p int, owner text); insert into c select i, i, 'u' || i from generate_series(1, 1000) as i" \
        'create table p (id int primary key, owner text); create table c (id int primary key, p int references p, owner text)' \
        "[{\"from\": \"p\", $mapped}, {\"from\": \"c\", $mapped}]" chunk-committed:10
    query "$source" "update p set owner = 'u3' where id = 3"
    LIMIT=5 migrate
    assert_exit 7
    assert_equal "$(query "$target" 'select (select string_agg(owner, $$,$$) from p where id in (3, 4)), (select string_agg(owner, $$,$$) from c where p in (3, 4))')" 'n3|n3'
    assert_equal "$(query "$target" 'select count(*), string_agg(distinct reason_code, $$,$$ order by reason_code) from idmigrate.reject')" '2|id_unresolved,parent_rejected'
}

an_updated_primary_key_is_a_row_that_goes_and_one_that_comes() {
    begin key "$parents; alter table p add unique (owner)" 'create table p (id int primary key, owner text unique)' \
        "[{\"from\": \"p\", $mapped}]" chunk-committed:3
    query "$source" 'update p set id = id + 5000 where id <= 10'
    migrate
    assert_exit 0
    assert_equal "$(query "$target" "select string_agg(id || owner, ',' order by id) from p where id <= 11 or id > 1000")" \
        '11n11,5001n1,5002n2,5003n3,5004n4,5005n5,5006n6,5007n7,5008n8,5009n9,5010n10'
    assert_equal "$(query "$target" "select count(*) from audit_logs where action = 'ROW_REMOVED'")" 10
}

# The source's server is its own here: it is stopped without a word in the middle, and started again.
a_source_server_that_crashed_is_read_on() {
    local server=/tmp/idmigrate-e2e-$$ as=()
    "$SOURCE_DIR/tests/support/server" start --owner $$ --durable "$server"
    [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
    begin restart "$parents" 'create table p (id int primary key, owner text)' "[{\"from\": \"p\", $mapped}]" chunk-committed:2
    local here=$PGHOST
    # From now on the rows come from the other server: it is another run.
    PGHOST=$server/socket psql -X -q -d postgres -c "$parents" >/dev/null
    export SRC="host=$server/socket user=postgres dbname=postgres"
    migrate
    assert_exit 1
    assert_contains err 'its source was another database'
    query "$target" 'set client_min_messages = error; drop schema idmigrate cascade; drop table audit_logs; truncate p' >/dev/null
    IDMIGRATE_FAILPOINT=chunk-committed:2 run "$IDMIGRATE" run --yes --progress none "$mapping"
    assert_exit 137
    cd /
    "${as[@]}" "$(cat "$server/bin")/pg_ctl" stop -D "$server/data" -m immediate -w >/dev/null
    cd "$WORK"
    migrate
    assert_exit 4
    (cd / && "${as[@]}" "$(cat "$server/bin")/pg_ctl" start -D "$server/data" -l "$server/log" -w >/dev/null)
    PGHOST=$server/socket psql -X -q -d postgres -c "update p set owner = 'u1000' where id = 1" >/dev/null
    migrate
    assert_exit 0
    PGHOST=$here
    assert_equal "$(query "$target" "select count(*), count(*) filter (where owner = 'n1000') from p")" '1000|2'
    "$SOURCE_DIR/tests/support/server" stop "$server"
}

cases=${*:-rows_of_others_are_not_taken_along audit_records_that_vanish_from_the_source_stay_and_are_counted a_table_without_a_key_is_refused_with_a_remedy
    a_table_without_a_key_goes_on_when_nothing_changed rows_at_the_end_are_moved_without_a_second_pass
    a_reject_that_was_mended_in_the_source_is_moved_with_its_children
    an_updated_primary_key_is_a_row_that_goes_and_one_that_comes a_source_server_that_crashed_is_read_on}
for case in $cases; do "$case"; done
