# Rows that violate what comes back after an exclusive run: the target's own keys, exclusion constraints, keys over expressions. Each is
# taken back, and all ends as without setting aside.
. "$SOURCE_DIR/tests/support/e2e.bash"

fresh_database exclusive_keys_fit
load exclusive_keys_fit tests/data/exclusive_keys/source.sql
fresh_database exclusive_keys_base
load exclusive_keys_base tests/data/exclusive_keys/target.sql
export SRC="host=$PGHOST user=postgres dbname=exclusive_keys_s" DST="host=$PGHOST user=postgres dbname=exclusive_keys_t" IDMIGRATE_TARGET=
IDMIGRATE_TARGET=$DST
cp "$SOURCE_DIR/tests/data/exclusive_keys/mapping.json" mapping.json
mapping=$WORK/mapping.json
{ echo old,new; for i in {1..40}; do echo "u$i,n$i"; done; } >ids.csv
tables='seat ticket vote member booking visit unit house line'

# plant SQL: the legacy rows, with some that do not fit.
plant() {
    fresh_database exclusive_keys_s exclusive_keys_fit
    query exclusive_keys_s "$1" >/dev/null
}
reset() { fresh_database exclusive_keys_t exclusive_keys_base; }
migrate() { idmigrate run --yes --progress none --max-rejects 500 "$@" "$mapping"; }
ask() { query exclusive_keys_t "$1"; }

definitions() {
    pg_dump --no-sync --schema-only --exclude-schema idmigrate --exclude-table 'audit_logs*' --dbname exclusive_keys_t |
        grep -vE '^(--|\\(un)?restrict )'
}
rows() {
    local table
    for table in $tables; do printf "select '%s', t::text from %s t order by 2;\n" "$table" "$table"; done |
        psql -X -q -A -t -v ON_ERROR_STOP=1 -d exclusive_keys_t
}
rejects() {
    ask 'select table_no, source_key, target_key, reason_code, column_name, sqlstate, constraint_name from idmigrate.reject order by 1, 2'
}
# Names of the constraints that rows were refused for, with their numbers.
refused() { ask "select concat_ws(' ', constraint_name, sqlstate, count(*)) from idmigrate.reject where sqlstate is not null group by constraint_name, sqlstate order by 1" | xargs; }

reset
definitions >definitions.expected

# expect [OPTION...]: what an undisturbed run makes of the planted rows, one that sets nothing aside unless said.
expect() {
    reset
    migrate "$@"
    assert_exit 7
    rows >rows.expected
    rejects >rejects.expected
}

assert_adds_up() {
    assert_equal "$(ask "select count(*) from idmigrate.run_table t left join lateral (select coalesce(sum(rows_read - rows_written - rows_merged - rows_skipped
            - rows_rejected), 0) as open, coalesce(sum(rows_rejected), 0) as rejected from idmigrate.chunk c where c.run_id = t.run_id and c.table_no = t.table_no
            and c.state = 'done') c on true where open <> 0 or rejected <> (select count(*) from idmigrate.reject r where r.run_id = t.run_id and r.table_no = t.table_no)")" 0
    # Each row that is there, and no other, has one event more that wrote it than events that took it back.
    assert_equal "$(ask "select count(*) from (select metadata->>'source' as s, metadata->>'source_key_digest' as k, count(*) filter (where action = 'ROW_MIGRATED')
            - count(*) filter (where action = 'ROW_REMOVED') as n, (array_agg(action order by id desc))[1] as last from audit_logs group by 1, 2) as q
        where n <> case when last in ('ROW_MIGRATED', 'ROW_UPDATED') then 1 else 0 end")" 0
    assert_equal "$(ask "select count(*) filter (where action = 'ROW_MIGRATED') - count(*) filter (where action = 'ROW_REMOVED') from audit_logs")" "$(rows | wc -l)"
}
assert_as_expected() {
    rows >rows.found
    assert_same_files rows.expected rows.found
    rejects >rejects.found
    assert_same_files rejects.expected rejects.found
    definitions >definitions.found
    assert_same_files definitions.expected definitions.found
    assert_equal "$(ask "select count(*) from idmigrate.set_aside where state in ('aside', 'built')")" 0
    assert_adds_up
    idmigrate verify last
    assert_exit 0
}
assert_undone() {
    idmigrate undo --yes last
    assert_exit 0
    assert_equal "$(rows)" ''
}

