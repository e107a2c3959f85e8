# What bad rows cost: a chunk of 50,000 rows with one in a hundred against a clean one, for rows that the rules of the catalogue
# find and for rows that only a trigger finds; and 10,000 bad ones among a million (by hand: refused_speed.bash million).
# The limits are generous, machines are busy; the figures are printed.
. "$SOURCE_DIR/tests/support/e2e.bash"

ROWS=50000
[ "${1-}" != million ] || ROWS=1000000
seq 1 "$ROWS" | awk 'BEGIN { print "old,new" } { print "user_old" $1 ",user_new" $1 }' >users.csv

# begin NAME BAD: BAD is the SQL that spoils rows of the source.
begin() {
    source=speed_$1_s target=speed_$1_t mapping=$WORK/$1.json
    fresh_database "$source"
    fresh_database "$target"
    export SRC="host=$PGHOST user=postgres dbname=$source" DST="host=$PGHOST user=postgres dbname=$target"
    query "$source" "create table t (id int primary key, owner text, mail text, code text, n int, body text);
        insert into t select i, 'user_old' || i, 'p' || i || '@x.example', 'c' || i, i, repeat('some text ', 12) from generate_series(1, $ROWS) as i; $2; analyze t" >/dev/null
    query "$target" "create table r (n int primary key); insert into r select generate_series(1, $ROWS);
        create table t (id int primary key, owner text, mail text unique, code varchar(12) not null, n int references r, body text,
            constraint positive check (n > 0));
        create function refuse() returns trigger language plpgsql as
            'begin if new.body = ''bad'' then raise exception ''refused''; end if; return new; end';
        create trigger refuse before insert on t for each row execute function refuse(); analyze" >/dev/null
    jq -n '{version: 1, name: "speed", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "users.csv", old_column: "old", new_column: "new"}}},
        tables: [{from: "t", triggers: "fire", reject_sqlstates: ["P0001"], columns: {
            owner: {from: "owner", resolve: "user"}, code: {from: "code", allow_narrowing: "on purpose"}}}]}' >"$mapping"
}
# seconds REJECTS: how long the moving of the rows took, by the ledger, attempts that failed included.
seconds() {
    idmigrate run --yes --progress none --jobs 1 --max-rejects 100% "$mapping"
    assert_exit "$([ "$1" -eq 0 ] && echo 0 || echo 7)"
    assert_equal "$(query "$target" 'select count(*) from idmigrate.reject')" "$1"
    query "$target" "select extract(epoch from max(c.finished_at) - min(t.started_at)) from idmigrate.chunk as c join idmigrate.run_table as t using (run_id, table_no)"
}
compare() { awk -v what="$1" -v clean="$2" -v bad="$3" -v most="$4" 'BEGIN {
    printf "%-24s clean %6.2f s, with bad rows %6.2f s: %.1f times\n", what, clean, bad, bad / clean; exit bad > clean * most }'; }

every='id % 100 = 3'
rules="update t set n = -n where $every and id % 500 = 3; update t set mail = 'p1@x.example' where $every and id % 500 = 103;
    update t set code = null where $every and id % 500 = 203; update t set n = $ROWS + 7 where $every and id % 500 = 303;
    update t set code = 'much too long for it' where $every and id % 500 = 403"
measure() {
    begin clean 'select'
    clean=$(seconds 0)
    begin rules "$rules"
    compare 'rules of the catalogue' "$clean" "$(seconds $((ROWS / 100)))" "$1" || fail 'too slow'
    begin trigger "update t set body = 'bad' where $every"
    compare 'only a trigger knows' "$clean" "$(seconds $((ROWS / 100)))" "$1" || fail 'too slow'
}

measure 6
