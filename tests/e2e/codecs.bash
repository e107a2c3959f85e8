# Text and binary COPY give the same target: every type with its odd values, between databases in which the types of
# users have other OIDs, moved once by each codec. Each type has a table of its own, so that one that must be text
# does not hide the others.
[ -n "${WORK-}" ] || . "$SOURCE_DIR/tests/support/e2e.bash"

types_sql="set client_min_messages = warning; create extension citext; create extension hstore;
    create type mood as enum ('sad', 'ok', E'very \\\\ \"happy\"\\t', 'ünhappy');
    create domain small as int check (value < 100);
    create domain named as text not null;
    create domain moody as mood;
    create domain tight as numeric(6,2);
    create type pair as (a int, b text);
    create type nested as (p pair, m mood, l int[]);
    create type span as range (subtype = float8);
    create type moods as range (subtype = mood);
    create type shout;
    create function shout_in(cstring) returns shout language internal immutable strict as 'textin';
    create function shout_out(shout) returns cstring language internal immutable strict as 'textout';
    create type shout (input = shout_in, output = shout_out, like = text);"

# name | type | codec that auto takes | values, separated by ;;
types=(
    "bool|boolean|binary|true;;false;;null"
    "int2|smallint|binary|-32768;;32767;;0;;null"
    "int4|integer|binary|-2147483648;;2147483647;;0"
    "int8|bigint|binary|-9223372036854775808;;9223372036854775807;;-1"
    "float4|real|binary|'NaN';;'Infinity';;'-Infinity';;'-0';;1e-45;;3.4028235e38;;0.1"
    "float8|double precision|binary|'NaN';;'Infinity';;'-Infinity';;'-0';;5e-324;;1.7976931348623157e308;;0.1;;1::float8/3"
    "numeric|numeric|binary|'NaN';;'Infinity';;'-Infinity';;0;;0.000;;-0.0;;1e-16383;;1.50;;10000;;0.00010000;;repeat('9', 131072)::numeric;;(repeat('9', 300) || '.' || repeat('1', 16383))::numeric;;null"
    "numeric_2|numeric(10,2)|binary|1.5;;0;;-99999999.99;;'NaN'"
    "money|money|text|'-92233720368547758.08';;'0.01'"
    "text|text|binary|'';;E'tab\\tnew\\nline\\rback\\\\slash \\\\N \\\\.';;E'\\\\N';;'👩‍⚕️ é';;E'\\x01\\x7f';;repeat('x', 3000000);;null"
    "varchar|varchar(5)|binary|'';;'abcde';;'éééé ';;null"
    "bpchar|char(5)|binary|'';;'abc';;'é';;'abcde';;null"
    "name|name|binary|'';;repeat('n', 63)"
    "char1|\"char\"|text|'';;'a';;E'\\\\'"
    "bytea|bytea|binary|'';;'\\x00ff5c0a';;decode(repeat('00ff', 100000), 'hex')"
    "date|date|binary|'infinity';;'-infinity';;'4713-01-01 BC';;'5874897-12-31';;'0001-01-01 BC';;'2000-02-29'"
    "time|time|binary|'00:00';;'24:00:00';;'23:59:59.999999'"
    "time_0|time(0)|binary|'00:00:01.6'"
    "timetz|timetz|binary|'00:00+15:59';;'24:00-15:59';;'12:00:00.000001+01:30:17'"
    "timestamp|timestamp|binary|'infinity';;'-infinity';;'4713-01-01 00:00 BC';;'294276-12-31 23:59:59.999999';;'1999-12-31 23:59:59.999999'"
    "timestamptz|timestamptz|binary|'infinity';;'-infinity';;'4713-01-01 00:00 BC';;'294276-12-31 23:59:59.999999 UTC';;'2020-03-29 01:30 Europe/Lisbon'"
    "interval|interval|binary|'0';;'1 day';;'24:00:00';;'-178000000 years';;'1 mon -1 day +00:00:00.000001';;'P1Y2M3DT4H5M6.789S';;'2147483647 days'"
    "interval_0|interval(0)|binary|'1.6 seconds'"
    "uuid|uuid|binary|'00000000-0000-0000-0000-000000000000';;'ffffffff-FFFF-ffff-ffff-ffffffffffff'"
    "json|json|binary|'{}';;' { \"b\" :1, \"a\":[ 1.00,1e3 ] , \"b\":2}  ';;'null';;E'\"\\\\u00e9\\\\n\"';;'1.50'"
    "jsonb|jsonb|binary|'{}';;' { \"bb\" :1, \"a\":[ 1.00,1e3 ] , \"b\":2}  ';;'null';;E'\"\\\\u00e9\\\\n\"';;'1.50';;'1e400';;('[' || repeat('1,', 50000) || '1]')::jsonb"
    "xml|xml|text|'<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>é</a>';;'x<b/>';;''"
    "bit|bit(9)|binary|B'101010101';;B'000000000'"
    "varbit|varbit|binary|B'';;B'1';;B'1010101010101';;repeat('1', 100001)::varbit"
    "inet|inet|binary|'10.1.2.3/8';;'::1';;'ffff::/16';;'0.0.0.0/0';;'192.168.0.1'"
    "cidr|cidr|binary|'10.0.0.0/8';;'::/0';;'2001:db8::/32'"
    "macaddr|macaddr|binary|'08:00:2b:01:02:03'"
    "macaddr8|macaddr8|binary|'08:00:2b:01:02:03:04:05'"
    "point|point|binary|'(1,-0)';;'(NaN,Infinity)';;'(1e-300,1e300)'"
    "lseg|lseg|binary|'[(1,2),(3,4)]'"
    "line|line|binary|'{1,2,3}';;'{0,-1,0.1}'"
    "box|box|binary|'(1,2),(3,-4)'"
    "path|path|binary|'[(1,2),(3,4)]';;'((1,2),(3,4))'"
    "polygon|polygon|binary|'((0,0),(1,1),(2,0))'"
    "circle|circle|binary|'<(1,2),3>';;'<(0,0),0>'"
    "tsvector|tsvector|binary|'';;'a:1A fat:2B,4C cat:5D';;'''a b'' ''it''''s'':3';;to_tsvector('simple', repeat('word other ', 20000))"
    "tsquery|tsquery|text|'';;'a & !b | (c:*A <-> d)'"
    "pg_lsn|pg_lsn|binary|'0/0';;'FFFFFFFF/FFFFFFFF'"
    "oid|oid|binary|0;;4294967295"
    "regtype|regtype|text|'integer';;'text'"
    "snapshot|pg_snapshot|text|'10:20:10,14,15'"
    "int4range|int4range|binary|'empty';;'[1,5]';;'(,)';;'[,3)'"
    "int8range|int8range|binary|'empty';;'[1,5]';;'(9223372036854775806,]'"
    "numrange|numrange|binary|'empty';;'(1.10,2.200]';;'[NaN,NaN]';;'(,Infinity)'"
    "tsrange|tsrange|binary|'[-infinity,infinity)';;'(2020-01-01,2020-01-01 00:00:00.000001]'"
    "tstzrange|tstzrange|binary|'[2020-01-01 UTC,)';;'empty'"
    "daterange|daterange|binary|'[2020-01-01,2020-01-31]';;'(,infinity)'"
    "int4multirange|int4multirange|binary|'{}';;'{[1,3),[5,7)}';;'{(,)}'"
    "nummultirange|nummultirange|binary|'{(1.10,2.2],[3,3]}'"
    "tsmultirange|tsmultirange|binary|'{[2020-01-01,2020-01-02)}'"
    "tstzmultirange|tstzmultirange|binary|'{[2020-01-01 UTC,)}'"
    "datemultirange|datemultirange|binary|'{[2020-01-01,2020-01-31]}'"
    "int8multirange|int8multirange|binary|'{[1,3),[5,7)}'"
    "int4_array|integer[]|ARRAY|'{}';;'{1,NULL,3}';;'[0:2]={1,2,3}';;'[-2:-1][5:6]={{1,2},{3,NULL}}';;'{{{1}}}';;null"
    "text_array|text[]|ARRAY|'{}';;array['', null, 'NULL', 'a\"b', E'c\\\\d', ' ', '{}', ','];;array[['a','b'],['c',null]]"
    "float8_array|float8[]|ARRAY|'{NaN,-0,Infinity,-Infinity}'"
    "numeric_array|numeric[]|ARRAY|'{NaN,1.500,-Infinity}'"
    "timestamptz_array|timestamptz[]|ARRAY|'{infinity,\"0044-03-15 12:00 UTC BC\"}'"
    "jsonb_array|jsonb[]|ARRAY|array['{\"a\": 1}', 'null']::jsonb[];;'{}'"
    "uuid_array|uuid[]|ARRAY|'{ffffffff-ffff-ffff-ffff-ffffffffffff,NULL}'"
    "range_array|int4range[]|text|'{\"[1,2)\",empty}'"
    "enum|mood|binary|'sad';;E'very \\\\ \"happy\"\\t';;'ünhappy';;null"
    "enum_array|mood[]|text|'{}';;array['ok', null]::mood[]"
    "enum_domain|moody|binary|'ok'"
    "small|small|binary|99;;-5;;null"
    "named|named|binary|'';;'x'"
    "tight|tight|binary|1.5;;-9999.99"
    "composite|pair|text|'(1,)';;row(null, '')::pair;;row(2, E'a\"b\\\\c,)')::pair"
    "nested|nested|text|row(row(1, 'x')::pair, 'ok', '{1,NULL}')::nested"
    "composite_array|pair[]|text|array[row(1, 'x')::pair, null]"
    "user_range|span|text|'[NaN,NaN]';;'(,1.5)'"
    "enum_range|moods|text|'[sad,ok]'"
    "citext|citext|binary|'AbC';;'';;E'\\\\N'"
    "citext_array|citext[]|text|'{A,NULL}'"
    "hstore|hstore|text|'a=>1, \"b c\"=>NULL, \"\"=>\"\"';;''"
    "shout|shout|text|'hey'"
)

