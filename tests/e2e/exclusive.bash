# Indexes and constraints that are set aside while tables are loaded come back as they were, whatever happens meanwhile.
. "$SOURCE_DIR/tests/support/e2e.bash"

fresh_database exclusive_s
load exclusive_s tests/data/exclusive/source.sql
fresh_database exclusive_base
load exclusive_base tests/data/exclusive/target.sql
export SRC="host=$PGHOST user=postgres dbname=exclusive_s" DST="host=$PGHOST user=postgres dbname=exclusive_t" IDMIGRATE_TARGET=
IDMIGRATE_TARGET=$DST
cp "$SOURCE_DIR/tests/data/exclusive/mapping.json" mapping.json
mapping=$WORK/mapping.json
{ echo old,new; for i in {1..100}; do echo "u$i,n$i"; done; } >ids.csv

reset() { fresh_database exclusive_t exclusive_base; }
migrate() { idmigrate run --yes --progress none "$@" "$mapping"; }

# All that the catalogue says of the application's objects: as pg_dump tells it, and what pg_dump leaves out.
catalogue() {
    pg_dump --no-sync --schema-only --exclude-schema idmigrate --exclude-table 'audit_logs*' --dbname exclusive_t |
        grep -vE '^(--|\\(un)?restrict )'
    query exclusive_t "
        select n.nspname, t.relname, x.relname, pg_get_indexdef(i.indexrelid), x.relkind, x.relpersistence, x.relowner::regrole, x.reloptions,
            (select spcname from pg_tablespace s where s.oid = x.reltablespace), indisunique, indisprimary, indisexclusion, indimmediate,
            indisclustered, indisvalid, indisready, indislive, indisreplident, indoption, indcollation, indclass,
            (select string_agg(attnum || ':' || attstattarget, ',' order by attnum) from pg_attribute a where attrelid = x.oid and attstattarget >= 0),
            obj_description(x.oid, 'pg_class'), (select inhparent::regclass from pg_inherits where inhrelid = x.oid), x.relispartition
        from pg_index i join pg_class x on x.oid = indexrelid join pg_class t on t.oid = indrelid join pg_namespace n on n.oid = x.relnamespace
        where n.nspname in ('public', 'Other Schema') and t.relname !~ '^audit_logs'" | sort
    query exclusive_t "
        select conrelid::regclass, case when confrelid <> 0 and conparentid <> 0 and conislocal is false and conrelid = any (array['invoice'::regclass]) then '(made up)'
                else conname end, contype, condeferrable, condeferred, convalidated, conislocal, coninhcount, conindid::regclass,
            confrelid::regclass, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint'), conparentid <> 0
        from pg_constraint where conrelid <> 0 and connamespace::regnamespace::text in ('public', '\"Other Schema\"') and conrelid::regclass::text !~ '^audit_logs'" | sort
    query exclusive_t "
        select tgrelid::regclass, tgfoid::regproc, tgtype, tgenabled, tgdeferrable, tginitdeferred, tgconstrrelid::regclass
        from pg_trigger where tgrelid::regclass::text !~ '^(audit_logs|idmigrate[.])'" | sort
}
rows() {
    query exclusive_t 'select md5(string_agg(t::text, $$,$$ order by t::text)) from person t union all
        select md5(string_agg(t::text, $$,$$ order by t::text)) from session t union all
        select md5(string_agg(t::text, $$,$$ order by t::text)) from "Other Schema"."Booking Table" t union all
        select md5(string_agg(t::text, $$,$$ order by t::text)) from visit t'
}
aside() { query exclusive_t "select count(*) from idmigrate.set_aside where state in ('aside', 'built')"; }

# In a tablespace of its own one index more, where the server can make one without a folder.
if [ "$(query postgres 'show server_version_num')" -ge 150000 ]; then
    PGOPTIONS='-c allow_in_place_tablespaces=on' query postgres "create tablespace exclusive_space location ''" >/dev/null
    query exclusive_base 'create index "in space" on person (joined, name) tablespace exclusive_space;
        create index "all in space" on visit (id, note) tablespace exclusive_space' >/dev/null