# The same however many work at it, and in whatever order the rows are stored.
ends_as_without_setting_aside() {
    local jobs
    plant "$1"
    expect
    assert_equal "$(refused)" "$2"
    for jobs in 1 4; do
        reset
        migrate --exclusive --jobs "$jobs"
        assert_exit 7
        assert_as_expected
        assert_undone
        backwards
    done
}
backwards() {
    query exclusive_keys_s 'create table seats as select * from seat order by id desc; truncate seat; insert into seat select * from seats;
        create table votes as select * from vote order by id desc; truncate vote; insert into vote select * from votes;
        create table bookings as select * from booking order by id desc; truncate booking; insert into booking select * from bookings;
        create table members as select * from member order by id desc; truncate member; insert into member select * from members;
        drop table seats, votes, bookings, members' >/dev/null
}

all_that_fits_is_moved() {
    plant 'select 1'
    reset
    migrate --exclusive
    assert_exit 0
    definitions >definitions.found
    assert_same_files definitions.expected definitions.found
    assert_adds_up
}

# The first by the source's key stays: 1000 before 5 before 900, as texts. A ticket refers to a seat that three had.
rows_with_one_key_of_their_table_are_taken_back_but_the_first() {
    ends_as_without_setting_aside "insert into seat values (900, 'u6', 5, 'twice'), (1000, 'u6', 5, 'thrice'), (901, 'u7', 6, 'note 6')" 'seat_key 23505 3'
    assert_contains rejects.expected '0|5|["n6", "5"]|server_refused||23505|seat_key'
    assert_contains rejects.expected '2|5|5|parent_rejected|'
}

rows_that_are_the_same_in_all_columns_are_taken_back_but_one() {
    ends_as_without_setting_aside "insert into vote values (900, 'u6', 5), (1000, 'u6', 5), (901, 'u7', 6)" 'vote_key 23505 3'
}

# 900 is in the way of 5 and of 901, and out because of 5: so 901 stays.
rows_that_exclude_each_other_are_taken_back_as_if_they_came_one_by_one() {
    ends_as_without_setting_aside "insert into booking values (900, 'u6', 5, '[55,65)', true), (901, 'u6', 5, '[62,66)', true), (902, 'u6', 5, '[50,99)', false)" \
        'booking_once 23P01 1'
}

rows_of_partitions_are_taken_back() {
    ends_as_without_setting_aside "insert into visit values (900, 'u6', '2024-01-06', 5), (901, 'u6', '2024-01-06', 5), (902, 'u11', '2024-06-19', 170)" 'visit_key 23505 3'
    # A rule of one partition.
    ends_as_without_setting_aside "insert into visit values (903, 'u11', '2024-06-20', 171), (904, 'u12', '2024-06-21', 171)" 'visit_late_once 23P01 2'
}

rows_that_violate_a_key_over_an_expression_are_taken_back() {
    ends_as_without_setting_aside "update member set email = 'p11@X.example' where id in (12, 13, 15)" 'member_email 23505 2'
}

# What the index is computed from fails for them, of partitions too; others of the same table meet in a key.
rows_that_an_index_cannot_hold_are_taken_back() {
    ends_as_without_setting_aside "update member set email = 'a@b' where id in (14, 30); update member set email = 'p11@X.example' where id in (12, 13);
        update visit set number = -7 where id in (3, 40)" '22012 4 member_email 23505 2'
}

# Somebody who may still see the removed row makes the index fail for it: they are waited for.
removed_rows_that_somebody_may_see_are_waited_for() {
    local reader
    plant "update member set email = 'a@b' where id = 14"
    expect
    reset
    psql -X -q -d exclusive_keys_t -c 'begin isolation level repeatable read; select 1; select pg_sleep(6)' >/dev/null &
    reader=$!
    sleep 0.5
    migrate --exclusive
    assert_exit 7
    assert_as_expected
    wait "$reader"
}

# The first of three is out, since it refers to no row: so the second stays.
a_row_that_refers_to_no_row_takes_nobodys_key() {
    ends_as_without_setting_aside "update member set email = 'one@x.example' where id in (21, 22, 23); update member set team = 'xx' where id = 21" \
        'member_email 23505 1 member_team 23503 1'
    assert_contains rejects.expected '4|23|23|server_refused||23505|member_email'
}