# Arrays say in their binary form whether they hold NULLs, also when these are gone.
arrays=text

make_source() {
    local entry name type codec values statement number value
    fresh_database codecs_s
    statement="$types_sql"
    for entry in "${types[@]}"; do
        IFS='|' read -r name type codec values <<<"$entry"
        statement+="create table \"t_$name\" (id int primary key, owner text, v $type);"
        number=0
        while [ -n "$values" ]; do
            value=${values%%;;*}
            if [ "$value" = "$values" ]; then values=; else values=${values#*;;}; fi
            number=$((number + 1))
            statement+="insert into \"t_$name\" values ($number, 'u$number', $value);"
        done
    done
    # An array that held a NULL keeps the place for it.
    statement+="insert into t_int4_array values (90, 'u1', '{1,NULL}'); update t_int4_array set v[2] = 2 where id = 90;"
    printf '%s\n' "$statement" >"$WORK/source.sql"
    psql -X -q -d codecs_s -v ON_ERROR_STOP=1 -c "set timezone to 'UTC'" -f "$WORK/source.sql" >/dev/null
}

make_target() {
    local entry name type codec values statement
    fresh_database "$1"
    # So that no type made afterwards has the OID that it has in the source.
    statement="do 'begin for i in 1 .. 50 loop execute format(''create type filler_%s as enum ()'', i); end loop; end';"
    statement+="$types_sql"
    for entry in "${types[@]}"; do
        IFS='|' read -r name type codec values <<<"$entry"
        statement+="create table \"t_$name\" (id int primary key, owner text, v $type);"
    done
    query "$1" "$statement" >/dev/null
}

write_mapping() {
    local entry name tables='[]'
    for entry in "${types[@]}"; do
        name=${entry%%|*}
        tables=$(jq -c --arg name "$name" '. + [{from: ("t_" + $name), columns: {owner: {from: "owner", resolve: "user"}}}]' <<<"$tables")
    done
    { echo old,new; for i in {1..100}; do echo "u$i,n$i"; done; } >"$WORK/ids.csv"
    jq -n --argjson tables "$tables" '{version: 1, name: "codecs", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "ids.csv", old_column: "old", new_column: "new"}}}, tables: $tables}' >"$WORK/mapping.json"
}

# What a database holds, table by table, with the IDs as they were.
digest_tables() {
    local entry name
    for entry in "${types[@]}"; do
        name=${entry%%|*}
        printf '%s %s\n' "$name" "$(psql -X -q -d "$1" -c "set timezone to 'UTC'" \
            -c "copy (select id, replace(owner, 'n', 'u'), v::text from \"t_$name\" order by id) to stdout" | md5sum | cut -c 1-32)"
    done
}

# move DATABASE CODEC: runs, and proves again with a process of its own.
move() {
    make_target "$1"
    export SRC="host=$PGHOST user=postgres dbname=codecs_s" DST="host=$PGHOST user=postgres dbname=$1"
    idmigrate run --yes --progress none --codec "$2" "$WORK/mapping.json"
    assert_exit 0
    IDMIGRATE_TARGET=$DST idmigrate verify --progress none last
    assert_exit 0
}

both_codecs_give_the_same_target() {
    local entry name type codec values expected=
    make_source
    write_mapping
    move codecs_text text
    assert_equal "$(query codecs_text "select count(*) from idmigrate.run_table where codec <> 'text'")" 0
    digest_tables codecs_text >"$WORK/text.digests"
    move codecs_auto auto
    digest_tables codecs_auto >"$WORK/auto.digests"
    assert_same_files "$WORK/text.digests" "$WORK/auto.digests"
    # And what the source holds, but for xml: the server leaves its encoding out when it prints one.
    digest_tables codecs_s | grep -v '^xml ' >"$WORK/source.digests"
    grep -v '^xml ' "$WORK/auto.digests" >"$WORK/target.digests"
    assert_same_files "$WORK/source.digests" "$WORK/target.digests"
    for entry in "${types[@]}"; do
        IFS='|' read -r name type codec values <<<"$entry"
        [ "$codec" != ARRAY ] || codec=$arrays
        expected+="t_$name $codec"$'\n'
    done
    query codecs_auto "select label || ' ' || codec from idmigrate.run_table order by table_no" >"$WORK/codecs"
    printf '%s' "$expected" >"$WORK/expected"
    assert_same_files "$WORK/expected" "$WORK/codecs"
}

# begin NAME SOURCE_SQL TARGET_SQL TABLES: two databases and a mapping with 100 IDs, one of each kind.
begin() {
    fresh_database "codecs_$1_s"
    fresh_database "codecs_$1_t"
    export SRC="host=$PGHOST user=postgres dbname=codecs_$1_s" DST="host=$PGHOST user=postgres dbname=codecs_$1_t"
    source=codecs_$1_s target=codecs_$1_t mapping=$WORK/$1.json
    query "$source" "$2" >/dev/null
    query "$target" "$3" >/dev/null
    { echo old,new; for i in {1..100}; do echo "u$i,n$i"; done; } >"$WORK/ids.csv"
    { echo old,new; for i in {1..100}; do printf 'u%d,00000000-0000-4000-8000-%012d\n' "$i" "$i"; done; } >"$WORK/uuids.csv"
    jq -n --argjson tables "$4" '{version: 1, name: "codecs", sources: {app: {env: "SRC"}}, target: {env: "DST"},
        ids: {user: {file: {path: "ids.csv", old_column: "old", new_column: "new"}},
            uuid: {file: {path: "uuids.csv", old_column: "old", new_column: "new"}}}, tables: $tables}' >"$mapping"
}
migrate() { idmigrate run --yes --progress none "$@" "$mapping"; }
verify() { IDMIGRATE_TARGET=$DST idmigrate verify --progress none last; }
codecs() { query "$target" "select string_agg(codec, ' ' order by table_no) from idmigrate.run_table"; }
owner='"owner": {"from": "owner", "resolve": "user"}'

