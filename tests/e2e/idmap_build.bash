#!/usr/bin/env bash
# idmap build: what it says and writes, for a folder of exports as people have them; what it refuses; what a kill leaves.
# bash tests/e2e/idmap_build.bash CASE: one case alone.
. "$SOURCE_DIR/tests/support/e2e.bash"

data=$SOURCE_DIR/tests/data/build

# What people have: copies, because cases change them.
fresh_exports() {
    rm -rf exports map before elsewhere endless plain
    cp -r "$data/exports" exports
    cp "$data/roles.json" "$data/hand.csv" .
}

# in_folder FOLDER COMMAND...: there, and with no umask to hide behind.
in_folder() (
    cd "$1"
    shift
    umask 0
    exec "$@"
)

# Nothing that is secret or tells who somebody is, in whatever was printed or written.
assert_discreet() {
    local found
    found=$(grep -rliE 'planted|jürgen|2125550100|@' "$WORK/out" "$WORK/err" "$@" || true)
    [ -z "$found" ] || fail "personal data or secrets in $found"
}

case_readable_inputs_are_warned_of() {
    chmod -R go= exports hand.csv
    idmigrate idmap build exports --hand hand.csv:clerk,workos
    assert_lacks err 'everybody on this machine'
    chmod 644 hand.csv
    idmigrate idmap build exports --hand hand.csv:clerk,workos
    assert_contains err 'warning: everybody on this machine can read hand.csv (mode 0644)'
    chmod 644 exports/*
    idmigrate idmap build exports --hand hand.csv:clerk,workos
    assert_matches err 'can read .* \(mode 0644\) and [0-9]+ more of the inputs'
}

case_writes_maps_and_says_what_came_of_each_file() {
    idmigrate idmap build exports --output map --roles roles.json --hand hand.csv:clerk,workos
    assert_exit 5
    assert_same_files "$data/expected/table" "$WORK/out"
    local name
    for name in users organizations memberships unmatched user_role_assignments; do
        assert_same_files "$data/expected/$name.csv" "map/$name.csv"
    done
    assert_discreet map
    assert_json map/manifest.json '.inputs | length' 8
    assert_json map/manifest.json '.time' 2026-01-15T13:00:00.500Z
    jq -r '.outputs[] | .sha256 + "  map/" + .file' map/manifest.json | sha256sum --quiet -c - || fail "digests of the outputs"
    assert_json map/manifest.json '.inputs[] | select(.file == "exports/console.log").sha256' \
        "$(sha256sum exports/console.log | cut -d ' ' -f 1)"
}

case_all_joined_is_status_0() {
    printf 'old_id,new_id\na,b\n' >plain
    idmigrate idmap build plain --output map
    assert_exit 0
    assert_contains out 'all joined'
    assert_equal "$(cat map/users.csv)" $'old_id,new_id,method,confidence\na,b,map,stated'
}

case_same_inputs_give_the_same_bytes() {
    idmigrate idmap build exports/* --output map
    mkdir elsewhere
    cp -r exports elsewhere
    touch -d 2020-01-01 elsewhere/exports/*
    run in_folder elsewhere "$IDMIGRATE" idmap build exports/workos exports/notes.md exports/console.log exports/clerk --output map
    # A file that is named must be of a known kind.
    assert_exit 3
    rm exports/notes.md elsewhere/exports/notes.md
    idmigrate idmap build exports/* --output map
    assert_exit 5
    run in_folder elsewhere "$IDMIGRATE" idmap build exports/workos exports/console.log exports/clerk/ --output map
    assert_exit 5
    diff -r map elsewhere/map >&2 || fail "the maps differ"
    cp -r map before
    idmigrate idmap build exports/* --output map
    assert_exit 5
    diff -r map before >&2 || fail "the second time differs"
}

case_only_the_owner_may_read_it() {
    run in_folder . "$IDMIGRATE" idmap build exports --output map --roles roles.json
    assert_exit 5
    assert_equal "$(stat -c %a map map/* | sort -u | tr '\n' ' ')" '600 700 '
}

case_ndjson() {
    idmigrate idmap build exports --output map
    idmigrate idmap build exports --output map --format ndjson
    assert_exit 5
    [ ! -e map/users.csv ] || fail "the map of the other format is still there"
    assert_json map/users.ndjson '.method' $'external-id\nemail\nmetadata\nlog\nemail'
}

case_prints_json() {
    idmigrate idmap build exports --json
    assert_exit 5
    assert_json out '.users.joined' 5
    assert_json out '.users.not_joined."no-email"' 1
    assert_json out '.inputs[] | select(.file == "exports/notes.md").not_read != null' true
    assert_discreet
}

case_writes_over_nothing_of_others() {
    mkdir map
    echo mine >map/users.csv
    idmigrate idmap build exports --output map
    assert_exit 1
    assert_contains err 'map/users.csv is there, and idmigrate did not write it'
    assert_equal "$(cat map/users.csv) $(ls map)" 'mine users.csv'
    idmigrate idmap build exports --output map --force
    assert_exit 5
    idmigrate idmap build exports --output map
    assert_exit 5
    idmigrate idmap build exports --output exports/notes.md
    assert_exit 2
}

case_writes_over_nothing_that_was_settled_by_hand() {
    idmigrate idmap build exports --output map
    cp -r map before
    # Killed between two names: the same build again is welcome.
    jq '.outputs[0].sha256 = "00"' before/manifest.json >map/manifest.json
    idmigrate idmap build exports --output map
    assert_exit 5
    diff -r map before >&2 || fail "the same build did not repair the manifest"
    echo 'user_settled,user_01J00000000000000000000000,hand,certain' >>map/users.csv
    cp map/users.csv edited
    local format
    for format in csv ndjson; do
        idmigrate idmap build exports --output map --format "$format"
        assert_exit 1
        assert_contains err 'map/users.csv is not the file that the manifest.json beside it tells of'
        assert_contains err 'into a file for --hand, then say --force'
        assert_same_files edited map/users.csv
        assert_same_files before/manifest.json map/manifest.json
        assert_equal "$(find map -name '.*' -type f)$(find map -name '*.ndjson')" ''
    done
    idmigrate idmap build exports --output map --force
    diff -r map before >&2 || fail "--force did not write over it"
}

case_keeps_environments_apart() {
    idmigrate idmap build exports --output map --environment staging
    assert_json map/manifest.json .environment staging
    idmigrate idmap build exports --output map --environment production
    assert_exit 1
    assert_contains err 'map holds the map of "staging", and this is one of "production"'
    assert_json map/manifest.json .environment staging
}

case_kinds_of_another_provider_are_data() {
    cat >kinds.json <<'END'
{"providers": {"auth0": {"side": "old", "user": "auth0-user"}},
 "kinds": [{"name": "Auth0 users", "source": "users-exports job", "provider": "auth0", "form": "json", "of": "user", "gives": "list",
            "has": ["user_id", "email"], "fields": {"id": "user_id", "email": "email", "verified": "email_verified"}}]}
END
    echo '{"user_id":"auth0|646f87bb15b536ffce0f9b1b","email":"A@planted.example","email_verified":true}' >auth0
    echo '{"object":"user","id":"user_w1","email":"a@planted.example","email_verified":true}' >>auth0
    idmigrate idmap build auth0 --kinds kinds.json --output map
    assert_exit 0
    assert_equal "$(tail -n 1 map/users.csv)" 'auth0|646f87bb15b536ffce0f9b1b,user_w1,email,medium'
    idmigrate idmap build auth0
    assert_exit 3
    echo '{"kinds": [{"name": "x", "form": "xml"}]}' >kinds.json
    idmigrate idmap build auth0 --kinds kinds.json
    assert_exit 3
    assert_contains err 'kinds.json: kind 1: x: "form" is none of what it may be'
}

case_does_not_read_what_it_wrote() {
    idmigrate idmap build exports --output exports/map
    assert_exit 5
    cp -r exports/map before
    idmigrate idmap build exports --output exports/map
    assert_exit 5
    diff -r exports/map before >&2 || fail "it differs from what was there"
}

case_bad_input_changes_nothing() {
    idmigrate idmap build exports --output map
    cp -r map before
    echo '[{"object":"user","id":"user_x","email":"anna@planted.example"' >exports/cut
    idmigrate idmap build exports --output map
    assert_exit 3
    assert_contains err 'exports/cut: line 2: the file ends in the middle of a record'
    assert_discreet map
    diff -r map before >&2 || fail "the map was changed"
    idmigrate idmap build exports/notes.md
    assert_exit 3
    assert_contains err 'exports/notes.md: of no known kind'
    assert_contains err 'hint: known are: '
    idmigrate idmap build nowhere
    assert_exit 3
    idmigrate idmap build exports --roles nowhere
    assert_exit 3
    idmigrate idmap build exports --hand hand.csv
    assert_exit 3
    idmigrate idmap build
    assert_exit 2
    idmigrate idmap build exports --format xml
    assert_exit 2
}

case_a_file_that_is_no_text_is_told() {
    rm exports/clerk/dashboard.txt exports/clerk/memberships.json
    printf 'id,primary_email_address\nuser_c1,J\xfcrgen@planted.example\n' >exports/latin
    idmigrate idmap build exports --json
    assert_json out '.inputs[] | select(.file == "exports/latin").not_read' 'line 2: byte 0xfc is not valid UTF-8'
    [ "$STATUS" -ne 0 ] || fail "status 0"
    idmigrate idmap build exports/latin
    assert_exit 3
}

case_what_was_not_looked_at_is_no_success() {
    local what
    # Nobody at all, and a new side that names nobody.
    echo '{"object":"user","id":"user_w1","email":"a@planted.example","email_verified":true}' >plain
    idmigrate idmap build plain --json
    assert_exit 6
    echo '[]' >plain
    idmigrate idmap build plain
    assert_exit 6
    assert_contains out 'no input tells of anybody of the old side'
    # An export that nobody unpacked.
    printf 'old_id,new_id\na,b\n' >plain
    mkdir elsewhere
    cp plain elsewhere
    idmigrate idmap build elsewhere
    assert_exit 0
    for what in '\x1f\x8b\x08rest' 'PK\x03\x04rest' '\x28\xb5\x2f\xfdrest' 'a\x00b'; do
        printf '%b' "$what" >elsewhere/export
        idmigrate idmap build elsewhere
        assert_exit 6
        assert_contains out 'some files were not read'
        idmigrate idmap build elsewhere/export
        assert_exit 3
    done
    printf '\x1f\x8b\x08rest' >elsewhere/export
    idmigrate idmap build elsewhere/export
    assert_contains err 'elsewhere/export: the file is compressed (gzip)'
    assert_contains err 'hint: decompress it first: gunzip'
}

case_a_list_without_its_last_page_is_not_whole() {
    local user='"object":"user","email":"a@planted.example","email_verified":true'
    mkdir paged
    printf 'old_id,new_id\nuser_c1,user_w1\n' >paged/map
    echo "{\"object\":\"list\",\"data\":[{$user,\"id\":\"user_w1\"}],\"list_metadata\":{\"before\":null,\"after\":\"user_w1\"}}" >paged/first
    idmigrate idmap build paged
    assert_exit 6
    assert_contains out 'pages that say that more follow, and no file has the last one'
    assert_contains out 'a list is not whole: its last page is in no file'
    # The last page of another list is none of this one.
    echo '{"object":"list","data":[{"object":"organization","id":"org_w1","name":"x","domains":[]}],"list_metadata":{"before":null,"after":null}}' >paged/other
    idmigrate idmap build paged --json
    assert_json out '[.inputs[].open_pages // 0] | add' 1
    # It may be in another file, and without anybody.
    echo "{\"object\":\"list\",\"data\":[{$user,\"id\":\"user_w2\"}],\"list_metadata\":{\"before\":\"user_w2\",\"after\":null}}" >paged/second
    printf 'user_c2,user_w2\n' >>paged/map
    idmigrate idmap build paged
    assert_exit 0
    echo '{"object":"list","data":[],"list_metadata":{"before":"user_w2","after":null}}' >paged/second
    idmigrate idmap build paged --json
    assert_json out '[.inputs[].open_pages // 0] | add' 0
}

# Clerk's pages do not say whether more follow, but how long their whole list is.
case_a_list_shorter_than_it_says_is_not_whole() {
    local of='"object":"organization","name":"x","slug":"s","members_count":1,"created_at":1654012591514'
    mkdir total
    printf 'old_id,new_id\norg_c1,org_w1\norg_c2,org_w2\n' >total/map
    echo "{\"data\":[{$of,\"id\":\"org_c1\"}],\"total_count\":2}" >total/first
    cp total/first total/again
    idmigrate idmap build total
    assert_exit 6
    assert_matches out '^ +1 records +- +records that are in no file, by the total that the list states$'
    assert_contains out 'a list is not whole: it states more than the files have'
    echo "{\"total_count\":2,\"data\":[{$of,\"id\":\"org_c2\"}]}" >total/second
    idmigrate idmap build total
    assert_exit 0
    idmigrate idmap build total/second --json
    assert_exit 5
    assert_json out '[.inputs[].not_listed // 0] | add' 1
    # There is nothing to miss in an empty one, and a list of something else does not make it whole.
    echo '{"data":[],"total_count":0}' >total/second
    idmigrate idmap build total --json
    assert_json out '[.inputs[].not_listed // 0] | add' 1
}

# The manifest is the longest file, and the last one.
with_little_room() (
    trap '' XFSZ
    ulimit -f 1
    exec "$@"
)

case_where_one_file_cannot_be_written_none_is() {
    idmigrate idmap build exports --output map
    cp -r map before
    rm exports/console.log
    run with_little_room "$IDMIGRATE" idmap build exports --output map
    assert_exit 6
    assert_contains err 'map/manifest.json cannot be written: File too large'
    diff -r map before >&2 || fail "the map is not as before"
    assert_equal "$(find map -name '.*' -type f)" ''
}

# A build that is killed while it reads, and one that is stopped, leave what was there, and nothing beside it.
case_killed_it_leaves_what_was_there() {
    idmigrate idmap build exports --output map
    cp -r map before
    mkfifo endless
    local signal pid status
    for signal in KILL INT; do
        "$IDMIGRATE" idmap build exports endless --output map >"$WORK/out" 2>"$WORK/err" &
        pid=$!
        exec 9>endless
        echo '{"object":"list","data":[' >&9
        yes '{"object":"user","id":"user_x","email":"x@example.com"},' | head -n 20000 >&9 || true
        [ "$signal" = KILL ] || kill -INT "$pid"
        [ "$signal" = INT ] || kill -KILL "$pid"
        exec 9>&-
        status=0
        wait "$pid" || status=$?
        [ "$status" -ne 0 ] || fail "it was not stopped"
        diff -r map before >&2 || fail "after SIG$signal the map is not as before"
    done
}

case_the_map_is_what_a_mapping_reads() {
    idmigrate idmap build exports --output map
    fresh_database idmap_build_app
    local id
    id=$(sed -n 2p map/users.csv | cut -d , -f 1)
    query idmap_build_app "create table notes (id int primary key, owner text); insert into notes values (1, '$id')"
    idmigrate scan --source "$(conninfo idmap_build_app)" --ids map/users.csv:old_id,new_id --fail-on-found
    assert_exit 5
    assert_contains out owner
}

case_a_table_is_a_plain_map() {
    fresh_database idmap_build_tables
    query idmap_build_tables "create schema \"Ids\";
        create table \"Ids\".\"Map\" (at timestamptz default now(), old_id text, new_id text);
        insert into \"Ids\".\"Map\" (old_id, new_id) values ('b', 'w2'), ('a', 'w1'), ('c', null), (null, 'w3'), ('d', '');
        create table settled (clerk text, workos text, who text); insert into settled values ('b', 'w1', 'anna@planted.example');
        create view two as select clerk, workos from settled; create table nobody (old_id text, new_id text)" >/dev/null
    local source
    source=$(conninfo idmap_build_tables)
    idmigrate idmap build table:Ids.Map --source "$source" --output map
    assert_exit 0
    assert_contains err 'database idmap_build_tables, role '
    assert_contains err 'read only'
    assert_contains out 'rows that lack one ID of the two'
    assert_equal "$(cat map/users.csv)" $'old_id,new_id,method,confidence\na,w1,map,stated\nb,w2,map,stated'
    assert_json map/manifest.json '.inputs[0] | "\(.file) \(.pairs) \(.rows_without_pair) \(.bytes)"' 'table:Ids.Map 2 3 10'
    assert_json map/manifest.json '.inputs[0].sha256' "$(printf 'a,w1\nb,w2\n' | sha256sum | cut -d ' ' -f 1)"
    cp -r map before
    # The order of rows is the server's affair.
    query idmap_build_tables "update \"Ids\".\"Map\" set at = now() where old_id = 'b'" >/dev/null
    IDMIGRATE_SOURCE=$source idmigrate idmap build --map table:Ids.Map:old_id,new_id table:Ids.Map --output map
    diff map/users.csv before/users.csv >&2 || fail "the map differs"
    # A hand table comes before it, and may give two old IDs one new one.
    idmigrate idmap build table:Ids.Map --hand table:settled:clerk,workos --source "$source" --output map
    assert_exit 0
    assert_equal "$(cat map/users.csv)" $'old_id,new_id,method,confidence\na,w1,map,stated\nb,w1,hand,stated'
    idmigrate idmap build table:Ids.Map --hand table:two --source "$source" --output map
    assert_exit 0
    assert_discreet map
    local wrong
    for wrong in table:nowhere table:Map table:settled table:settled:clerk,id table:nobody; do
        idmigrate idmap build "$wrong" --source "$source" --output map
        assert_exit 3
        assert_contains err hint:
    done
    assert_contains err 'table:public.nobody: no row has an old and a new ID'
    query idmap_build_tables "insert into settled values ('b', 'w9')" >/dev/null
    # What is said twice of one ID, and how it is written, means the same wherever it stands.
    query idmap_build_tables "insert into settled values (E' c\\n', 'w3 ')" >/dev/null
    printf 'old_id,new_id\nb,w1\nb,w9\n" c\n","w3 "\n' >two.csv
    printf 'old_id,new_id\nz,w8\n' >one.csv
    local where
    for where in table:settled:clerk,workos two.csv two.csv:old_id,new_id; do
        idmigrate idmap build one.csv --map "$where" --source "$source" --output said
        assert_exit 5
        assert_equal "$(tail -n +2 said/users.csv)" $'c,w3,map,stated\nz,w8,map,stated'
        assert_equal "$(cut -d , -f 3-5 said/unmatched.csv | tail -n +2)" $'b,two-new,w1\nb,two-new,w9'
    done
    query idmap_build_tables "create table odd (old_id text, new_id text); insert into odd values (E'a\\tb', 'w'); create table blank as select ' ' as old_id, 'w' as new_id" >/dev/null
    idmigrate idmap build table:odd --source "$source" --output said
    assert_exit 3
    assert_contains err 'table:public.odd: the old ID holds a control character'
    idmigrate idmap build table:blank --source "$source" --output said
    assert_exit 3
    assert_contains err 'table:public.blank: the old ID is blank'
    for wrong in table: table:. table:a. table:a: table:a:b "table:a:b," "table:a:b,c,d" 'table:"a' 'table:"a"b' 'table:""' 'table:a:"b,c'; do
        idmigrate idmap build "$wrong" --source "$source"
        assert_exit 2
    done
    idmigrate idmap build table:two
    assert_exit 2
    assert_contains err 'hint: say --source URI, or set IDMIGRATE_SOURCE'
    assert_equal "$(tail -n 1 map/users.csv)" b,w1,hand,stated
    # Names as SQL quotes them.
    query idmap_build_tables "create table \"a.b:\"\"c\"\"\" (\"o,ld\" text, \"new\" text); insert into \"a.b:\"\"c\"\"\" values ('q', 'w')" >/dev/null
    idmigrate idmap build 'table:"a.b:""c""":"o,ld",new' --source "$source" --output quoted
    assert_exit 0
    assert_equal "$(tail -n 1 quoted/users.csv)" q,w,map,stated
    assert_json quoted/manifest.json '.inputs[0].file' 'table:public."a.b:""c"""'
    # The same for a finished map.
    idmigrate idmap check table:Ids.Map --source "$source" --json
    assert_json out '.findings[] | select(.code == "W-IDMAP-HOLE") | .rows' 3
    query idmap_build_tables 'drop table settled cascade' >/dev/null
    idmigrate idmap diff table:Ids.Map map/users.csv:old_id,new_id --source "$source"
    assert_exit 5
    idmigrate idmap stats table:Ids.Map --source "$source" --json
    assert_json out '.[0].pairs' 2
}

cases=$(declare -F | sed -n 's/^declare -f case_//p')
for name in ${1:-$cases}; do
    fresh_exports
    "case_$name"
done