# What is refused for one reason stays so when rows are taken back for another.
several_reasons_in_one_table_do_not_undo_each_other() {
    ends_as_without_setting_aside "update member set country = 'xx' where id in (1, 2, 3); update member set team = 'xx' where id in (3, 4, 6);
        update member set email = 'p11@X.example' where id in (6, 12, 13)" 'member_country 23503 3 member_email 23505 2 member_team 23503 2'
    ends_as_without_setting_aside "update member set country = 'xx' where id in (1, 2, 3); update member set team = 'xx' where id in (3, 4, 6)" \
        'member_country 23503 3 member_team 23503 2'
}

everything="update member set email = 'a@b' where id = 30; update visit set number = -7 where id = 40;
    insert into seat values (900, 'u6', 5, 'twice'), (1000, 'u6', 5, 'thrice'), (901, 'u7', 6, 'note 6');
    insert into vote values (900, 'u6', 5), (1000, 'u6', 5); insert into booking values (900, 'u6', 5, '[55,65)', true), (901, 'u6', 5, '[62,66)', true);
    insert into visit values (903, 'u12', '2024-06-21', 171);
    update member set country = 'xx' where id in (1, 2, 3); update member set team = 'xx' where id in (3, 4, 6);
    update member set email = 'p11@X.example' where id in (6, 12, 13)"

# Unit 20 is the head of others, and so is what it refers to.
rows_of_a_cycle_are_taken_back_with_what_refers_to_their_key() {
    ends_as_without_setting_aside "insert into unit values (900, 'u1', 20, null, 1), (901, 'u2', 35, null, 2); insert into house values (902, 'u3', 4, 50)" \
        'house_key 23505 1 unit_key 23505 2'
    assert_contains rejects.expected 'parent_rejected'
}

# The rows of the first come before those of the second.
rows_of_two_entries_that_fill_one_table_are_told_apart() {
    ends_as_without_setting_aside "insert into old_seat values (1, 'u6', 5), (2, 'u7', 6), (3, 'u7', 6) on conflict (number) do update
        set owner = excluded.owner, slot = excluded.slot" 'seat_key 23505 3'
    assert_contains rejects.expected '1|1|["n6", "5"]|server_refused||23505|seat_key'
}

# What violates the keys is out, what changed is told of, and a new row that the target refuses at once is one more reject.
the_source_may_change_before_the_run_goes_on() {
    plant "$everything"
    reset
    IDMIGRATE_FAILPOINT=rebuild-before-build migrate --exclusive
    assert_exit 137
    query exclusive_keys_s "update seat set note = 'changed' where id in (5, 7, 1000); insert into seat values (902, 'u8', 7, 'new'), (903, 'u1', 800, 'new'),
        (904, 'u2', 20000, 'far'); insert into visit values (905, 'u2', '2024-06-25', 20000);
        update member set email = 'changed@x.example' where id = 13; delete from vote where id = 7" >/dev/null
    migrate
    assert_exit 7
    rows >rows.resumed
    # Nothing was written once more to be taken back once more.
    assert_equal "$(ask "select count(*) from audit_logs where action = 'ROW_REMOVED' and metadata->>'table' = 'public.visit'")" 2
    idmigrate verify last
    assert_exit 0
    assert_adds_up
    expect --exclusive
    assert_same_files rows.expected rows.resumed
    assert_contains rejects.expected '0|904|["n2", "20000"]|server_refused||23514|seat_slot'
}

rows_that_are_moved_as_text_are_taken_back_too() {
    plant "$everything"
    expect --exclusive
    reset
    migrate --exclusive --codec text
    assert_exit 7
    assert_as_expected
}

# Once the cause is mended they may be tried again.
they_are_rejects_like_others() {
    plant "insert into vote values (900, 'u6', 5); insert into booking values (900, 'u6', 5, '[55,57)', true)"
    reset
    migrate --exclusive
    assert_exit 7
    query exclusive_keys_s "update booking set during = '[5,7)' where id = 900" >/dev/null
    idmigrate run --yes --progress none --max-rejects 500 --rejects-only last "$mapping"
    assert_exit 7
    assert_equal "$(refused)" 'vote_key 23505 1'
    assert_equal "$(ask 'select during from booking where id = 900')" '[5,7)'
    idmigrate verify last
    assert_exit 0
}

