# Rows that the target refuses: one bad row costs one row, is a reject with SQLSTATE and constraint, and has an event.
. "$SOURCE_DIR/tests/support/e2e.bash"

seq -f 'u%g' 1 2000 | awk '{ print $1 ",n" substr($1, 2) }' | { echo old,new && cat; } >users.csv
owner='"columns": {"owner": {"from": "owner", "resolve": "user"}}'

# begin NAME SOURCE_SQL TARGET_SQL TABLES: two databases and a mapping. TABLES is a list without its brackets.
begin() {
    source=refused_$1_s target=refused_$1_t mapping=$WORK/$1.json
    fresh_database "$source"
    fresh_database "$target"
    export SRC="host=$PGHOST user=postgres dbname=$source" DST="host=$PGHOST user=postgres dbname=$target"
    query "$source" "$2" >/dev/null
    query "$target" "$3" >/dev/null
    jq -n --argjson tables "[$4]" '{version: 1, name: "refused", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "users.csv", old_column: "old", new_column: "new"}}}, tables: $tables}' >"$mapping"
}
migrate() { idmigrate run --yes --progress none "$@" "$mapping"; }
rejects() {
    query "$target" "select source_key, reason_code, coalesce(sqlstate, '-'), coalesce(constraint_name, column_name, '-')
        from idmigrate.reject order by table_no, source_key collate \"C\""
}
# Every row has one event, and verify, which the run ends with, has nothing to say.
assert_proved() {
    assert_exit "$1"
    assert_matches out 'rows +equal'
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
    assert_equal "$(query "$target" "select count(*) from audit_logs where action = 'ROW_REJECTED'")" "$(query "$target" 'select count(*) from idmigrate.reject')"
    pg_dump --no-sync -n idmigrate "$target" >"$WORK/dump"
    assert_lacks "$WORK/dump" secret
}