a_table_that_must_be_text_says_why() {
    begin why "create table at (at timestamptz primary key, owner text); create table keyless (owner text);
        create table meet (id int primary key, owner text unique); create table list (id int primary key, owner text[]);
        create table number (id int primary key, owner text); create table fit (id int primary key, owner text)" \
        "create table at (at timestamptz primary key, owner text); create table keyless (owner text);
        create table meet (id int primary key, owner text unique); create table list (id int primary key, owner text[]);
        create table number (id int primary key, owner int); create table fit (id int primary key, owner uuid)" \
        "[{\"from\": \"at\", \"columns\": {$owner}}, {\"from\": \"keyless\", \"columns\": {$owner}},
        {\"from\": \"meet\", \"columns\": {$owner}, \"on_conflict\": {\"key\": [\"owner\"], \"do\": \"skip\"}},
        {\"from\": \"list\", \"columns\": {\"owner\": {\"from\": \"owner\", \"rewrite\": \"array\"}}},
        {\"from\": \"number\", \"columns\": {$owner}},
        {\"from\": \"fit\", \"columns\": {\"owner\": {\"from\": \"owner\", \"resolve\": \"uuid\"}}}]"
    idmigrate check --progress none --json "$mapping"
    assert_json out '[.resolution.tables | sort_by(.number)[] | .codec] | join(" ")' 'text text text text text binary'
    assert_json out '.resolution.tables | sort_by(.number) | .[0].codec_reason' \
        'column at (timestamp with time zone): a key is kept as text'
    assert_json out '.resolution.tables | sort_by(.number) | .[1].codec_reason' 'without a key its rows are known by their text'
    assert_json out '.resolution.tables | sort_by(.number) | .[2].codec_reason' 'rows that meet in a key are compared as text'
    assert_json out '.resolution.tables | sort_by(.number) | .[3].codec_reason | startswith("column owner (text[]): ")' true
    assert_json out '.resolution.tables | sort_by(.number) | .[4].codec_reason' \
        'column owner (integer): what is looked up is text, and must become another type'
    idmigrate check --progress none "$mapping"
    assert_contains out 'copied in: text: column at (timestamp with time zone): a key is kept as text'
    assert_contains out 'copied in: binary'
    migrate --codec binary
    assert_exit 1
    assert_contains err 'table at cannot be copied in binary: column at (timestamp with time zone)'
    migrate --codec blob
    assert_exit 2
    assert_equal "$(query "$target" "select count(*) from pg_namespace where nspname = 'idmigrate'")" 0
}

ids_are_changed_in_tuples() {
    begin ids "create table people (id int primary key, mail text, owner text);
        insert into people select i, 'mail' || (i % 40), 'u' || i from generate_series(1, 60) as i;
        create table notes (id int primary key, person int, owner text, account text, body jsonb, raw json, words text, kind text, made timestamptz default '2024-01-01');
        insert into notes select i, i % 60 + 1, 'u' || i, 'u' || i, jsonb_build_object('u' || i, 'x', 'zz', array['u1', 'u1x']),
            ('{ \"a\" : \"u' || i || '\" }')::json, 'for u' || i || ' and u2.', (array['old', 'new'])[i % 2 + 1] from generate_series(1, 90) as i;
        insert into notes (id) values (91)" \
        "create table people (id int primary key, mail text unique, owner text);
        create type kind as enum ('past', 'recent');
        create table notes (id int primary key, person int references people, owner text, account uuid, body jsonb, raw json, words varchar(100), kind kind,
            made timestamptz, made_key uuid, label text default 'none')" \
        "[{\"from\": \"people\", \"columns\": {$owner}, \"on_conflict\": {\"key\": [\"mail\"], \"do\": \"skip\", \"children\": \"follow\"}, \"winner\": {\"by\": \"id\", \"dir\": \"lowest\"}},
        {\"from\": \"notes\", \"harmless\": [\"made\"], \"columns\": {$owner, \"account\": {\"from\": \"account\", \"resolve\": \"uuid\"},
            \"body\": {\"from\": \"body\", \"rewrite\": \"json\", \"ids\": [\"user\"]}, \"raw\": {\"from\": \"raw\", \"rewrite\": \"json\", \"ids\": [\"user\"]},
            \"words\": {\"from\": \"words\", \"rewrite\": \"text\", \"ids\": [\"user\"], \"allow_narrowing\": \"short\"},
            \"kind\": {\"from\": \"kind\", \"values\": {\"old\": \"past\", \"new\": \"recent\"}}, \"made_key\": {\"generate\": \"uuid\"}}}]"
    migrate --codec text
    [ "$STATUS" -eq 0 ] || fail "the text codec did not do it"
    query "$target" 'copy (select * from notes order by id) to stdout' >"$WORK/text.rows"
    query "$target" "set client_min_messages = warning; drop table notes, people; drop type kind; drop schema idmigrate cascade; drop table audit_logs;
        create table people (id int primary key, mail text unique, owner text);
        create type kind as enum ('past', 'recent');
        create table notes (id int primary key, person int references people, owner text, account uuid, body jsonb, raw json, words varchar(100), kind kind,
            made timestamptz, made_key uuid, label text default 'none')" >/dev/null
    migrate
    assert_exit 0
    assert_equal "$(codecs)" 'text binary'
    query "$target" 'copy (select * from notes order by id) to stdout' >"$WORK/binary.rows"
    assert_same_files "$WORK/text.rows" "$WORK/binary.rows"
    assert_equal "$(query "$target" 'select account || words || kind::text from notes where id = 7')" \
        '00000000-0000-4000-8000-000000000007for n7 and n2.recent'
    # A run keeps its codec, whatever is said later.
    migrate --codec text
    assert_exit 0
    assert_contains err 'nothing to write'
    # What differs is named, and shown as text.
    query "$target" "update notes set made = '2025-02-03 04:05:06+00' where id = 7" >/dev/null
    verify
    assert_exit 5
    assert_matches out '^ +7 +made +2024-01-01 00:00:00\+00 +2025-02-03 04:05:06\+00$'
    query "$target" "update notes set made = '2024-01-01 00:00:00+00', owner = 'n8' where id = 7" >/dev/null
    verify
    assert_exit 5
    assert_matches out '^ +7 +owner +n7 +n8$'
    query "$target" "update notes set owner = 'n7' where id = 7; delete from notes where id = 9" >/dev/null
    verify
    assert_exit 5
}

a_dry_run_draws_its_numbers_in_binary() {
    begin drawn "create table t (id int primary key, owner text); insert into t select i, 'u' || i from generate_series(1, 50) as i" \
        'create table t (id int primary key, owner text, small smallserial, number int generated by default as identity, big bigserial)' \
        "[{\"from\": \"t\", \"columns\": {$owner}}]"
    migrate --dry-run --codec binary
    assert_exit 0
    migrate --codec binary
    assert_exit 0
    assert_equal "$(query "$target" 'select count(distinct small), max(number), max(big) from t')" '50|50|50'
}

values_of_200_mb_come_through() {
    local codec
    for codec in text binary; do
        begin "huge_$codec" "create table t (id int primary key, owner text, body text, bytes bytea);
            insert into t values (1, 'u1', repeat('0123456789', 20971520), null), (2, 'u2', '', decode(repeat('00ff', 26214400), 'hex'))" \
            'create table t (id int primary key, owner text, body text, bytes bytea)' "[{\"from\": \"t\", \"columns\": {$owner}}]"
        migrate --codec "$codec" --jobs 1
        assert_exit 0
        assert_equal "$(codecs)" "$codec"
        assert_equal "$(query "$target" 'select string_agg(md5(body) || length(bytes), $$,$$ order by id) from t')" \
            "$(query "$source" 'select string_agg(md5(body) || length(bytes), $$,$$ order by id) from t')"
        query "$source" 'drop table t' >/dev/null
        query "$target" 'drop table t' >/dev/null
    done
}

cases=${*:-both_codecs_give_the_same_target a_table_that_must_be_text_says_why ids_are_changed_in_tuples
    a_dry_run_draws_its_numbers_in_binary values_of_200_mb_come_through}
for case in $cases; do "$case"; done