# Killed in the middle of it at any place, and then once more at another.
every_place_is_survived() {
    local point
    plant "$everything"
    expect --exclusive
    for point in rebuild-keys-dropped rebuild-before-taken-back rebuild-taken-back-begun rebuild-taken-back-begun:3 table-decided chunk-claimed chunk-rows-written \
        chunk-events-written chunk-ledger-written chunk-before-commit chunk-committed chunk-committed:4 rebuild-built:5 rebuild-key-added:1; do
        reset
        IDMIGRATE_FAILPOINT=rebuild-before-build migrate --exclusive
        assert_exit 137
        IDMIGRATE_FAILPOINT=$point migrate
        [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $point"
        IDMIGRATE_FAILPOINT=chunk-rows-written migrate
        [ "$STATUS" -eq 137 ] || [ "$STATUS" -eq 7 ] || fail "exit status $STATUS after $point"
        migrate --jobs 3
        assert_exit 7
        assert_as_expected
    done
    assert_undone
}

too_many_of_them_stop_the_run_and_more_may_be_allowed() {
    plant "$everything"
    expect --exclusive
    reset
    IDMIGRATE_FAILPOINT=rebuild-before-build migrate --exclusive
    assert_exit 137
    migrate --max-rejects 2
    assert_exit 8
    assert_contains err '2 allowed'
    idmigrate restore
    assert_exit 4
    migrate
    assert_exit 7
    assert_as_expected
}

# Nobody says which of two rows is a source row's when they are the same but for what the server put into them, or when others are there
# than the run wrote.
what_cannot_be_told_apart_is_refused() {
    plant "insert into vote values (900, 'u6', 5)"
    reset
    ask 'alter table vote add ticket serial' >/dev/null
    migrate --exclusive
    assert_exit 4
    assert_contains err 'constraint vote_key of public.vote, which rows violate: rows are the same in all columns that were written and differ in others'
    reset
    IDMIGRATE_FAILPOINT=rebuild-before-build migrate --exclusive
    assert_exit 137
    ask "insert into vote values ('n6', 5)" >/dev/null
    migrate
    assert_exit 4
    assert_contains err 'it cannot be told whose a row is'
    # With the application's row gone again the run goes on.
    ask "delete from vote where ctid = (select max(ctid) from vote where owner = 'n6' and poll = 5)" >/dev/null
    migrate
    assert_exit 7
    assert_equal "$(refused)" 'vote_key 23505 1'
}

# A row that the application wrote meanwhile was there first.
rows_of_others_stay() {
    plant 'select 1'
    reset
    IDMIGRATE_FAILPOINT=rebuild-before-build migrate --exclusive
    assert_exit 137
    ask "insert into seat values ('n6', 5, null, 'mine'); insert into booking values (900, 'n1', 5, '[50,51)', true)" >/dev/null
    migrate
    assert_exit 7
    assert_equal "$(refused)" 'booking_once 23P01 1 seat_key 23505 1'
    assert_equal "$(ask "select note from seat where owner = 'n6' and slot = 5")" mine
    assert_equal "$(ask 'select count(*) from ticket where number = 5')" 0
}

# Without a key on both sides no row could be taken back: what it might violate stays in place.
a_table_without_a_key_keeps_what_it_might_violate() {
    plant "insert into line values ('u1', 'words 7'), ('u1', 'words 7')"
    expect
    reset
    migrate --exclusive
    assert_exit 7
    assert_equal "$(ask "select state, reason like '%could not be taken back%' from idmigrate.set_aside where name = 'line_once'")" 'kept|t'
    assert_equal "$(refused)" 'line_once 23505 2'
    rows >rows.found
    assert_same_files rows.expected rows.found
    idmigrate verify last
    assert_exit 0
}

cases=${*:-all_that_fits_is_moved rows_with_one_key_of_their_table_are_taken_back_but_the_first rows_that_are_the_same_in_all_columns_are_taken_back_but_one
    rows_that_exclude_each_other_are_taken_back_as_if_they_came_one_by_one rows_of_partitions_are_taken_back
    rows_that_violate_a_key_over_an_expression_are_taken_back rows_that_an_index_cannot_hold_are_taken_back removed_rows_that_somebody_may_see_are_waited_for several_reasons_in_one_table_do_not_undo_each_other
    a_row_that_refers_to_no_row_takes_nobodys_key rows_of_a_cycle_are_taken_back_with_what_refers_to_their_key
    rows_of_two_entries_that_fill_one_table_are_told_apart the_source_may_change_before_the_run_goes_on
    rows_that_are_moved_as_text_are_taken_back_too they_are_rejects_like_others every_place_is_survived too_many_of_them_stop_the_run_and_more_may_be_allowed what_cannot_be_told_apart_is_refused rows_of_others_stay
    a_table_without_a_key_keeps_what_it_might_violate}
for case in $cases; do "$case"; done
