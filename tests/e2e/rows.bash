# Rows and tables of every shape, each case with a small source and target of its own.
[ -n "${WORK-}" ] || . "$SOURCE_DIR/tests/support/e2e.bash"

# begin NAME SOURCE_SQL TARGET_SQL TABLES: two databases and a mapping with 100 IDs, old u1..u100 and new n1..n100.
begin() {
    fresh_database "rows_$1_s"
    fresh_database "rows_$1_t"
    export SRC="host=$PGHOST user=postgres dbname=rows_$1_s" DST="host=$PGHOST user=postgres dbname=rows_$1_t"
    source=rows_$1_s target=rows_$1_t mapping=$WORK/$1.json
    query "$source" "$2" >/dev/null
    query "$target" "$3" >/dev/null
    { echo old,new; for i in {1..100}; do echo "u$i,n$i"; done; } >"$WORK/ids.csv"
    jq -n --argjson tables "$4" '{version: 1, name: "rows", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "ids.csv", old_column: "old", new_column: "new"}}}, tables: $tables}' >"$mapping"
}
migrate() { idmigrate run --yes --progress none "$mapping"; }
owner='"owner": {"from": "owner", "resolve": "user"}'

text_of_every_kind_comes_through() {
    begin text "create table t (id int primary key, owner text, body text);
        insert into t values (1, 'u1', E'tab\\tnew\\nline\\rback\\\\slash \\\\N \\\\. quote'' \"double\"'), (2, 'u2', '👩‍⚕️ ‮rtl é'),
            (3, 'u3', ''), (4, 'u4', null), (5, null, 'nobody'), (6, 'u6', repeat('x', 2097152)), (7, 'u7', E'\\\\N'), (8, 'u8', E'\\x01\\x7f')" \
        'create table t (id int primary key, owner text, body text)' "[{\"from\": \"t\", \"columns\": {$owner}}]"
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select md5(string_agg(id || coalesce(body, $$-$$), $$|$$ order by id)) from t')" \
        "$(query "$source" 'select md5(string_agg(id || coalesce(body, $$-$$), $$|$$ order by id)) from t')"
    assert_equal "$(query "$target" 'select string_agg(coalesce(owner, $$-$$), $$,$$ order by id) from t')" n1,n2,n3,n4,-,n6,n7,n8
}

an_empty_table_is_done() {
    begin empty 'create table t (id int primary key, owner text)' 'create table t (id int primary key, owner text)' "[{\"from\": \"t\", \"columns\": {$owner}}]"
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select state from idmigrate.run_table')" 'done'
}

two_hundred_columns_come_through() {
    local columns
    columns=$(seq -f 'c%.0f text' -s ', ' 198)
    begin wide "create table t (id int primary key, owner text, $columns);
        insert into t select i, 'u' || i, $(seq -f "'v%.0f' || i" -s ', ' 198) from generate_series(1, 100) as i" \
        "create table t (id int primary key, owner text, $columns)" "[{\"from\": \"t\", \"columns\": {$owner}}]"
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*), min(c198), max(c1) from t')" '100|v1981|v199'
}

a_table_without_a_key_comes_through_with_equal_rows() {
    begin keyless "create table t (owner text, n int); insert into t select 'u1', i / 2 from generate_series(1, 9) as i" \
        'create table t (owner text, n int)' "[{\"from\": \"t\", \"columns\": {$owner}}]"
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*), count(distinct n) from t')" '9|5'
}

a_target_with_rows_keeps_them() {
    begin there "create table t (id int primary key, owner text); insert into t select i, 'u' || i from generate_series(1, 50) as i" \
        "create table t (id int primary key, owner text); insert into t select i, 'n' || (i - 50) from generate_series(51, 100) as i" \
        "[{\"from\": \"t\", \"columns\": {$owner}}]"
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*) from t')" 100
}

a_trigger_that_swallows_rows_stops_the_run() {
    begin swallow "create table t (id int primary key, owner text); insert into t select i, 'u' || i from generate_series(1, 50) as i" \
        "create table t (id int primary key, owner text);
        create function skip() returns trigger language plpgsql as 'begin if new.id = 7 then return null; end if; return new; end';
        create trigger skip before insert on t for each row execute function skip()" "[{\"from\": \"t\", \"columns\": {$owner}, \"triggers\": \"fire\"}]"
    migrate
    assert_exit 4
    assert_contains err 'the target took 49 of 50 rows'
    assert_equal "$(query "$target" 'select count(*) from t')" 0
    query "$target" 'drop trigger skip on t'
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*) from t')" 50
}

# The rows are there, but not as they were written: the proof names them, and who may have done it.
a_trigger_that_changes_rows_is_named_by_the_proof() {
    begin changes "create table t (id int primary key, owner text, n int); insert into t select i, 'u' || i, i from generate_series(1, 50) as i" \
        "create table t (id int primary key, owner text, n int);
        create function round_up() returns trigger language plpgsql as 'begin if new.id = 7 then new.n = 10; end if; return new; end';
        create trigger round_up before insert on t for each row execute function round_up()" "[{\"from\": \"t\", \"columns\": {$owner}, \"triggers\": \"fire\", \"harmless\": [\"n\"]}]"
    migrate
    assert_exit 5
    assert_matches out '7 +n +7 +10'
    assert_contains out 'trigger round_up of the target (function public.round_up) fires for rows that are written, and may have changed them'
    query "$target" 'alter table t disable trigger round_up; update t set n = 7 where id = 7; alter table t enable trigger round_up'
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
    assert_lacks out 'trigger'
    # Nor may what held on the table be gone.
    query "$target" 'drop trigger round_up on t'
    idmigrate verify --target "$DST" --progress none
    assert_exit 5
    assert_matches out 'trigger round_up +CREATE TRIGGER'
}

# What only the row itself shows, and check cannot know: a trigger of the target refuses it.
a_row_that_the_server_refuses_is_named_without_its_values_and_the_run_goes_on_after_it_was_mended() {
    begin refused "create table t (id int primary key, owner text, mail text); insert into t select i, 'u' || i, 'anna' || i || '@x.example' from generate_series(1, 50) as i" \
        "create table t (id int primary key, owner text, mail text);
        create function no_seven() returns trigger language plpgsql as
            'begin if new.id = 7 then raise check_violation using message = new.mail || '' is refused'', constraint = ''no_seven'', table = ''t''; end if; return new; end';
        create trigger no_seven before insert on t for each row execute function no_seven()" "[{\"from\": \"t\", \"columns\": {$owner}, \"triggers\": \"fire\"}]"
    migrate
    assert_exit 8
    assert_contains err 23514
    assert_contains err no_seven
    assert_contains err 'table t'
    assert_lacks err anna
    assert_lacks err x.example
    pg_dump --no-sync -n idmigrate "$target" >"$WORK/dump"
    assert_lacks "$WORK/dump" x.example
    query "$target" 'drop trigger no_seven on t'
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*), count(distinct owner) from t')" '50|50'
}

events_come_in_the_order_of_their_index() {
    begin order "create table t (id text primary key, owner text);
        insert into t select md5(i::text), 'u' || 1 + i % 100 from generate_series(1, 500) as i;
        insert into t values ('a', 'u1'), ('ab', 'u1'), ('abcdefgh', 'u1'), ('abcdefghi', 'u1'), ('abcdefgha', 'u1'), ('é', 'u1')" \
        'create table t (id text primary key, owner text)' "[{\"from\": \"t\", \"harmless\": [\"id\"], \"columns\": {$owner}}]"
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*), bool_and(o) from (select coalesce(lag(resource_id) over (order by ctid) < resource_id, true) as o
        from audit_logs) as x')" '506|t'
}

rows_that_refer_to_each_other_in_any_order() {
    begin tree "create table t (id int primary key, parent int, owner text); insert into t select i, nullif(i % 10 + 90, i), 'u' || i from generate_series(1, 100) as i" \
        'create table t (id int primary key, parent int references t, owner text)' "[{\"from\": \"t\", \"columns\": {$owner}}]"
    migrate
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*), count(parent) from t')" "$(query "$source" 'select count(*), count(parent) from t')"
}

a_value_of_100_mb_needs_four_times_its_size_and_no_more() {
    begin huge "create table t (id int primary key, owner text, body text); insert into t values (1, 'u1', repeat('0123456789', 10485760)), (2, 'u2', 'small')" \
        'create table t (id int primary key, owner text, body text)' "[{\"from\": \"t\", \"columns\": {$owner}}]"
    if [ "${IDMIGRATE_SANITIZE-}" = '' ]; then
        # Kilobytes: 100 MB and four times the row. Of writable memory: threads reserve more addresses than they use.
        run bash -c "ulimit -d $(((100 + 4 * 100) * 1024)); exec \"\$@\"" - "$IDMIGRATE" run --yes --progress none "$mapping"
    else
        migrate
    fi
    assert_exit 0
    assert_equal "$(query "$target" 'select length(body) from t where id = 1')" 104857600
}

# The target does not tell cases apart, and a number is the same with zeros behind it: what rows meet in is the server's say,
# for whoever writes and whoever verifies. citext, a domain over it, a collation; in no search path.
rows_meet_in_what_the_server_calls_equal() {
    local key type wrong
    for type in ext.mail 'text collate ext.folded' numeric; do
        key=mail
        [ "$type" != numeric ] || key=nr
        begin meet "create table p (mail text, nr numeric, owner text, n int, primary key (mail, nr)); insert into p select 'Mail' || i, i, 'u' || i, i from generate_series(1, 60) as i;
            insert into p select 'mAIL' || i, (i || '.00')::numeric, 'u' || i, i from generate_series(1, 9) as i;
            create table c as select n as id, owner, ${key/mail/upper(mail) as mail} from p where mail like 'M%'; alter table c add primary key (id)" \
            "create schema ext; create extension citext schema ext; create domain ext.mail as ext.citext;
            create collation ext.folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            create table p (mail text, nr numeric, owner text, n int); alter table p alter $key type $type, add primary key ($key);
            create table c (id int primary key, owner text, $key $type references p);
            insert into p (mail, nr, owner, n) select 'MAIL' || i, (i || '.0')::numeric, 'old', -i from generate_series(6, 12) as i" \
            "[{\"from\": \"p\", \"on_conflict\": {\"key\": [\"$key\"], \"do\": \"update\", \"set\": [\"owner\", \"n\"]}, \"columns\": {$owner}}, {\"from\": \"c\", \"columns\": {$owner}}]"
        migrate
        assert_exit 0
        assert_equal "$(query "$target" "select count(*), count(distinct n), bool_and(owner = 'n' || n), (select count(*) from c join p on p.$key operator($([[ $type = ext* ]] && echo ext || echo pg_catalog).=) c.$key) from p")" '60|60|t|60'
        assert_equal "$(query "$target" "select count(*), count(*) filter (where survivor = 'existing') from idmigrate.merge")" '16|11'
        # Said of another row, or of no row, it is not right.
        for wrong in "survivor_key = (select survivor_key from idmigrate.merge where survivor = 'existing' and survivor_key like '%12%' limit 1) where survivor_key like '%11%'" \
            "survivor_key = 'x' where survivor_key like '%11%'"; do
            query "$target" "begin; create table kept as table idmigrate.merge; update idmigrate.merge set $wrong; commit"
            idmigrate verify --target "$DST" --only rows --progress none last
            assert_exit 5
            query "$target" "begin; truncate idmigrate.merge; insert into idmigrate.merge table kept; drop table kept; commit"
        done
        query "$target" "set session_replication_role = replica; delete from p where n = 60"
        idmigrate verify --target "$DST" --only foreign_keys --progress none last
        assert_exit 5
        assert_contains out '1 rows without one'
    done
}

cases=${*:-rows_meet_in_what_the_server_calls_equal text_of_every_kind_comes_through an_empty_table_is_done two_hundred_columns_come_through
    a_table_without_a_key_comes_through_with_equal_rows a_target_with_rows_keeps_them events_come_in_the_order_of_their_index a_trigger_that_swallows_rows_stops_the_run a_trigger_that_changes_rows_is_named_by_the_proof
    a_row_that_the_server_refuses_is_named_without_its_values_and_the_run_goes_on_after_it_was_mended
    rows_that_refer_to_each_other_in_any_order a_value_of_100_mb_needs_four_times_its_size_and_no_more}
for case in $cases; do "$case"; done
