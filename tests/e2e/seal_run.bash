# run --seal: leaves are made while events are written; what cannot be known so is read back, and the seal is right.
. "$SOURCE_DIR/tests/support/e2e.bash"

# prepare NAME: tables of several chunks, one that refers to itself, IDs that JSON escapes, names that jsonb orders anew.
prepare() {
    source=seal_run_$1_s target=seal_run_$1_t mapping=$WORK/$1.json
    fresh_database "$source"
    fresh_database "$target"
    export SRC="host=$PGHOST user=postgres dbname=$source" DST="host=$PGHOST user=postgres dbname=$target"
    export IDMIGRATE_CHUNK_BLOCKS=1
    query "$source" "create table a (id text primary key, \"zOwner\" text, \"é\" text, q text, body text);
        create table b (id int primary key, up int references b, owner text);
        insert into a select 'k' || i || E'\\t\\n\\r\\b\\f\\x01\\x7f\"\\\\é', 'u' || 1 + i % 100, nullif('u' || i % 7, 'u0'), 'u' || 1 + i % 3, repeat('x', 60)
            from generate_series(1, 400) as i;
        insert into b select i, nullif(i / 2, 0), 'u' || 1 + i % 100 from generate_series(1, 60) as i;
        insert into a values ('lost', 'u0', null, 'u1', '')" >/dev/null
    query "$target" "create table a (id text primary key, owner_id text, \"zé\" text, x text, body text);
        create table b (id int primary key, up int references b, owner text)" >/dev/null
    { echo old,new; for i in {1..100}; do echo "u$i,n$i"; done; } >"$WORK/ids.csv"
    jq -n '{version: 1, name: "seal_run", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "ids.csv", old_column: "old", new_column: "new"}}},
        tables: [{from: "a", harmless: ["id"], columns: {owner_id: {from: "zOwner", resolve: "user"},
                    "zé": {from: "é", resolve: "user"}, x: {from: "q", resolve: "user"}}},
                 {from: "b", columns: {owner: {from: "owner", resolve: "user"}}}]}' >"$mapping"
}
move() { idmigrate run --yes --progress none --max-rejects 10 --seal "$@" "$mapping"; }
# assert_sealed EVENTS READ: by the last run, and that anybody who reads the events finds the same.
assert_sealed() {
    assert_matches err "^sealed  *$1 events of the run in .*, $2 of them read back"
    assert_proved
}
assert_proved() {
    idmigrate audit verify --target "$DST" --json
    assert_exit 0
    assert_json out .events "$(query "$target" 'select count(*) from audit_logs where run_id is not null')"
}

