# What the roles must be allowed: columns are enough where a run needs columns only, and the parent is where partitions hold
# the rows; otherwise it is said before anything is written.
. "$SOURCE_DIR/tests/support/e2e.bash"

for i in {0..9}; do echo "u$i,n$i"; done | { echo old,new && cat; } >users.csv
owner='"columns": {"owner": {"from": "owner", "resolve": "user"}}'
roles="do \$\$ begin
    if not exists (select from pg_roles where rolname = 'privileges_reader') then create role privileges_reader login; end if;
    if not exists (select from pg_roles where rolname = 'privileges_writer') then create role privileges_writer login; end if; end \$\$;"

# begin NAME SOURCE_SQL TARGET_SQL TABLES
begin() {
    source=privileges_$1_s target=privileges_$1_t mapping=$WORK/$1.json
    fresh_database "$source"
    fresh_database "$target"
    export SRC="host=$PGHOST user=privileges_reader dbname=$source" DST="host=$PGHOST user=privileges_writer dbname=$target"
    query "$source" "$roles $2" >/dev/null
    query "$target" "$roles grant create, temporary on database $target to privileges_writer; grant create, usage on schema public to privileges_writer; $3" >/dev/null
    jq -n --argjson tables "[$4]" '{version: 1, name: "privileges", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "users.csv", old_column: "old", new_column: "new"}}}, tables: $tables}' >"$mapping"
}
migrate() { idmigrate run --yes --progress none "$@" "$mapping"; }

columns_are_enough() {
    begin columns "create table a (id int primary key, owner text, password text); insert into a select i, 'u' || i % 10, 'secret' from generate_series(1, 5000) as i;
        update a set owner = 'nobody1' where id = 7;
        grant select (id, owner) on a to privileges_reader" \
        "create table a (id int primary key, owner text check (owner <> 'n3' or id <> 13), code text unique);
        grant select (id, owner), insert (id, owner) on a to privileges_writer" \
        "{\"from\": \"a\", $owner, \"drop\": {\"password\": \"no\"}}"
    IDMIGRATE_CHUNK_BLOCKS=1 IDMIGRATE_FAILPOINT=chunk-committed:2 migrate --max-rejects 5
    assert_exit 137
    IDMIGRATE_CHUNK_BLOCKS=1 migrate --max-rejects 5
    assert_exit 7
    assert_equal "$(query "$target" "select count(*), count(*) filter (where owner ~ '^n') from a")" '4998|4998'
    assert_equal "$(query "$target" "select count(*) > 1 from idmigrate.chunk where kind = 'key'")" t
    idmigrate verify --target "$DST" --progress none
    assert_exit 6
    assert_contains out 'the role may not read its columns code'
    assert_matches out 'rows +equal +5,000'
    # What an expression wants more of is known before anything is written.
    begin missing "create table a (id int primary key, owner text, kind text); insert into a values (1, 'u1', 'x'); grant select (id) on a to privileges_reader;
        create table b (id int primary key, owner text, kind text); insert into b values (1, 'u1', 'x'); grant select (id, owner) on b to privileges_reader" \
        "create table a (id int primary key, owner text); grant all on a to privileges_writer; create table b (id int primary key, owner text); grant all on b to privileges_writer" \
        "{\"from\": \"a\", $owner, \"drop\": {\"kind\": \"no\"}}, {\"from\": \"b\", $owner, \"where\": \"kind = 'x'\", \"drop\": {\"kind\": \"no\"}}"
    migrate
    assert_exit 1
    assert_contains err 'the source role may not read: owner'
    assert_contains err 'GRANT SELECT ("owner") ON "public"."a" TO "privileges_reader"'
    assert_matches err 'E-PRIVILEGE +b'
    assert_equal "$(query "$target" "select count(*) from pg_namespace where nspname = 'idmigrate'")" 0
}

partitions_are_read_through_their_parent() {
    begin parent "create table a (id int primary key, owner text) partition by hash (id);
        create table a0 partition of a for values with (modulus 2, remainder 0); create table a1 partition of a for values with (modulus 2, remainder 1);
        insert into a select i, 'u' || i % 10 from generate_series(1, 2000) as i; grant select on a to privileges_reader" \
        "create table a (id int primary key, owner text); grant select, insert on a to privileges_writer" "{\"from\": \"a\", $owner}"
    IDMIGRATE_CHUNK_BLOCKS=2 migrate
    assert_exit 0
    assert_equal "$(query "$target" "select count(*), count(*) filter (where owner ~ '^n') from a")" '2000|2000'
    # Who inherits is read by itself.
    begin heir "create table a (id int primary key, owner text); create table h () inherits (a); insert into a values (1, 'u1'); insert into h values (2, 'u2');
        grant select on a to privileges_reader" \
        "create table a (id int primary key, owner text); grant select, insert on a to privileges_writer" "{\"from\": \"a\", $owner}"
    migrate
    assert_exit 1
    assert_contains err 'GRANT SELECT ON "public"."h" TO "privileges_reader"'
    assert_equal "$(query "$target" "select count(*) from pg_namespace where nspname = 'idmigrate'")" 0
}

columns_are_enough
partitions_are_read_through_their_parent
