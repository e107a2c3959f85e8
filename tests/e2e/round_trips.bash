# How often the program waits for an answer of a server. Where that is far away, nearly all of the time of small tables is
# this waiting: it is counted for each command by a proxy, with two tables and with eight, and what a table costs has a limit.
. "$SOURCE_DIR/tests/support/e2e.bash"

: "${PROXY:?the proxy that counts}"
few=2 many=8

mkdir proxy
"$PROXY" "$WORK/proxy" "$PGHOST" round-trip:0 &
proxy=$!
trap 'kill "$proxy" 2>/dev/null || true; e2e_finish' EXIT
for _ in {1..100}; do
    [ ! -S proxy/.s.PGSQL.5432 ] || break
    sleep 0.05
done

printf 'old,new\nuser_1,user_01A\nuser_2,user_01B\n' >ids.csv
# tables COUNT: a database with as many small tables on both sides, and a mapping of them.
tables() {
    local i name="round_trips_$1"
    fresh_database "$name"
    {
        echo 'create schema a; create schema b;'
        for ((i = 0; i < $1; i++)); do
            echo "create table a.t$i (id int primary key, clerk_user_id text not null, note text);
                create table b.t$i (id int primary key, workos_user_id text not null, note text);
                insert into a.t$i select g, 'user_' || 1 + g % 2, 'x' from generate_series(1, 20) as g;"
        done
    } | psql -X -q -d "$name" -v ON_ERROR_STOP=1
    jq -n --argjson count "$1" '{version: 1, name: "trips", sources: {app: {schema: "a"}}, target: {schema: "b"},
        ids: {user: {file: {path: "ids.csv", old_column: "old", new_column: "new"}}},
        tables: [range($count) | {from: "t\(.)", to: "t\(.)",
            columns: {workos_user_id: {from: "clerk_user_id", resolve: "user"}}}]}' >"$1.json"
}

# trips COUNT COMMAND...: how often the command has waited.
trips() {
    local uri="host=$WORK/proxy user=postgres dbname=round_trips_$1" before after
    shift
    before=$(seen)
    idmigrate "$1" --source "$uri" --target "$uri" "${@:2}"
    assert_exit 0
    after=$(seen)
    echo $((after - before))
}
seen() { if [ -e proxy/seen ]; then cut -d ' ' -f 2 proxy/seen; else echo 0; fi; }

# limit NUMBER COMMAND...: of the round trips that one more table costs; MAPPING stands for the mapping's file.
limit() {
    local most=$1 a b each
    shift
    a=$(trips $few "${@/MAPPING/$few.json}")
    b=$(trips $many "${@/MAPPING/$many.json}")
    each=$(((b - a + many - few - 1) / (many - few)))
    printf '%-8s %4d round trips for %d tables, %4d for %d: %d for each more\n' "$1" "$a" $few "$b" $many $each
    [ "$a" -gt 20 ] || fail "$1: only $a round trips are counted"
    [ $each -le "$most" ] || fail "$1: a table costs $each round trips, and $most are the limit"
}

tables $few
tables $many
limit 4 check MAPPING
limit 30 run --yes --progress none MAPPING
limit 8 verify --progress none
limit 33 undo --yes --progress none last