case_nothing_is_read_back() {
    prepare plain
    move
    assert_exit 7
    assert_sealed 461 0
    local event
    for event in $(query "$target" "(select id from audit_logs where resource_type = 'b' limit 1) union all
            (select id from audit_logs where outcome = 'rejected')"); do
        idmigrate audit prove "$event" --target "$DST" --output proof.json
        assert_exit 0
        run bash "$SOURCE_DIR/tests/support/check_proof.bash" proof.json
        assert_exit 0
    done
    # What is tried again is sealed behind that, and read.
    query "$source" "update a set \"zOwner\" = 'u5' where id = 'lost'" >/dev/null
    move --rejects-only last
    assert_exit 0
    assert_sealed 1 0
}

case_more_than_memory_holds_goes_through_a_file() {
    prepare file
    query "$source" "insert into a select 'more' || i || repeat('é', 6000), 'u1', 'u2', 'u3', '' from generate_series(1, 1500) as i" >/dev/null
    unset IDMIGRATE_CHUNK_BLOCKS
    move
    assert_exit 7
    assert_sealed 1,961 0
}

# A table that does not keep what it is given.
case_what_the_table_makes_of_events_is_sealed() {
    local change
    prepare changed
    idmigrate audit install --target "$DST" --roles seal_run_changed --yes
    assert_exit 0
    fresh_database seal_run_changed_installed "$target"
    for change in \
        "create function shout() returns trigger language plpgsql as \$\$ begin new.user_agent := 'x'; return new; end \$\$;
         create trigger shout before insert on audit_logs for each row execute function shout()" \
        "alter table audit_logs alter column occurred_at set default pg_catalog.now()" \
        "create domain word as text; alter table audit_logs add column note word default 'a'" \
        "create function late() returns trigger language plpgsql as \$\$ begin
             update public.audit_logs set user_agent = 'y' where id = new.id; return null; end \$\$;
         drop trigger append_only on audit_logs;
         create trigger late after insert on audit_logs for each row execute function late()"; do
        psql -X -q -d postgres -v ON_ERROR_STOP=1 -c "drop database \"$target\" with (force)" -c "create database \"$target\" template seal_run_changed_installed"
        query "$target" "$change" >/dev/null
        "$IDMIGRATE" run --yes --progress none --max-rejects 10 --seal "$mapping" >"$WORK/out" 2>"$WORK/err" </dev/null || true
        assert_sealed 461 461
    done
    # Constants are known.
    psql -X -q -d postgres -v ON_ERROR_STOP=1 -c "drop database \"$target\" with (force)" -c "create database \"$target\" template seal_run_changed_installed"
    query "$target" "alter table audit_logs add column note text default 'a b'; alter table audit_logs add column n bigint default 70000" >/dev/null
    "$IDMIGRATE" run --yes --progress none --max-rejects 10 --seal "$mapping" >"$WORK/out" 2>"$WORK/err" </dev/null || true
    assert_sealed 461 0
    psql -X -q -d postgres -c "drop database seal_run_changed_installed" -c "drop database \"$target\" with (force)"
    for change in owner writer auditor pruner migrator; do psql -X -q -d postgres -c "drop role seal_run_changed_$change"; done
}

case_a_run_that_was_killed_is_sealed_as_a_whole() {
    prepare killed
    run env IDMIGRATE_FAILPOINT=chunk-committed:3 "$IDMIGRATE" run --yes --jobs 1 --progress none --max-rejects 10 --seal "$mapping"
    assert_exit 137
    local before
    before=$(query "$target" 'select count(*) from audit_logs where run_id is not null')
    [ "$before" -gt 0 ] || fail 'nothing was moved before'
    move
    assert_exit 7
    assert_sealed 461 "$before"
}

case_what_two_processes_moved_is_sealed_by_one() {
    local first i
    prepare joined
    # Behind the first rows nobody goes on before both processes were seen at work on this table.
    query "$target" "create sequence met; create function wait() returns trigger language plpgsql as \$\$ begin
            for i in 1 .. 600 loop
                exit when (select count(*) < 100 from public.a) or (select is_called from public.met);
                perform pg_stat_clear_snapshot();
                if (select count(*) >= 2 from pg_stat_activity where datname = current_database() and state = 'active'
                        and query ~ '^COPY \"public\"[.]\"a\" ') then
                    perform nextval('public.met');
                end if;
                perform pg_sleep(0.02);
            end loop; return null; end \$\$;
        create trigger wait after insert on a execute function wait()" >/dev/null
    "$IDMIGRATE" run --yes --progress none --jobs 1 --max-rejects 10 --seal "$mapping" >"$WORK/first.out" 2>"$WORK/first.err" </dev/null &
    first=$!
    for ((i = 0; i < 600; i++)); do
        [ "$(query "$target" 'select count(*) > 0 from audit_logs' 2>/dev/null)" != t ] || break
        sleep 0.05
    done
    idmigrate run --yes --progress none --jobs 1 --seal --join last "$mapping"
    wait "$first" || true
    grep -h '^sealed' "$WORK/first.err" "$WORK/err" >"$WORK/sealed"
    assert_equal "$(wc -l <"$WORK/sealed")" 1
    assert_matches "$WORK/sealed" '461 events of the run in .*, [1-9][0-9]* of them read back'
    assert_lacks "$WORK/sealed" ' 461 of them'
    assert_proved
}

for name in ${1:-$(compgen -A function case_)}; do
    "$name"
done