fi
drop_space() {
    local database
    for database in "${made_databases[@]}"; do
        psql -X -q -d postgres -c "drop database if exists \"$database\" with (force)" 2>/dev/null || true
    done
    psql -X -q -d postgres -c 'drop tablespace if exists exclusive_space' 2>/dev/null || true
}
trap 'status=$?; drop_space; (exit $status); e2e_finish' EXIT

reset
catalogue >before
migrate
assert_exit 0
rows >rows.expected
events=$(query exclusive_t 'select count(*) from audit_logs')

assert_as_it_was() {
    catalogue >after
    assert_same_files before after
    rows >rows.found
    assert_same_files rows.expected rows.found
    assert_equal "$(query exclusive_t 'select count(*) from audit_logs')" "$events"
    assert_equal "$(aside)" 0
}

everything_comes_back_as_it_was() {
    reset
    migrate --exclusive
    assert_exit 0
    assert_as_it_was
    assert_equal "$(query exclusive_t "select count(*) from idmigrate.set_aside where state = 'kept'")" 0
    [ "$(query exclusive_t "select count(*) from idmigrate.set_aside where state = 'back'")" -gt 60 ] || fail 'few things were set aside'
    # The audit log that the run made itself is among them, and the tables were looked at.
    assert_equal "$(query exclusive_t "select count(*) > 0 from idmigrate.set_aside where table_name = 'audit_logs'")" t
    assert_equal "$(query exclusive_t "select count(*) from pg_stats where tablename = 'session' and n_distinct <> 0")" 4
}

verification_says_when_one_is_not_as_it_was() {
    local change
    for change in 'drop index person_tags' 'alter index person_computed alter column 1 set statistics 1' 'alter table session drop constraint session_person' \
        "comment on constraint person_boss on person is 'others'" 'alter index person_key set (fillfactor = 80)' 'alter table visit_rest drop constraint visit_rest_pkey' \
        'alter table person alter constraint person_boss not deferrable'; do
        reset
        migrate --exclusive
        assert_exit 0
        assert_contains out set_aside
        # An index of a partition cannot be dropped alone.
        [[ $change != *visit_rest_pkey ]] || change='drop index "own of rest"'
        query exclusive_t "$change" >/dev/null
        idmigrate verify last
        assert_exit 5
        assert_contains out 'set_aside'
    done
}

they_are_away_while_rows_are_moved() {
    reset
    IDMIGRATE_FAILPOINT=chunk-rows-written migrate --exclusive
    assert_exit 137
    assert_equal "$(query exclusive_t "select count(*) from pg_index where indrelid in ('person'::regclass, 'session'::regclass)")" 0
    assert_equal "$(query exclusive_t "select count(*) from pg_constraint where contype = 'f'")" "$(query exclusive_t "select count(*) from pg_constraint where contype = 'f' and connamespace = 'idmigrate'::regnamespace")"
    idmigrate status last
    assert_exit 0
    assert_contains out 'are still set aside'
    idmigrate status --json last
    assert_json out '.set_aside.aside > 60' true
    migrate
    assert_exit 0
    assert_as_it_was
}