two_bad_columns_and_every_kind_of_rule() {
    begin rules "create table t (id int primary key, owner text, mail text, age int, code text, a int, b int, flag boolean, ref int, kind text);
        insert into t select i, 'u' || i, 'secret' || i || '@x.example', i, 'c' || i, i, 1, true, 1, 'good' from generate_series(1, 1000) as i;
        update t set code = null where id = 10;
        update t set code = 'much too long for its column' where id = 11;
        update t set age = '-4' where id = 12;
        update t set mail = 'SECRET20@x.example' where id = 21;
        update t set mail = 'Secret23@x.example', code = null where id = 22;
        update t set a = 2000000000, b = -1 where id = 30;
        update t set kind = 'secret' where id = 31;
        update t set age = -5, code = null where id = 32;
        update t set b = 0 where id = 40;
        update t set ref = 99 where id = 60;
        update t set flag = null where id = 80;
        update t set flag = false where id = 81;
        update t set mail = 'there@x.example' where id = 90" \
        "create extension citext;
        create table ref (id int primary key); insert into ref values (1);
        create type kind as enum ('good', 'bad');
        create domain adult as int check (value >= 0);
        create table t (id int primary key, owner text, mail citext unique, age adult, code varchar(8) not null, a int, b int,
            flag boolean not null, ref int references ref, kind kind, ratio int generated always as (a / b) stored, twice int generated always as (a * 2) stored,
            constraint flag_is_set check (flag));
        insert into t (id, owner, mail, code, flag) values (9001, 'there', 'THERE@x.example', 'x', true)" \
        "{\"from\": \"t\", \"allow\": 1, $owner}"
    jq 'del(.tables[0].allow) | .tables[0].columns += {code: {from: "code", allow_narrowing: "on purpose"}}' "$mapping" >m && mv m "$mapping"
    migrate --max-rejects 100 "$@"
    assert_proved 7
    assert_equal "$(rejects)" "10|server_refused|23502|code
11|server_refused|22001|code
12|server_refused|23514|adult_check
21|server_refused|23505|t_mail_key
22|server_refused|23502|code
30|server_refused|22003|-
31|server_refused|22P02|kind
32|server_refused|23514|adult_check
40|server_refused|22012|-
60|server_refused|23503|t_ref_fkey
80|server_refused|23502|flag
81|server_refused|23514|flag_is_set
90|server_refused|23505|t_mail_key"
    assert_equal "$(query "$target" 'select count(*), count(ratio), count(twice) from t where id < 9001')" '987|987|987'
    assert_matches out '^ *2 +t +server_refused +23505 +t_mail_key'
    idmigrate status --target "$DST" last
    assert_matches out 'server_refused +23503 +t_ref_fkey'
    idmigrate report --target "$DST" --json
    assert_json out '[.rejects.by_reason[]? | select(.constraint == "t_mail_key") | .rejects] | add' 2
}

# What a trigger raises is a reject where the mapping says so, and stops the run where it does not.
trigger_target="create table t (id int primary key, owner text);
    create function no_seven() returns trigger language plpgsql as
        'begin if new.id % 100 = 7 then raise exception ''secret % is refused'', new.owner; end if; return new; end';
    create trigger no_seven before insert on t for each row execute function no_seven()"
a_declared_code_of_a_trigger_is_a_reject() {
    begin declared "create table t (id int primary key, owner text); insert into t select i, 'u' || i from generate_series(1, 1000) as i" \
        "$trigger_target" "{\"from\": \"t\", \"triggers\": \"fire\", \"reject_sqlstates\": [\"P0001\"], $owner}"
    migrate --max-rejects 10
    assert_proved 7
    assert_equal "$(query "$target" 'select count(*), sum(id % 100) from t')" '990|49430'
    assert_equal "$(query "$target" "select count(*), min(sqlstate), min(source_key), max(source_key) from idmigrate.reject")" '10|P0001|107|907'
}
an_undeclared_code_of_a_trigger_stops_the_run() {
    begin undeclared "create table t (id int primary key, owner text); insert into t select i, 'u' || i from generate_series(1, 1000) as i" \
        "$trigger_target" "{\"from\": \"t\", \"triggers\": \"fire\", $owner}"
    migrate --max-rejects 100
    assert_exit 4
    assert_contains err P0001
    assert_contains err reject_sqlstates
    assert_lacks err secret
    assert_equal "$(query "$target" 'select count(*) from t')" 0
}

six_bad_rows_where_five_are_allowed() {
    begin limit "create table t (id int primary key, owner text); insert into t select i, 'u' || i from generate_series(1, 700) as i" \
        "create table t (id int primary key, owner text);
        create function no_seven() returns trigger language plpgsql as
            'begin if new.id % 100 = 7 and new.id < 600 then raise check_violation using constraint = ''no_seven''; end if; return new; end';
        create trigger no_seven before insert on t for each row execute function no_seven()" \
        "{\"from\": \"t\", \"triggers\": \"fire\", $owner}"
    migrate --max-rejects 5
    assert_exit 8
    assert_contains err '6 by 23514 (no_seven)'
    assert_equal "$(query "$target" 'select count(*) from t')" 0
    migrate --max-rejects 6
    assert_proved 7
    assert_equal "$(query "$target" 'select count(*) from t')" 694
}

everything_is_bad() {
    begin all "create table t (id int primary key, owner text); insert into t select i, 'u' || i from generate_series(1, 2000) as i" \
        "create table t (id int primary key, owner text);
        create function no() returns trigger language plpgsql as 'begin raise check_violation using constraint = ''no''; end';
        create trigger no before insert on t for each row execute function no()" \
        "{\"from\": \"t\", \"triggers\": \"fire\", $owner}"
    migrate --max-rejects 100%
    assert_proved 7
    assert_equal "$(query "$target" 'select count(*) from idmigrate.reject')" 2000
}

# Of people who are there some may not get the values that the old application has: a check, a key, a reference, a
# trigger; of one two accounts meet in it. Then nothing is changed of them.
a_row_that_is_there_and_may_not_be_changed_so_costs_one_row() {
    local people="create table m (mail text primary key, owner text, n int, f int, t varchar(9)); insert into m select 'm' || i, 'u' || i, i, i, 'secret' || i % 10 from generate_series(1, 60) as i"
    local changed="create table f (n int primary key); insert into f select i from generate_series(-40, 60) as i where i <> 22;
        create table m (mail text unique, owner text, n int unique check (n <> 11), f int references f, t varchar(9));
        insert into m select 'm' || i, 'old', -i, -i, 'kept' from generate_series(1, 40) as i; insert into m values ('other', 'z', 33, 33, 'kept');
        create function no() returns trigger language plpgsql as 'begin if new.n = 38 then raise exception ''secret''; end if; return new; end';
        create trigger no before update on m for each row execute function no()"
    local table="\"from\": \"m\", \"triggers\": \"fire\", \"reject_sqlstates\": [\"P0001\"], $owner, \"on_conflict\": {\"key\": [\"mail\"], \"do\": \"update\", \"set\": [\"owner\", \"n\", \"f\"]}"
    begin changes "$people" "$changed" "{$table}"
    migrate --max-rejects 3
    assert_exit 8
    assert_equal "$(query "$target" "select count(*) from m where owner ~ '^n'")" 0
    migrate --max-rejects 4
    assert_proved 7
    assert_equal "$(rejects)" "$(printf 'm11|server_refused|23514|m_n_check\nm22|server_refused|23503|m_f_fkey\nm33|server_refused|23505|m_n_key\nm38|server_refused|P0001|-')"
    assert_equal "$(query "$target" "select count(*), count(*) filter (where owner = 'n' || n and n = f), string_agg(mail, ',' order by n desc) filter (where owner !~ '^n') from m")" \
        '61|56|other,m11,m22,m33,m38'
    assert_equal "$(query "$target" "select rows_read, rows_written, rows_merged, rows_rejected, (select count(*) from idmigrate.merge) from idmigrate.chunk where state = 'done'")" '60|20|36|4|36'
    idmigrate undo --yes --target "$DST" last
    assert_exit 0
    assert_equal "$(query "$target" "select count(*), sum(n), count(*) filter (where owner = 'old') from m")" '41|-787|40'
    # Of two that meet in such a row the other one changes it.
    begin met "${people/primary key/}; insert into m values ('m11', 'u61', 70, 60, '')" "$changed" "{$table, \"key\": [\"owner\"]}"
    migrate --max-rejects 9
    assert_proved 7
    assert_equal "$(rejects)" "$(printf 'u11|server_refused|23514|m_n_check\nu22|server_refused|23503|m_f_fkey\nu33|server_refused|23505|m_n_key\nu38|server_refused|P0001|-')"
}

# Of three accounts of one person the newest may not be written, or may not change the person who is there: the next one
# takes its place. Of another one none may be.
the_next_one_takes_the_place_of_a_refused_winner() {
    local what
    for what in skip update; do
        begin "next_$what" "create table p (id int primary key, mail text, owner text, n int);
            insert into p select i, 'm' || i % 50, 'u' || i, i from generate_series(1, 150) as i;
            update p set n = -n where id in (107, 57, 108, 58, 8, 120, 30);
            create table c (id int primary key, p text, n int);
            insert into c select i, 'm' || i % 50, i from generate_series(1, 100) as i" \
            "create table p (id int, mail text primary key, owner text, n int check (n > 0));
            insert into p select 0, 'm' || i, 'there', 1 from generate_series(30, 40) as i;
            create table c (id int primary key, p text references p, n int)" \
            "{\"from\": \"p\", \"harmless\": [\"mail\"], $owner, \"on_conflict\": {\"key\": [\"mail\"], \"do\": \"$what\"}, \"winner\": {\"by\": \"id\", \"dir\": \"newest\"}}, {\"from\": \"c\"}"
        jq '.tables[0].winner.dir = "highest" | if .tables[0].on_conflict.do == "update" then .tables[0].on_conflict.set = ["owner", "n", "id"] else . end' "$mapping" >m && mv m "$mapping"
        idmigrate run --dry-run --progress none --max-rejects 100 "$mapping"
        assert_exit 7
        assert_matches out 'all +250 .* 12 '
        if [ "$what" = skip ]; then
            IDMIGRATE_FAILPOINT=winners-tried:2 migrate --max-rejects 100
            assert_exit 137
            migrate --max-rejects 100
        else
            # Of too many of them it is found by their chunk. The run goes on by itself, and so does one that is taken up.
            IDMIGRATE_CHUNK_ROWS=20 IDMIGRATE_CHUNK_BLOCKS=1 IDMIGRATE_FAILPOINT=winners-tried:1 migrate --max-rejects 100
            assert_exit 137
            assert_contains err 'the run goes on, and decides on them anew'
            IDMIGRATE_CHUNK_ROWS=20 migrate --max-rejects 100
        fi
        assert_proved 7
        assert_equal "$(query "$target" "select string_agg(source_key || coalesce(sqlstate, ''), ' ' order by source_key::int), count(distinct reason_code)
            from idmigrate.reject where table_no = 0")" '823514 5723514 5823514 10723514 10823514 12023514|1'
        # Who refers to the key that they share with the one that stands is known to refer to a refused row.
        assert_equal "$(query "$target" "select string_agg(source_key, ' ' order by source_key::int), count(distinct reason_code) from idmigrate.reject where table_no = 1")" \
            '7 8 20 57 58 70|1'
        assert_equal "$(query "$target" "select string_agg(mail || owner || id, ' ' order by mail) from p where mail in ('m7', 'm8', 'm20', 'm6')")" \
            'm20n7070 m6n106106 m7n77'
        assert_equal "$(query "$target" "select count(*) from p where mail in ('m30', 'm31') and owner ~ '^n'")" "$([ "$what" = update ] && echo 2 || echo 0)"
    done
}

# A row that others give way to is refused because of one that meets nobody by their key.
a_row_that_meets_nobody_is_in_a_winners_way() {
    begin contest "create table k (id int primary key, grp text, n int, owner text);
        insert into k values (0, 'B', 5, 'u1'), (1, 'A', 5, 'u2'), (2, 'A', 6, 'u3')" \
        "create table k (id int primary key, grp text unique, n int unique, owner text)" \
        "{\"from\": \"k\", \"harmless\": [\"grp\"], $owner, \"on_conflict\": {\"key\": [\"grp\"], \"do\": \"skip\"}}"
    idmigrate run --dry-run --progress none --max-rejects 5 "$mapping"
    assert_exit 7
    migrate --max-rejects 5
    assert_contains err 'the run goes on, and decides on them anew'
    assert_proved 7
    assert_equal "$(query "$target" "select string_agg(id::text, ' ' order by id) from k")" '0 2'
    assert_equal "$(rejects)" '1|server_refused|23505|k_n_key'
}

# Arrays of arrays are no list of keys.
rows_with_an_array_for_a_key_are_tried_again() {
    begin array "create table k (k int[] primary key, grp text, owner text, v int);
        insert into k values ('{1}', 'g', 'u1', -1), ('{2,3}', 'g', 'u2', 1), ('{3}', 'h', 'u3', 1), ('{4}', 'i', 'u4', -1)" \
        "create table k (k int[], grp text primary key, owner text, v int check (v > 0))" \
        "{\"from\": \"k\", \"harmless\": [\"grp\", \"k\"], $owner, \"on_conflict\": {\"key\": [\"grp\"], \"do\": \"skip\"}}"
    migrate --max-rejects 5
    assert_proved 7
    assert_equal "$(query "$target" "select string_agg(k::text, ' ' order by k) from k")" '{2,3} {3}'
    query "$source" 'update k set v = 1' >/dev/null
    idmigrate run --yes --progress none --rejects-only last --max-rejects 5 "$mapping"
    assert_exit 7
    assert_equal "$(query "$target" "select string_agg(k::text, ' ' order by k) from k")" '{2,3} {3} {4}'
}

children_of_a_refused_parent_say_so() {
    begin children "create table p (id int primary key, owner text, n int); insert into p select i, 'u' || i, i from generate_series(1, 100) as i;
        create table c (id int primary key, p int references p, owner text); insert into c select i, i % 100 + 1, 'u1' from generate_series(1, 300) as i;
        create table g (id int primary key, c int references c, owner text); insert into g select i, i, 'u1' from generate_series(1, 300) as i" \
        "create table p (id int primary key, owner text, n int check (n <> 50));
        create table c (id int primary key, p int not null references p, owner text);
        create table g (id int primary key, c int references c, owner text)" \
        "{\"from\": \"g\", $owner}, {\"from\": \"c\", $owner}, {\"from\": \"p\", $owner}"
    IDMIGRATE_CHUNK_BLOCKS=1 migrate --max-rejects 10
    assert_proved 7
    assert_equal "$(query "$target" 'select label, reason_code, count(*) from idmigrate.reject join idmigrate.run_table using (run_id, table_no) group by 1, 2 order by 1')" 'c|parent_rejected|3
g|parent_rejected|3
p|server_refused|1'
}

# A tree in one table: what is below a refused row goes with it.
a_bad_row_in_a_self_reference() {
    begin tree "create table t (id int primary key, parent int references t deferrable initially deferred, owner text, n int);
        insert into t select i, nullif(i / 2, 0), 'u' || i, i from generate_series(1, 1000) as i;
        update t set parent = 900 where id = 1; update t set n = -1 where id in (100, 777); update t set n = -2 where id = 31" \
        "create table t (id int primary key, parent int references t, owner text, n int);
        create function refuse() returns trigger language plpgsql as
            'begin if new.n = -2 then raise check_violation using constraint = ''refuse''; end if; return new; end';
        create trigger refuse before insert on t for each row execute function refuse();
        alter table t add constraint t_n check (n <> -1)" \
        "{\"from\": \"t\", \"triggers\": \"fire\", $owner}"
    migrate --max-rejects 1000
    assert_proved 7
    assert_equal "$(query "$source" 'with recursive r as (select id from t where n < 0 union select t.id from t join r on t.parent = r.id) select count(*) from r')" \
        "$(query "$target" 'select count(*) from idmigrate.reject')"
    assert_equal "$(query "$target" "select source_key, sqlstate, constraint_name from idmigrate.reject where reason_code = 'server_refused' order by 1")" '100|23514|t_n
31|23514|refuse
777|23514|t_n'
}

# Two tables that refer to each other, bad rows in both, and one that refers to nothing.
bad_rows_in_a_cycle() {
    begin cycle "create table a (id int primary key, b int, owner text, n int); create table b (id int primary key, a int, owner text, n int);
        insert into a select i, i, 'u' || i, i from generate_series(1, 500) as i; insert into b select i, i, 'u' || i, i from generate_series(1, 500) as i;
        update a set n = -1 where id = 10; update b set n = -1 where id = 20; update b set a = 30 where id = 31; update a set n = -1 where id = 30; update b set a = 9999 where id = 40" \
        "create table a (id int primary key, b int, owner text, n int check (n > 0)); create table b (id int primary key, a int references a, owner text, n int);
        alter table a add foreign key (b) references b;
        create function refuse() returns trigger language plpgsql as
            'begin if new.n = -1 then raise check_violation using constraint = ''refuse''; end if; return new; end';
        create trigger refuse before insert on b for each row execute function refuse()" \
        "{\"from\": \"a\", \"triggers\": \"fire\", $owner}, {\"from\": \"b\", \"triggers\": \"fire\", $owner}"
    migrate --max-rejects 100 "$@"
    assert_proved 7
    assert_equal "$(query "$target" "select label, source_key, reason_code, coalesce(constraint_name, '-') from idmigrate.reject join idmigrate.run_table using (run_id, table_no) order by 1, 2")" 'a|10|server_refused|a_n_check
a|20|parent_rejected|-
a|30|server_refused|a_n_check
a|31|parent_rejected|-
a|40|parent_rejected|-
b|10|parent_rejected|-
b|20|server_refused|refuse
b|30|parent_rejected|-
b|31|parent_rejected|-
b|40|server_refused|b_a_fkey'
}

both_codecs_refuse_the_same() {
    bad_rows_in_a_cycle --codec text
    two_bad_columns_and_every_kind_of_rule --codec text
}

partitions_exclusions_and_deferred_keys() {
    begin kinds "create table t (id int, day date, owner text, slot int, room int, during int4range, label text, primary key (id, day));
        insert into t select i, '2026-01-01'::date + i % 300, 'u' || i, i, i, '[1,2)', 'l' || i from generate_series(1, 600) as i;
        update t set day = '2031-01-01' where id = 61;
        update t set room = 1, during = '[1,5)' where id = 50;
        update t set room = 51, during = '[10,20)' where id = 52;
        update t set room = 51, during = '[15,25)' where id = 53;
        update t set room = 51, during = '[22,30)' where id = 54;
        create table d (id int primary key, owner text, slot int, room int, during int4range, label text);
        insert into d select i, 'u' || i, i, i, '[1,2)', 'l' || i from generate_series(1, 600) as i;
        update d set slot = 101 where id = 100;
        update d set room = 1, during = '[1,5)' where id = 50;
        update d set room = 51, during = '[10,20)' where id = 52;
        update d set room = 51, during = '[15,25)' where id = 53;
        update d set room = 51, during = '[22,30)' where id = 54;
        update d set label = null where id in (301, 302);
        update d set label = 'L310' where id = 311;
        update d set room = 900 where id = 70" \
        "create extension btree_gist;
        create table t (id int, day date, owner text, slot int, room int, during int4range, label text, primary key (id, day)) partition by range (day);
        create table t_1 partition of t for values from ('2026-01-01') to ('2026-06-01');
        create table t_2 partition of t for values from ('2026-06-01') to ('2027-01-01');
        alter table t_1 add constraint t_free exclude using gist (room with =, during with &&);
        create table d (no bigint generated always as identity, stamp timestamptz default now(), kind text default 'kind', id int primary key, owner text, slot int,
            room int, during int4range, label text, constraint d_slot unique (slot) deferrable initially deferred,
            constraint d_free exclude using gist (room with =, during with &&) deferrable initially deferred);
        create unique index d_label on d (lower(label), kind) nulls not distinct where id > 0;
        insert into d (id, owner, slot, room, during) values (-1, 'there', -1, 900, '[1,9)')" \
        "{\"from\": \"t\", $owner}, {\"from\": \"d\", $owner}"
    IDMIGRATE_CHUNK_BLOCKS=100 migrate --max-rejects 100
    assert_proved 7
    assert_equal "$(query "$target" "select label, source_key, sqlstate, coalesce(constraint_name, '-') from idmigrate.reject join idmigrate.run_table using (run_id, table_no) order by 1, 2")" 'd|101|23505|d_slot
d|302|23505|d_label
d|311|23505|d_label
d|50|23P01|d_free
d|53|23P01|d_free
d|70|23P01|d_free
t|["50", "2026-02-20"]|23P01|t_free
t|["53", "2026-02-23"]|23P01|t_free
t|["61", "2031-01-01"]|23514|-'
}


# Killed at every step of taking refused rows out, also in a table that refers to itself, and resumed: as undisturbed.
killed_at_every_step() {
    local point
    local bad="create table p (id int primary key, owner text, n int); insert into p select i, 'u' || i, i % 50 from generate_series(1, 2000) as i;
        create table t (id int primary key, parent int, owner text, n int); insert into t select i, nullif(i / 2, 0), 'u' || i, i % 50 from generate_series(1, 500) as i;
        update p set n = 0 where id in (1, 1999)"
    local rules="create table p (id int primary key, owner text, n int check (n <> 7));
        create function refuse() returns trigger language plpgsql as
            'begin if new.n = 9 then raise check_violation using constraint = ''refuse''; end if; return new; end';
        create trigger refuse before insert on p for each row execute function refuse();
        create table t (id int primary key, parent int references t, owner text, n int check (n <> 7));
        create trigger refuse before insert on t for each row execute function refuse();
        create unique index p_once on p (n) where id in (1, 1999)"
    local tables="{\"from\": \"p\", \"triggers\": \"fire\", $owner}, {\"from\": \"t\", \"triggers\": \"fire\", $owner}"
    local rows="select md5(string_agg(x, ',' order by x)) from (select p::text as x from p union all select t::text from t
        union all select table_no || source_key || reason_code || coalesce(sqlstate || constraint_name, '') from idmigrate.reject) as all_of_it"
    export IDMIGRATE_CHUNK_BLOCKS=2
    begin undisturbed "$bad" "$rules" "$tables"
    migrate --max-rejects 1000
    assert_proved 7
    local expected
    expected=$(query "$target" "$rows")
    while IFS= read -r point; do
        for time in 1 2; do
            begin killed "$bad" "$rules" "$tables"
            IDMIGRATE_FAILPOINT=$point:$time migrate --max-rejects 1000 --jobs 1
            if [ "$time" != 2 ] || [ "$STATUS" -ne 7 ]; then assert_exit 137; fi
            [ "$STATUS" -eq 7 ] || migrate --max-rejects 1000
            assert_proved 7
            assert_equal "$(query "$target" "$rows")" "$expected"
            assert_equal "$(query "$target" 'select count(*) from audit_logs')" 2500
        done
    done < <(sed -n 's/.*failpoint("\(sift-[a-z-]*\|cycle-refused\)").*/\1/p' "$SOURCE_DIR"/src/migrate/*.c | sort -u)
    unset IDMIGRATE_CHUNK_BLOCKS
}

a_dry_run_counts_the_same_and_leaves_nothing() {
    begin dry "create table p (id int primary key, owner text, n int); insert into p select i, 'u' || i, i from generate_series(1, 100) as i;
        create table t (id int primary key, parent int, owner text, n int); insert into t select i, nullif(i / 2, 0), 'u' || i, i from generate_series(1, 100) as i" \
        "create table p (no serial, id int primary key, owner text, n int check (n <> 50)); create table t (id int primary key, parent int references t, owner text, n int check (n <> 50))" \
        "{\"from\": \"p\", $owner}, {\"from\": \"t\", $owner}"
    local before
    before=$(digest "$target")
    migrate --dry-run --max-rejects 10
    assert_exit 7
    assert_matches out '^ *1 +p +server_refused +23514 +p_n_check'
    assert_matches out '^ *1 +t +parent_rejected'
    assert_equal "$(digest "$target")" "$before"
    migrate --max-rejects 10
    assert_proved 7
}

# Rejects of every kind, mended in the target, in the source and in the ID map, and tried again.
retry_setup() {
    begin "$1" "create table p (id int primary key, owner text, n int); insert into p select i, 'u' || i, i from generate_series(1, 2010) as i;
        create table c (id int, part text, p int references p, owner text, primary key (id, part)); insert into c select i, 'x', i, 'u1' from generate_series(1, 2010) as i;
        create table t (id int primary key, parent int, owner text, n int); insert into t select i, nullif(i / 2, 0), 'u' || i, i from generate_series(1, 300) as i;
        create table k (owner text, n int); insert into k select 'u' || (i % 5), 1 from generate_series(1, 10) as i" \
        "create table p (id int primary key, owner text, n int, constraint p_n check (n not in (50, 60, 70)));
        create table c (id int, part text, p int not null references p, owner text, primary key (id, part));
        create table t (id int primary key, parent int references t, owner text, n int, constraint t_n check (n <> 40));
        create table k (owner text, n int, constraint k_once unique (owner, n))" \
        "{\"from\": \"c\", $owner}, {\"from\": \"p\", $owner}, {\"from\": \"t\", $owner}, {\"from\": \"k\", $owner}"
    IDMIGRATE_CHUNK_BLOCKS=3 migrate --max-rejects 100%
    assert_proved 7
    # u0 is no user: k has 8 good rows of 4 kinds, 2 more rejects; u2001 to u2010 are not in the map.
    assert_equal "$(query "$target" 'select label, reason_code, count(*) from idmigrate.reject join idmigrate.run_table using (run_id, table_no) group by 1, 2 order by 1, 2')" 'c|parent_rejected|13
k|id_unresolved|2
k|server_refused|4
p|id_unresolved|10
p|server_refused|3
t|parent_rejected|6
t|server_refused|1'
}
retry_mend() {
    query "$target" 'alter table p drop constraint p_n; alter table p add constraint p_n check (n <> 70); alter table t drop constraint t_n' >/dev/null
    query "$source" 'delete from c where id = 60; delete from p where id = 60; update t set n = 41 where id = 40; update p set n = 71 where id = 70; update p set n = 70 where id = 50' >/dev/null
    for i in {2001..2005}; do echo "u$i,n$i"; done >>users.csv
}
retry_check() {
    assert_exit 7
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
    # 50 is still refused, 60 is gone; the five new IDs pass with their children.
    assert_equal "$(query "$target" 'select label, reason_code, count(*) from idmigrate.reject join idmigrate.run_table using (run_id, table_no) group by 1, 2 order by 1, 2')" 'c|parent_rejected|6
k|id_unresolved|2
k|server_refused|4
p|id_unresolved|5
p|server_refused|1'
    assert_equal "$(query "$target" 'select count(*) from p') $(query "$target" 'select count(*) from c') $(query "$target" 'select count(*) from t')" '2003 2003 300'
    assert_equal "$(query "$target" "select sum(rows_read), sum(rows_written), sum(rows_rejected) from idmigrate.chunk")" '4328|4310|18'
    # One event that a row is migrated, whatever came before; the source, not the row that is gone, has the rest.
    assert_equal "$(query "$target" "select count(*), count(distinct (metadata ->> 'table', metadata ->> 'source_key_digest')) from audit_logs where action = 'ROW_MIGRATED'")" '4310|4310'
}
rejects_are_tried_again() {
    cp users.csv users.before
    retry_setup retry
    idmigrate run --yes --progress none --rejects-only last "$mapping"
    assert_exit 7
    assert_equal "$(query "$target" "select count(*) from idmigrate.chunk where kind = 'retry'")" 0
    retry_mend
    idmigrate run --yes --progress none --rejects-only last "$mapping"
    retry_check
    local rows
    rows=$(query "$target" 'select count(*) from audit_logs')
    idmigrate run --yes --progress none --rejects-only last "$mapping"
    retry_check
    assert_equal "$(query "$target" 'select count(*) from audit_logs')" "$rows"
    migrate
    assert_exit 7
    assert_contains err 'nothing to write'
    cp users.before users.csv
}
rejects_are_tried_again_after_a_kill() {
    local point
    cp users.csv users.before
    for point in retry-carried-out:1 retry-settled:1 retry-committed:1 retry-committed:2 sift-rows-staged:1 sift-rows-written:2; do
        cp users.before users.csv
        retry_setup retry_killed
        retry_mend
        IDMIGRATE_FAILPOINT=$point idmigrate run --yes --progress none --rejects-only last "$mapping"
        assert_exit 137
        idmigrate run --yes --progress none --rejects-only last "$mapping"
        retry_check
    done
    cp users.before users.csv
}
# What changes a row that is there is tried again too; unless another row has taken its place.
rejects_that_change_a_row_are_tried_again() {
    begin again "create table m (id int primary key, mail text, owner text, n int); insert into m select i, 'm' || i, 'u' || i, i from generate_series(1, 40) as i;
        insert into m values (55, 'm5', 'u55', 7); update m set n = -1 where id in (3, 5, 6, 30)" \
        "create table m (id int, mail text primary key, owner text, n int constraint positive check (n > 0));
        insert into m (id, mail, owner, n) select -i, 'm' || i, 'old', 1 from generate_series(1, 20) as i" \
        "{\"from\": \"m\", \"harmless\": [\"mail\"], $owner, \"on_conflict\": {\"key\": [\"mail\"], \"do\": \"update\", \"set\": [\"owner\", \"n\"]}}"
    migrate --max-rejects 10
    assert_proved 7
    assert_equal "$(query "$target" "select string_agg(source_key, ' ' order by source_key::int) from idmigrate.reject")" '3 5 6 30'
    query "$source" 'update m set n = 33 where id in (3, 5, 30)' >/dev/null
    idmigrate run --yes --progress none --max-rejects 10 --rejects-only last "$mapping"
    assert_exit 7
    idmigrate verify --target "$DST" --progress none
    assert_exit 0
    assert_equal "$(query "$target" "select string_agg(source_key || ' ' || sqlstate || ' ' || constraint_name, ', ' order by source_key) from idmigrate.reject")" \
        '5 23505 m_pkey, 6 23514 positive'
    assert_equal "$(query "$target" "select string_agg(mail || owner || n, ' ' order by mail) from m where mail in ('m3', 'm5', 'm6', 'm30')")" 'm3n333 m30n3033 m5n557 m6old1'
    idmigrate undo --yes --target "$DST" last
    assert_exit 0
    assert_equal "$(query "$target" "select count(*), count(*) filter (where owner = 'old' and n = 1) from m")" '20|20'
}

an_unfinished_run_has_no_rejects_to_try_again() {
    begin unfinished "create table p (id int primary key, owner text); insert into p values (1, 'nobody')" 'create table p (id int primary key, owner text)' "{\"from\": \"p\", $owner}"
    migrate
    assert_exit 8
    idmigrate run --yes --progress none --rejects-only last "$mapping"
    assert_exit 1
    assert_contains err 'is not finished'
    idmigrate run --yes --dry-run --rejects-only last "$mapping"
    assert_exit 2
}

cases=${*:-two_bad_columns_and_every_kind_of_rule
    a_declared_code_of_a_trigger_is_a_reject
    an_undeclared_code_of_a_trigger_stops_the_run
    six_bad_rows_where_five_are_allowed
    everything_is_bad
    a_row_that_is_there_and_may_not_be_changed_so_costs_one_row
    the_next_one_takes_the_place_of_a_refused_winner a_row_that_meets_nobody_is_in_a_winners_way
    rows_with_an_array_for_a_key_are_tried_again children_of_a_refused_parent_say_so
    a_bad_row_in_a_self_reference
    bad_rows_in_a_cycle both_codecs_refuse_the_same
    partitions_exclusions_and_deferred_keys
    killed_at_every_step rejects_are_tried_again rejects_are_tried_again_after_a_kill rejects_that_change_a_row_are_tried_again an_unfinished_run_has_no_rejects_to_try_again
    a_dry_run_counts_the_same_and_leaves_nothing}
for case in $cases; do "$case"; done
