# A run that is taken back: the application's tables are what they were, the audit log tells both, and what the application
# did since is left alone.
. "$SOURCE_DIR/tests/e2e/eleva.bash"
. "$SOURCE_DIR/tests/e2e/clinic.bash"

# application DATABASE: a line for each table of the application, with the number of its rows and a digest over their texts.
application() {
    local tables
    tables=$(query "$1" "select format('select %L, count(*), coalesce(md5(string_agg(t::text, chr(10) order by t::text collate \"C\")), '''') from only %s as t',
            c.oid::regclass, c.oid::regclass)
        from pg_class as c join pg_namespace as n on n.oid = relnamespace
        where relkind in ('r') and nspname !~ '^(pg_|information_schema$|idmigrate$)' and relname !~ '^audit_logs' order by 1")
    psql -X -q -A -t -d "$1" -v ON_ERROR_STOP=1 <<<"${tables//$'\n'/;$'\n'}"
}
# events DATABASE [SCHEMA]: how many of each action.
events() { query "$1" "select string_agg(action || ' ' || n, ', ' order by action ~ 'REMOVED|RESTORED', action) from (select action, count(*) as n from ${2-public}.audit_logs where action like 'ROW%' group by 1) as a"; }
undo() { idmigrate undo --yes --progress none "$@"; }
migrate() { idmigrate run --yes --progress none "$@"; }
assert_application() { assert_equal "$(application "$1")" "$2"; }

# small NAME SOURCE_SQL TARGET_SQL TABLES: two databases and a mapping.
small() {
    fresh_database "undo_$1_s"
    fresh_database "undo_$1_t"
    export SRC="host=$PGHOST user=postgres dbname=undo_$1_s" DST="host=$PGHOST user=postgres dbname=undo_$1_t"
    export IDMIGRATE_TARGET=$DST
    source=undo_$1_s target=undo_$1_t mapping=$WORK/$1.json
    query "$source" "$2" >/dev/null
    query "$target" "$3" >/dev/null
    { echo old,new; for i in {1..1000}; do echo "u$i,n$i"; done; } >"$WORK/ids.csv"
    jq -n --argjson tables "$4" '{version: 1, name: "small", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "ids.csv", old_column: "old", new_column: "new"}}}, tables: $tables}' >"$mapping"
}
parents="create table p (id int primary key, owner text); insert into p select i, 'u' || i from generate_series(1, 1000) as i"
mapped='"columns": {"owner": {"from": "owner", "resolve": "user"}}'

a_whole_application_is_as_it_was() {
    eleva_load undo
    export IDMIGRATE_TARGET=$DATABASE_URL
    local before ran merged
    # Values that the merge into people who are there replaces.
    query undo_start "update users set stripe_customer_id = 'cus_' || left(md5(workos_user_id), 8), created_at = '2020-02-03 04:05:06.789'"
    eleva_reset undo
    before=$(application undo_target)
    migrate "$WORK/undo/eleva.json"
    assert_exit 0
    [ "$(application undo_target)" != "$before" ] || fail 'the run changed nothing'
    ran=$(events undo_target)
    merged=$(query undo_target 'select count(*) from idmigrate.former_row')
    [ "$merged" -gt 0 ] || fail 'no row was merged into one that was there'

    # Neither a rehearsal nor a question without a terminal changes anything.
    local state
    state=$(digest undo_target)
    idmigrate undo last
    assert_exit 1
    assert_contains err 'there is no terminal to ask on'
    assert_contains err 'to remove'
    idmigrate undo --dry-run --progress none --json last
    assert_exit 0
    assert_json out '.kind' undo_dry_run
    assert_json out '[.undo.tables[].restored] | add' "$merged"
    assert_equal "$(digest undo_target)" "$state"

    undo last
    assert_exit 0
    assert_application undo_target "$before"
    assert_equal "$(query undo_target 'select count(*) from idmigrate.former_row')|$(query undo_target 'select count(*) from idmigrate.undo_row')" '0|0'
    assert_equal "$(query undo_target "select state, exit_status from idmigrate.run")" 'undone|0'
    local removed
    removed=$(query undo_target "select count(*) from audit_logs where action = 'ROW_MIGRATED'")
    assert_equal "$(events undo_target)" "$ran, ROW_REMOVED $removed, ROW_RESTORED $merged"
    assert_equal "$(query undo_target "select count(distinct metadata ->> 'run_id'), min(metadata ->> 'undoes') = (select run_id::text from idmigrate.run),
        count(*) filter (where metadata ->> 'reason_code' = 'undo') = count(*) from audit_logs where action in ('ROW_REMOVED', 'ROW_RESTORED')")" '1|t|t'

    # A second time there is nothing to do.
    state=$(digest undo_target)
    undo last
    assert_exit 0
    assert_contains err 'is undone already; nothing to do'
    assert_equal "$(digest undo_target)" "$state"

    # Nothing of it is left, and that can be proved without the source.
    DATABASE_URL_LEGACY='host=/nowhere' idmigrate verify --progress none --json last
    assert_exit 0
    assert_json out '[.verification.checks[] | select(.check == "undo" and .verdict == "equal")] | length' 12

    # The same mapping again is a new run, and it is proved.
    migrate "$WORK/undo/eleva.json"
    assert_exit 0
    assert_equal "$(query undo_target "select string_agg(state, ',' order by started_at) from idmigrate.run")" 'undone,done'
    idmigrate verify --progress none last
    assert_exit 0
    # Rows of the second run look like those of the first: nothing is claimed of these.
    idmigrate verify --progress none "$(query undo_target "select run_id from idmigrate.run where state = 'undone'")"
    assert_exit 6
    assert_contains out 'has written since'
    eleva_oracle undo -
    assert_is_oracle undo without-log
    undo last
    assert_exit 0
    assert_application undo_target "$before"
}