every_place_is_survived() {
    local point
    while IFS= read -r point; do
        reset
        IDMIGRATE_FAILPOINT=$point migrate --exclusive
        [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $point"
        # Resumed by itself, and after what `restore` could do.
        migrate
        assert_exit 0
        assert_as_it_was
    done < <(sed -n 's/.*failpoint("\(\(set-aside\|rebuild\)-[a-z-]*\)").*/\1/p' "$SOURCE_DIR"/src/migrate/*.c | sort -u | grep -vE 'keys-dropped|taken-back|take-back')
    for point in set-aside-dropped:17 rebuild-built:9 rebuild-build-committed:20 rebuild-shaped:11 rebuild-key-added:4 rebuild-validated:3; do
        reset
        IDMIGRATE_FAILPOINT=$point migrate --exclusive --jobs 2
        [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $point"
        migrate --jobs 4
        assert_exit 0
        assert_as_it_was
    done
}

a_crash_after_the_other_is_survived() {
    local point
    reset
    export IDMIGRATE_CHUNK_BLOCKS=1
    for point in set-aside-committed chunk-rows-sent:2 chunk-committed:3 rebuild-built:2 rebuild-built:2 rebuild-shape-committed rebuild-key-added:2 \
        rebuild-validate-committed; do
        IDMIGRATE_FAILPOINT=$point migrate --exclusive
        [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $point"
    done
    unset IDMIGRATE_CHUNK_BLOCKS
    migrate
    assert_exit 0
    assert_as_it_was
}

restore_brings_them_back_without_the_run() {
    local point
    for point in set-aside-committed chunk-committed:2 rebuild-build-committed:5 rebuild-shaped rebuild-key-committed:2; do
        reset
        IDMIGRATE_FAILPOINT=$point migrate --exclusive
        assert_exit 137
        idmigrate restore
        assert_exit 0
        catalogue >after
        assert_same_files before after
        assert_equal "$(aside)" 0
        idmigrate restore
        assert_exit 0
        assert_contains err 'nothing is set aside'
        # The rest is moved with what came back in place.
        migrate
        assert_exit 0
        assert_as_it_was
    done
}

restore_is_survived_too() {
    local point
    reset
    IDMIGRATE_FAILPOINT=chunk-committed:2 migrate --exclusive
    assert_exit 137
    for point in rebuild-before-build rebuild-built:3 rebuild-shaped:5 rebuild-key-added:2 rebuild-validated; do
        IDMIGRATE_FAILPOINT=$point idmigrate restore last
        [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $point"
    done
    idmigrate restore last
    assert_exit 0
    catalogue >after
    assert_same_files before after
}

a_dry_run_sets_nothing_aside() {
    reset
    IDMIGRATE_FAILPOINT=set-aside-begun migrate --exclusive --dry-run
    assert_exit 0
    assert_contains err 'a dry run sets nothing aside'
    catalogue >after
    assert_same_files before after
}

# kept NAME: why it stayed.
kept() { query exclusive_t "select reason from idmigrate.set_aside where state = 'kept' and name = '$1' and kind <> 'table' limit 1"; }
assert_kept() {
    case $(kept "$1") in
    *"$2"*) ;;
    *) fail "$1 stayed because: $(kept "$1")" ;;
    esac
}

what_could_not_come_back_stays() {
    reset
    query exclusive_t "
        create view by_key as select id, name, count(*) from person group by id;
        create publication everything for table \"Other Schema\".\"Booking Table\";
        create function refuse() returns event_trigger language plpgsql as
            'begin if exists (select from pg_event_trigger_ddl_commands() where object_identity ~ ''booking_note|Booking Table_note'') then raise exception ''no''; end if; end';
        create event trigger no_hash on ddl_command_end when tag in ('CREATE INDEX') execute function refuse();
        alter table visit_rest disable trigger all;
        insert into country values ('xx'); create index \"own\" on person (number_b);
        update pg_index set indisvalid = false where indexrelid = '\"own\"'::regclass" >/dev/null
    catalogue >before.kept
    idmigrate check --exclusive "$mapping"
    assert_contains out W-SET-ASIDE-KEPT
    assert_contains out 'by_key needs it'
    idmigrate check "$mapping"
    assert_lacks out W-SET-ASIDE-KEPT
    migrate --exclusive
    assert_exit 0
    catalogue >after
    assert_same_files before.kept after
    assert_kept person_key 'by_key needs it'
    idmigrate report last
    assert_contains out 'kept in place: '
    assert_contains out 'by_key needs it'
    assert_kept 'Booking Table_pkey' 'identifies rows of a publication'
    assert_kept 'Booking Table_note' 'would not come back'
    assert_kept visit_person 'switched off'
    assert_kept own 'not valid'
    # What refers to it stays neither: only the key is needed.
    assert_equal "$(query exclusive_t "select state from idmigrate.set_aside where name = 'session_person'")" back
    assert_equal "$(query exclusive_t "select state from idmigrate.set_aside where name = 'person_tags'")" back
    assert_equal "$(query exclusive_t "select count(*) from idmigrate.set_aside where name = 'invoice_person'")" 0
}

a_table_with_rows_keeps_all_of_its_indexes() {
    reset
    query exclusive_t "insert into session (token, person) select 'mine', id from (select 1000 as id) x where false;
        insert into visit (id, day, person) values (-1, '2024-02-02', 1)" >/dev/null 2>&1 && fail 'the fixture refers to nobody'
    query exclusive_t "insert into \"Other Schema\".\"Booking Table\" values (-1, 'mine')" >/dev/null
    migrate --exclusive
    assert_exit 0
    assert_equal "$(query exclusive_t "select reason from idmigrate.set_aside where kind = 'table'")" 'it has rows'
    assert_equal "$(query exclusive_t "select count(*) from idmigrate.set_aside where table_name = 'Booking Table' and kind in ('index', 'constraint')")" 0
    catalogue >after
    assert_same_files before after
}

a_role_that_does_not_own_everything_keeps_what_it_could_not_bring_back() {
    reset
    query postgres 'drop role if exists exclusive_mover' >/dev/null 2>&1 || true
    query postgres 'create role exclusive_mover login' >/dev/null
    query exclusive_t '
        grant create on database exclusive_t to exclusive_mover; grant create, usage on schema public to exclusive_mover;
        grant usage on schema "Other Schema" to exclusive_mover;
        alter table person owner to exclusive_mover; alter table session owner to exclusive_mover; alter table visit owner to exclusive_mover;
        grant all on "Other Schema"."Booking Table" to exclusive_mover; grant select on country to exclusive_mover;
        alter table visit_2024 owner to exclusive_mover; alter table visit_2024_small owner to exclusive_mover;
        alter table visit_2024_rest owner to exclusive_mover; alter table visit_rest owner to exclusive_mover;
        grant select, references on person to exclusive_mover' >/dev/null
    catalogue >before.kept
    DST="host=$PGHOST user=exclusive_mover dbname=exclusive_t" migrate --exclusive
    assert_exit 0
    catalogue >after
    assert_same_files before.kept after
    assert_kept person_country 'may not refer to public.country'
    assert_kept person_key 'does not own'
    assert_equal "$(query exclusive_t "select reason from idmigrate.set_aside where kind = 'table'")" 'this role does not own it'
    assert_equal "$(query exclusive_t "select state from idmigrate.set_aside where name = 'person_tags'")" back
    query exclusive_t 'reassign owned by exclusive_mover to postgres; drop owned by exclusive_mover' >/dev/null
    query postgres 'drop role exclusive_mover' >/dev/null
}

who_locks_a_table_is_named() {
    reset
    psql -X -q -d exclusive_t -c 'begin' -c 'lock session in access share mode' -c 'select pg_sleep(120)' >/dev/null 2>&1 &
    local locker=$!
    until [ "$(query exclusive_t "select count(*) from pg_locks where relation = 'session'::regclass and granted")" -gt 0 ]; do sleep 0.05; done
    migrate --exclusive
    local status=$STATUS
    query postgres "select pg_terminate_backend(pid) from pg_stat_activity where query ~ 'pg_sleep' and datname = 'exclusive_t' and application_name = 'psql' and pid <> pg_backend_pid()" >/dev/null
    wait "$locker" 2>/dev/null || true
    [ "$status" -eq 4 ] || fail "exit status $status with a lock in the way"
    assert_contains err '(psql)'
    migrate
    assert_exit 0
    assert_as_it_was
}

# Rows that check, or what it looked at, did not know of: the application changed the parents meanwhile. They are taken back, each
# with an event, as if they had been refused at once.
rows_that_violate_what_comes_back_are_taken_back_one_by_one() {
    local point
    for point in - rebuild-before-taken-back rebuild-taken-back-begun rebuild-keys-dropped chunk-events-written; do
        reset
        IDMIGRATE_FAILPOINT=rebuild-before-build migrate --exclusive --max-rejects 200
        assert_exit 137
        # 25 people lose their country, and with them go their sessions, bookings and visits that refer to them.
        query exclusive_t "delete from country where code = 'pt'; update visit set note = note where false" >/dev/null
        if [ "$point" != - ]; then
            IDMIGRATE_FAILPOINT=$point migrate --max-rejects 5000
            [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $point"
        fi
        migrate --max-rejects 5000
        assert_exit 7
        assert_equal "$(query exclusive_t "select count(*) from person where country = 'pt'")" 0
        assert_equal "$(query exclusive_t "select count(*) > 5, min(sqlstate), min(constraint_name), min(reason_code) from idmigrate.reject where table_no = 0 and sqlstate is not null")" \
            't|23503|person_country|server_refused'
        assert_equal "$(query exclusive_t 'select count(*) from "Other Schema"."Booking Table" b where not exists (select from person p where p.id = b.person)')" 0
        assert_equal "$(query exclusive_t 'select count(*) from person p where boss is not null and not exists (select from person b where b.id = p.boss)')" 0
        assert_equal "$(query exclusive_t "select (select count(*) from idmigrate.reject) = (select sum(rows_rejected) from idmigrate.chunk where state = 'done')")" t
        assert_equal "$(query exclusive_t "select (select count(*) from audit_logs where action = 'ROW_REMOVED') = (select count(*) from audit_logs where action = 'ROW_REJECTED')")" t
        catalogue >after
        assert_same_files before after
        assert_equal "$(aside)" 0
        idmigrate verify last
        assert_exit 0
    done
}

too_many_of_them_stop_the_run_and_more_may_be_allowed() {
    reset
    IDMIGRATE_FAILPOINT=rebuild-before-build migrate --exclusive
    assert_exit 137
    query exclusive_t "delete from country where code = 'pt'" >/dev/null
    migrate
    assert_exit 8
    assert_contains err 'are set aside until the run goes on'
    idmigrate restore
    assert_exit 4
    assert_contains err 'person_country'
    migrate --max-rejects 5000
    assert_exit 7
    catalogue >after
    assert_same_files before after
}

# With rows that no target takes, a run that sets aside ends as one that does not: the same rows, the same rejects.
bad_rows_become_the_same_rejects_as_without_setting_aside() {
    local rejects="select table_no, source_key, reason_code, column_name, sqlstate, constraint_name from idmigrate.reject order by 1, 2"
    fresh_database exclusive_bad exclusive_s
    query exclusive_bad "update person set nick = 'nick3' where id in (6, 9); update person set number_a = 7, number_b = 14 where id = 8;
        update person set country = 'xx' where id = 20; update person set email = 'p1@x.EXAMPLE' where id = 2;
        update visit set booking_a = 999 where id = 4; update session set person = 4711 where token = 't5'" >/dev/null
    export SRC="host=$PGHOST user=postgres dbname=exclusive_bad"
    reset
    migrate --max-rejects 500
    assert_exit 7
    rows >rows.plain
    query exclusive_t "$rejects" >rejects.plain
    reset
    migrate --exclusive --max-rejects 500
    assert_exit 7
    catalogue >after
    assert_same_files before after
    rows >rows.found
    query exclusive_t "$rejects" >rejects.found
    assert_same_files rejects.plain rejects.found
    assert_same_files rows.plain rows.found
    SRC="host=$PGHOST user=postgres dbname=exclusive_s"
}

cases=${*:-everything_comes_back_as_it_was verification_says_when_one_is_not_as_it_was they_are_away_while_rows_are_moved every_place_is_survived a_crash_after_the_other_is_survived
    restore_brings_them_back_without_the_run restore_is_survived_too a_dry_run_sets_nothing_aside what_could_not_come_back_stays
    a_table_with_rows_keeps_all_of_its_indexes a_role_that_does_not_own_everything_keeps_what_it_could_not_bring_back
    who_locks_a_table_is_named rows_that_violate_what_comes_back_are_taken_back_one_by_one
    bad_rows_become_the_same_rejects_as_without_setting_aside too_many_of_them_stop_the_run_and_more_may_be_allowed}
for case in $cases; do "$case"; done