audit_records_stay() {
    eleva_load undo
    export IDMIGRATE_TARGET=$DATABASE_URL
    local records
    migrate "$WORK/undo/eleva-audit.json"
    assert_exit 0
    records=$(query undo_target 'select count(*) from audit_logs')
    undo last
    assert_exit 5
    assert_contains err 'audit records, which stay'
    assert_equal "$(query undo_target 'select count(*) from audit_logs')" "$records"
    assert_equal "$(query undo_target 'select rows_refused = rows_listed and rows_removed = 0, state from idmigrate.undo_table')" 't|done'
    undo last
    assert_exit 5
    assert_contains err 'nothing to do'
    idmigrate verify --progress none last
    assert_exit 6
    assert_contains out 'audit records stay: they are evidence'
}

every_place_is_survived() {
    eleva_load undo
    export IDMIGRATE_TARGET=$DATABASE_URL
    local before point ran
    query undo_target "update users set stripe_customer_id = 'cus_' || left(md5(workos_user_id), 8)"
    before=$(application undo_target)
    migrate "$WORK/undo/eleva.json"
    assert_exit 0
    ran=$(events undo_target)
    query postgres 'drop database if exists undo_run with (force)' 2>/dev/null
    fresh_database undo_run undo_target
    while IFS= read -r point; do
        psql -X -q -d postgres -c "set client_min_messages = warning" -c 'drop database undo_target with (force)' \
            -c 'create database undo_target template undo_run'
        IDMIGRATE_CHUNK_ROWS=20 IDMIGRATE_FAILPOINT=$point run "$IDMIGRATE" undo --yes --progress none last
        [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $point"
        undo last
        assert_exit 0
        assert_application undo_target "$before"
        assert_equal "$(events undo_target)" "$ran, $(query undo_target "select 'ROW_REMOVED ' || sum(rows_removed) || ', ROW_RESTORED ' || sum(rows_restored) from idmigrate.undo_table")"
        assert_equal "$(query undo_target "select count(*) from audit_logs where action = 'ROW_REMOVED'")" \
            "$(query undo_target "select count(*) from audit_logs where action = 'ROW_MIGRATED'")"
        assert_equal "$(query undo_target "select max(n) from (select count(*) as n from audit_logs where action in ('ROW_REMOVED', 'ROW_RESTORED')
            group by metadata ->> 'table', resource_id, action) as by_row")" 1
    done < <(sed -n 's/.*"\(undo-[a-z-]*\)".*/\1/p' "$SOURCE_DIR"/src/undo/*.c | sort -u | sed 's/^undo-\(begun\|begin-committed\|ended\)$/&:1/; /:/!s/$/:2/')
}

cycles_go_together() {
    clinic_load undo_clinic
    export IDMIGRATE_TARGET=$CLINIC_DATABASE
    local before point
    before=$(application undo_clinic)
    for point in '' undo-taken undo-removed undo-logged undo-counted undo-chunk-committed:3; do
        clinic_reset undo_clinic
        migrate "$WORK/undo_clinic/mapping.json"
        assert_exit 0
        if [ -n "$point" ]; then
            IDMIGRATE_FAILPOINT=$point run "$IDMIGRATE" undo --yes --progress none last
            [ "$STATUS" -eq 137 ] || fail "exit status $STATUS at $point"
        fi
        undo last
        assert_exit 0
        assert_application undo_clinic "$before"
    done
    migrate "$WORK/undo_clinic/mapping.json"
    assert_exit 0
}

what_the_application_did_is_left_alone() {
    small rows "$parents; create table c (id int primary key, p int, owner text); insert into c select i, i, 'u' || i from generate_series(1, 1000) as i" \
        "create table p (id int primary key, owner text); create table c (id int primary key, p int references p on delete cascade, owner text);
         create table theirs (id int primary key, p int references p on delete set null, n int references p on delete cascade)" \
        "[{\"from\": \"p\", $mapped}, {\"from\": \"c\", $mapped}]"
    migrate "$mapping"
    assert_exit 0
    # Changed, deleted, and referred to in every way.
    query "$target" "update c set owner = 'nobody' where id = 7; delete from c where id = 8; update p set owner = 'somebody' where id = 9;
        insert into theirs values (1, 10, null), (2, null, 11)"
    undo last
    assert_exit 5
    assert_equal "$(query "$target" "select (select string_agg(id::text, ',' order by id) from p), (select string_agg(id::text, ',' order by id) from c), (select count(p) || '/' || count(n) from theirs)")" '7,9,10,11|7|1/1'
    assert_matches out 'c: 1 rows, changed since the run: 7'
    assert_matches out 'p: 1 rows, changed since the run: 9'
    assert_contains out 'p: 1 rows, rows that stay refer to them (public.c, foreign key c_p_fkey): 7'
    assert_contains out 'p: 1 rows, rows that stay refer to them (public.theirs, foreign key theirs_n_fkey): 11'
    assert_contains out 'p: 1 rows, rows that stay refer to them (public.theirs, foreign key theirs_p_fkey): 10'
    assert_equal "$(query "$target" "select sum(rows_removed), sum(rows_refused), sum(rows_gone), sum(rows_listed) from idmigrate.undo_table")" '1994|5|1|2000'
    assert_equal "$(query "$target" "select state, exit_status from idmigrate.run")" 'undone|5'
    # Verification says which rows are left, and finds one that came back.
    idmigrate verify --progress none last
    assert_exit 5
    assert_contains out 'the row as the run wrote it'
    query "$target" "insert into p values (500, 'n500')"
    idmigrate verify --progress none --json last
    assert_exit 5
    assert_json out '[.verification.checks[] | select(.table == "p") | .differences[] | select(.found == "the row as the run wrote it") | .key] | sort | join(",")' '10,11,500,7'
    # The person decides, and it goes on.
    query "$target" "delete from p where id = 500; delete from theirs; update c set owner = 'n7' where id = 7; update p set owner = 'n9' where id = 9"
    undo last
    assert_exit 0
    assert_equal "$(query "$target" "select (select count(*) from p), (select count(*) from c)")" '0|0'
    assert_equal "$(query "$target" "select count(*) from audit_logs where action = 'ROW_REMOVED'")" 1999
}

keys_that_are_not_shown_are_found() {
    small hidden "create table p (mail text primary key, owner text); insert into p select 'a' || i || '@example.org', 'u' || i from generate_series(1, 500) as i;
        create table k (a text, owner text); insert into k select 'x', 'u' || (i % 3 + 1) from generate_series(1, 100) as i" \
        "create table p (mail text primary key, owner text); insert into p values ('there@example.org', 'n1');
         create table k (n serial, a text, owner text); insert into k (a, owner) values ('y', 'n1')" \
        "[{\"from\": \"p\", $mapped}, {\"from\": \"k\", $mapped}]"
    local before
    before=$(application "$target")
    migrate "$mapping"
    assert_exit 0
    query "$target" "update p set owner = 'changed' where mail = 'a5@example.org'"
    undo last
    assert_exit 5
    assert_matches out 'p: 1 rows, changed since the run: digest:[0-9a-f]{32}$'
    assert_lacks out '@'
    assert_equal "$(query "$target" "select count(*) from idmigrate.undo_row where target_key like '%@%'")" 0
    query "$target" "update p set owner = 'n5' where mail = 'a5@example.org'"
    undo last
    assert_exit 0
    assert_application "$target" "$before"
    # Not a letter of the application's own in the log.
    assert_equal "$(query "$target" "select count(*) from audit_logs as a where a::text like '%@%'")" 0
}

rows_that_look_like_others_are_not_guessed() {
    small twins "create table k (a text, owner text); insert into k values ('x', 'u1'), ('x', 'u1'), ('z', 'u2')" \
        "create table k (n serial, a text, owner text); insert into k (a, owner) values ('x', 'n1')" "[{\"from\": \"k\", $mapped}]"
    migrate "$mapping"
    assert_exit 0
    undo last
    assert_exit 5
    assert_matches out 'k: 2 rows, cannot be told from rows that were there before'
    assert_equal "$(query "$target" "select string_agg(a, ',') from k")" 'x,x,x'
}

an_unfinished_run_is_taken_back() {
    small part "$parents" 'create table p (id int primary key, owner text)' "[{\"from\": \"p\", $mapped}]"
    IDMIGRATE_CHUNK_BLOCKS=1 IDMIGRATE_FAILPOINT=chunk-committed:2 run "$IDMIGRATE" run --yes --progress none "$mapping"
    assert_exit 137
    [ "$(query "$target" 'select count(*) from p')" -gt 0 ] || fail 'nothing was moved'
    IDMIGRATE_FAILPOINT=undo-taken run "$IDMIGRATE" undo --yes --progress none last
    assert_exit 137
    # Neither resumed nor begun anew while it is being undone.
    migrate "$mapping"
    assert_exit 1
    assert_contains err 'is being undone'
    idmigrate verify --progress none last
    assert_exit 6
    assert_contains err 'is being undone'
    undo last
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*) from p')" 0
    idmigrate run --yes --progress none --resume "$(query "$target" 'select run_id from idmigrate.run')" "$mapping"
    assert_exit 1
    assert_contains err 'was undone'
    migrate "$mapping"
    assert_exit 0
    assert_equal "$(query "$target" "select count(*), string_agg(distinct state, ',') from p, idmigrate.run where state = 'done'")" '1000|done'
}

the_latest_run_goes_first() {
    small order "$parents; create table q (id int primary key, p int, owner text); insert into q select i, i, 'u' || i from generate_series(1, 10) as i" \
        'create table p (id int primary key, owner text); create table q (id int primary key, p int references p, owner text)' "[{\"from\": \"p\", $mapped}]"
    jq '.left_behind = {q: "later"}' "$mapping" >"$mapping.1"
    jq --argjson t "[{\"from\": \"q\", $mapped}]" '.name = "second" | .tables = $t | .left_behind = {p: "moved before"}' "$mapping" >"$mapping.2"
    migrate "$mapping.1"
    assert_exit 0
    local first
    first=$(query "$target" 'select run_id from idmigrate.run')
    migrate "$mapping.2"
    assert_exit 0
    undo "$first"
    assert_exit 1
    assert_contains err "a later run stands on run $first"
    assert_contains err "undo the latest first: $(query "$target" "select run_id from idmigrate.run where name = 'second'")"
    undo last
    assert_exit 0
    undo "$first"
    assert_exit 0
    assert_equal "$(query "$target" 'select (select count(*) from p) + (select count(*) from q)')" 0
}

merged_rows_get_every_value_back() {
    small merge "create table m (id int primary key, owner text, a text, b int, c jsonb, d timestamp, e text[], f char(5));
        insert into m select i, 'u' || i, 'new', 7, '{\"new\": 1}', '2026-01-01', array['new'], 'new' from generate_series(1, 10) as i" \
        "create table m (id int primary key, owner text unique, a text, b int, c jsonb, d timestamp, e text[], f char(5));
         insert into m values (101, 'n1', E'tab\\t\\\\N', null, '{\"a\": \"\\u00e4\", \"b\": null}', '2001-02-03 04:05:06.000007', array['x', null, 'y, z'], 'ab'), (102, 'n2', null, 1, null, null, null, null),
            (103, 'n3', 'c', 1, null, null, '{}', 'x')" \
        "[{\"from\": \"m\", \"on_conflict\": {\"key\": [\"owner\"], \"do\": \"update\", \"set\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]}, $mapped}]"
    local before
    before=$(application "$target")
    migrate "$mapping"
    assert_exit 0
    assert_equal "$(query "$target" "select count(*) from m where a = 'new'")" 10
    assert_equal "$(query "$target" "select count(*) from idmigrate.former_row")" 3
    query "$target" "update m set b = 8 where id = 103"
    undo last
    assert_exit 5
    assert_matches out 'm: 1 rows, changed since the run: 103'
    assert_equal "$(query "$target" "select count(*), count(*) filter (where a = 'new') from m")" '3|1'
    assert_equal "$(query "$target" "select string_agg(action || ' ' || resource_id, ', ' order by resource_id) from audit_logs where action = 'ROW_RESTORED'")" 'ROW_RESTORED 101, ROW_RESTORED 102'
    query "$target" "update m set b = 7 where id = 103"
    undo last
    assert_exit 0
    assert_application "$target" "$before"
}

one_row_that_the_target_keeps_costs_one_row() {
    small kept "$parents" "create table p (id int primary key, owner text);
        create function keep() returns trigger language plpgsql as \$\$begin if old.id in (5, 600) then raise exception 'row % stays', old.owner; end if; return old; end\$\$;
        create trigger keep before delete on p for each row execute function keep()" "[{\"from\": \"p\", $mapped}]"
    migrate "$mapping"
    assert_exit 0
    undo last
    assert_exit 5
    assert_contains err 'trigger keep fires'
    assert_equal "$(query "$target" "select string_agg(id::text, ',' order by id) from p")" '5,600'
    assert_equal "$(query "$target" "select sum(rows_removed), sum(rows_refused) from idmigrate.undo_table")" '998|2'
    assert_equal "$(query "$target" "select count(*) from audit_logs where action = 'ROW_REMOVED'")" 998
}

a_run_that_is_closed_stays() {
    small closed "$parents" "create table p (id int primary key, owner text unique); insert into p values (5000, 'n1')" \
        "[{\"from\": \"p\", \"on_conflict\": {\"key\": [\"owner\"], \"do\": \"update\", \"set\": [\"owner\"]}, $mapped}]"
    migrate "$mapping"
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*) from idmigrate.former_row')" 1
    idmigrate undo --close --yes last
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*) from idmigrate.former_row')" 0
    undo last
    assert_exit 1
    assert_contains err 'it can no longer be undone'
    idmigrate verify --progress none last
    assert_exit 0
}

events_that_are_missing_are_refused() {
    small pruned "$parents" 'create table p (id int primary key, owner text)' "[{\"from\": \"p\", $mapped}]"
    migrate "$mapping"
    assert_exit 0
    query "$target" "alter table audit_logs disable trigger user; set session_replication_role = replica; delete from audit_logs where resource_id = '5'" >/dev/null
    undo last
    assert_exit 1
    assert_contains err 'the ledger counts 1000 rows written, and the audit log has events of 999'
    assert_equal "$(query "$target" 'select count(*) from p')" 1000
}

rejects_and_second_passes_are_taken_back_too() {
    small passes "$parents; update p set owner = 'nobody' where id in (3, 4)" \
        "create table p (id int primary key, owner text); insert into p values (5000, 'there')" "[{\"from\": \"p\", $mapped}]"
    local before
    before=$(application "$target")
    IDMIGRATE_CHUNK_BLOCKS=1 IDMIGRATE_FAILPOINT=chunk-committed:2 run "$IDMIGRATE" run --jobs 1 --yes --progress none --max-rejects 9 "$mapping"
    assert_exit 137
    # Rows that change, go and come between two attempts: some have several events.
    query "$source" "update p set owner = 'u77' where id <= 10 and id not in (3, 4); delete from p where id in (11, 12); insert into p values (2000, 'u9')"
    migrate --max-rejects 9 "$mapping"
    assert_exit 7
    [ "$(query "$target" "select count(*) from audit_logs where action = 'ROW_UPDATED'")" -gt 0 ] || fail 'no row was updated'
    undo last
    assert_exit 0
    assert_application "$target" "$before"
    idmigrate verify --progress none last
    assert_exit 0
}

either_codec_is_taken_back() {
    local codec before
    for codec in text binary; do
        small "$codec" "$parents; alter table p add f float8 default 'NaN', add j jsonb default '{\"a\": 1.50}', add at timestamptz default '2001-02-03 04:05:06.7+08', add a numeric default 1.50" \
            'create table p (id int primary key, owner text, f float8, j jsonb, at timestamptz, a numeric)' "[{\"from\": \"p\", $mapped}]"
        before=$(application "$target")
        migrate --codec "$codec" "$mapping"
        assert_exit 0
        assert_equal "$(query "$target" 'select codec from idmigrate.run_table')" "$codec"
        query "$target" "update p set a = 1.5 where id = 1"
        undo last
        assert_exit 5
        query "$target" "update p set a = 1.50 where id = 1"
        undo last
        assert_exit 0
        assert_application "$target" "$before"
        idmigrate verify --progress none last
        assert_exit 0
    done
}

# Partitions, and a role that may do no more than it must.
a_partitioned_target_and_a_plain_role() {
    small parted "$parents" "create table p (id int primary key, owner text) partition by range (id);
        create table p1 partition of p for values from (0) to (500); create table p2 (owner text, id int not null);
        alter table p attach partition p2 for values from (500) to (5000); create table theirs (id int references p on delete cascade);
        create table leaf (id int references p1 on delete cascade)" "[{\"from\": \"p\", $mapped}]"
    migrate "$mapping"
    assert_exit 0
    query "$target" "insert into theirs values (600); insert into leaf values (6)"
    psql -X -q -d postgres -c 'set client_min_messages = warning' -c 'drop role if exists undo_plain' -c 'create role undo_plain login'
    query "$target" "grant usage on schema public, idmigrate to undo_plain; grant all on all tables in schema idmigrate to undo_plain;
        grant execute on all functions in schema idmigrate to undo_plain; grant select, insert on audit_logs, p to undo_plain; grant select on theirs, leaf to undo_plain"
    idmigrate undo --yes --progress none --target "host=$PGHOST user=undo_plain dbname=$target" last
    assert_exit 1
    assert_contains err 'this role may not delete its rows'
    assert_contains err 'GRANT UPDATE, DELETE ON "public"."p"'
    query "$target" "grant update, delete on p to undo_plain"
    idmigrate undo --yes --progress none --target "host=$PGHOST user=undo_plain dbname=$target" last
    local status=$STATUS
    query "$target" 'drop owned by undo_plain; drop role undo_plain'
    STATUS=$status
    assert_exit 5
    assert_equal "$(query "$target" "select string_agg(id::text, ',' order by id) from p")" '6,600'
    assert_equal "$(query "$target" "select count(*) from theirs, leaf")" 1
}

ctrl_c_ends_between_chunks() {
    small signal "$parents" "create table p (id int primary key, owner text);
        create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.002); return old; end';
        create trigger slow before delete on p for each row execute function slow()" "[{\"from\": \"p\", $mapped}]"
    migrate "$mapping"
    assert_exit 0
    IDMIGRATE_CHUNK_ROWS=20 "$IDMIGRATE" undo --yes --progress none last >"$WORK/out" 2>"$WORK/err" </dev/null &
    local background=$! left
    for _ in {1..400}; do
        left=$(query "$target" 'select count(*) from p')
        [ "$left" -gt 900 ] || break
        sleep 0.01
    done
    kill -INT "$background"
    STATUS=0
    wait "$background" || STATUS=$?
    assert_exit 130
    assert_contains err 'the same command again goes on'
    left=$(query "$target" 'select count(*) from p')
    [ "$left" -gt 0 ] || fail 'it did not end between chunks'
    assert_equal "$(query "$target" 'select state from idmigrate.run')" undoing
    undo last
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*) from p')" 0
}

# A cast to text prints char(n), boolean and inet otherwise than COPY does.
keys_that_a_cast_prints_otherwise_are_found() {
    small printed "create table c (id char(8) primary key, n int, owner text); insert into c select 'k' || i, i, 'u' || i from generate_series(1, 300) as i;
        create table b (flag boolean, n int, owner text, primary key (flag, n)); insert into b select i % 2 = 0, i, 'u' || i from generate_series(1, 300) as i;
        create table a (at inet primary key, owner text); insert into a select '10.0.0.0'::inet + i, 'u' || i from generate_series(1, 300) as i" \
        "create table c (id char(8) primary key, n int, owner text); create table b (flag boolean, n int, owner text, primary key (flag, n)); create table a (at inet primary key, owner text)" \
        "[{\"from\": \"c\", \"harmless\": [\"id\"], $mapped}, {\"from\": \"b\", \"harmless\": [\"flag\", \"n\"], $mapped}, {\"from\": \"a\", \"harmless\": [\"at\"], $mapped}]"
    # Keys and values also of rows that changed, or went, under an unfinished run.
    IDMIGRATE_CHUNK_BLOCKS=1 IDMIGRATE_FAILPOINT=chunk-committed:5 migrate --jobs 1 "$mapping"
    assert_exit 137
    query "$source" "update c set n = -n where n in (1, 2, 299); delete from c where n = 5; update b set owner = 'u7' where n = 8; delete from b where n = 9;
        update a set owner = 'u7' where at = '10.0.0.8'; delete from a where at = '10.0.0.9'" >/dev/null
    migrate "$mapping"
    assert_exit 0
    assert_equal "$(query "$target" "select (select count(*) from c), (select count(*) from b), (select count(*) from a), (select sum(n) from c)")" \
        "299|299|299|$((300 * 301 / 2 - 2 * (1 + 2 + 299) - 5))"
    undo last
    assert_exit 0
    assert_equal "$(query "$target" 'select (select count(*) from c), (select count(*) from b), (select count(*) from a)')" '0|0|0'
    idmigrate verify --progress none --target "$DST" last
    assert_exit 0
}

# After a dry run the server takes the table for empty: its rows are dead when it counts them.
a_table_that_was_counted_before_it_was_filled_is_undone_in_time() {
    small counted "create table p (id int primary key, owner text); insert into p select i, 'u' || 1 + i % 1000 from generate_series(1, 10000) as i" \
        'create table p (id int primary key, owner text) with (autovacuum_enabled = off)' "[{\"from\": \"p\", $mapped}]"
    idmigrate run --dry-run --progress none "$mapping"
    assert_exit 0
    query "$target" 'analyze p' >/dev/null
    assert_equal "$(query "$target" "select reltuples from pg_class where relname = 'p'")" 0
    migrate "$mapping"
    assert_exit 0
    run timeout 40 "$IDMIGRATE" undo --yes --progress none last
    assert_exit 0
    assert_equal "$(query "$target" 'select count(*) from p')" 0
}

cases=${*:-a_table_that_was_counted_before_it_was_filled_is_undone_in_time a_whole_application_is_as_it_was audit_records_stay every_place_is_survived cycles_go_together keys_that_a_cast_prints_otherwise_are_found what_the_application_did_is_left_alone
    keys_that_are_not_shown_are_found rows_that_look_like_others_are_not_guessed an_unfinished_run_is_taken_back
    the_latest_run_goes_first merged_rows_get_every_value_back one_row_that_the_target_keeps_costs_one_row
    a_run_that_is_closed_stays events_that_are_missing_are_refused
    rejects_and_second_passes_are_taken_back_too either_codec_is_taken_back a_partitioned_target_and_a_plain_role ctrl_c_ends_between_chunks}
for case in $cases; do "$case"; done
