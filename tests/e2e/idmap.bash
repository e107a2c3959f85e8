# idmigrate idmap check, diff, stats and expire: what is wrong with a finished map is named, its gaps are weighed, and copies
# of maps go when their time has passed.
. "$SOURCE_DIR/tests/support/e2e.bash"

# Clerk's form and WorkOS's, by number.
old() { printf 'user_2YDryYFVMM1W1plDDKz7Gz%05d' "$1"; }
new() { printf 'user_01EHWNCE74X7JSDV0X3SZ%04d0' "$1"; }
pairs() {
    local i
    echo clerk_user_id,workos_user_id
    for ((i = $1; i <= $2; i++)); do echo "$(old "$i"),$(new "$i")"; done
}
check() { idmigrate idmap check --progress none "$@"; }
# codes: what was found, in order, without what is about the file's mode.
codes() { jq -r '.findings[].code' "$WORK/out" | grep -v W-IDMAP-READABLE | tr '\n' ' ' | sed 's/ $//'; }
assert_codes() { assert_equal "$(codes)" "$1"; }

umask 077
pairs 1 20 >users.csv
{ pairs 2 20 | sed "s/$(new 5)/$(new 40)/"; echo "$(old 25),$(new 25)"; } >later.csv

fresh_database idmap_source
fresh_database idmap_target
psql -X -q -d idmap_source -v ON_ERROR_STOP=1 >/dev/null <<END
create table users (id text primary key, name text);
insert into users select 'user_2YDryYFVMM1W1plDDKz7Gz' || lpad(i::text, 5, '0'), 'n' from generate_series(1, 22) as i;
create table events (id int primary key, user_id text, peer text, doc jsonb);
insert into events select i, '$(old 21)', null, '{}' from generate_series(1, 30) as i;
insert into events select i, '$(old 22)', '$(old 21)', '{}' from generate_series(31, 40) as i;
insert into events select i, '$(old 3)', null, '{"by": "$(old 22)"}' from generate_series(41, 45) as i;
insert into events select i, 'system', null, null from generate_series(46, 50) as i;
create table handles (user_id text, handle text);
insert into handles values ('$(old 1)', 'a'), ('$(old 2)', 'a'), ('$(old 3)', 'b');
END
psql -X -q -d idmap_target -v ON_ERROR_STOP=1 >/dev/null <<'END'
create table users (id text primary key, name text);
create table events (id int primary key, user_id text, peer text, doc jsonb);
create table handles (user_id text, handle text, constraint one_handle unique (user_id, handle));
END
source=$(conninfo idmap_source) target=$(conninfo idmap_target)

cat >mapping.json <<END
{"version": 1, "name": "small", "sources": {"app": {"env": "IDMAP_TEST_SOURCE"}}, "target": {"env": "IDMAP_TEST_TARGET"},
 "keep_idmap": "30 days",
 "ids": {"user": {"old": "clerk-user", "new": "workos-user",
                  "file": {"path": "users.csv", "old_column": "clerk_user_id", "new_column": "workos_user_id"}}},
 "literals": ["system"],
 "tables": [
  {"from": "users", "columns": {"id": {"from": "id", "resolve": "user", "unresolved": "keep", "reason": "as they are"}}},
  {"from": "events", "columns": {"user_id": {"from": "user_id", "resolve": "user"},
    "peer": {"from": "peer", "resolve": "user", "unresolved": "null", "reason": "not needed"},
    "doc": {"from": "doc", "rewrite": "json"}}},
  {"from": "handles", "columns": {"user_id": {"from": "user_id", "resolve": "user"}}}]}
END

case_a_good_map_is_good() {
    check users.csv --json
    assert_exit 0
    assert_codes ''
    assert_json out '.maps[0] | "\(.pairs) \(.new_ids) \(.old_format) \(.new_format) \(.file)"' '20 20 clerk-user workos-user users.csv'
    check users.csv
    assert_contains out '0 wrong, 0 warnings, 0 not checked; without --source gaps are not weighed'
}

case_what_is_wrong_in_pairs_is_named() {
    { pairs 1 20
      echo "$(old 1),$(new 30)"  # two new ones
      echo "$(old 2),$(new 2)"   # there already
      echo "$(old 31),$(new 3)"  # shared
      echo "$(new 4),$(new 32)"  # goes on from a new ID
      echo "$(old 33),dry-run-user-anna@example.com"
    } >bad.csv
    check bad.csv --json
    assert_exit 5
    assert_codes 'E-IDMAP-TWO E-IDMAP-CHAIN E-IDMAP-NOBODY W-IDMAP-REPEATED W-IDMAP-SHARED W-ID-FORMAT W-ID-FORMAT-NEW'
    assert_json out '.findings[] | select(.code == "E-IDMAP-TWO") | .samples[0]' "$(old 1) -> $(new 1)"
    assert_json out '.findings[] | select(.code == "E-IDMAP-CHAIN") | .samples[0]' "$(old 4) -> $(new 4)"
    assert_lacks out 'anna@example.com'
    check bad.csv --strict --json
    assert_codes 'E-IDMAP-TWO E-IDMAP-CHAIN E-ID-FORMAT E-ID-FORMAT-NEW E-IDMAP-NOBODY W-IDMAP-REPEATED W-IDMAP-SHARED'
    check bad.csv
    assert_lacks out 'anna@example.com'
}

case_cycles_are_named() {
    printf 'old,new\n%s,%s\n%s,%s\n%s,%s\n%s,%s\n' \
        "$(new 1)" "$(new 2)" "$(new 2)" "$(new 3)" "$(new 3)" "$(new 1)" "$(new 9)" "$(new 1)" >cycle.csv
    check cycle.csv --json
    assert_exit 5
    assert_json out '.maps[0] | "\(.cycles) \(.chained)"' '1 3'
    assert_codes 'E-IDMAP-CYCLE E-IDMAP-CHAIN W-IDMAP-SHARED'
    idmigrate idmap stats cycle.csv
    assert_matches out ' 3  new IDs that are old ones too'
    # IDs, and not pairs that lead to them.
    printf 'old,new\n%s,%s\n%s,%s\n%s,%s\n%s,%s\n' \
        "$(old 1)" "$(new 1)" "$(old 2)" "$(new 1)" "$(old 3)" "$(new 1)" "$(new 1)" "$(new 2)" >chain.csv
    check chain.csv --json
    assert_json out '.findings[] | select(.code == "E-IDMAP-CHAIN") | .text' \
        '1 new ID is also an old one: a value would be migrated again by the next run'
    idmigrate idmap stats chain.csv --json
    assert_json out '.[0].chained' 1
}

case_swapped_columns_are_found() {
    sed 1d users.csv | sed '1i workos_user_id,clerk_user_id' >misnamed.csv
    check misnamed.csv --json
    assert_exit 5
    assert_codes E-ID-SWAPPED
    sed 1d users.csv | sed '1i a,b' >plain.csv
    check plain.csv --old-format workos-user --new-format clerk-user --json
    assert_codes E-ID-SWAPPED
    # Names say nothing, and no format is known: the source tells.
    check plain.csv:b,a --source "$source" --json
    assert_exit 5
    assert_codes E-ID-SWAPPED
}

case_environments_are_not_mixed() {
    local i
    { echo old,new; for i in 1 2 3; do echo "user-live-16d9ba61-97a1-4ba4-9720-b03761dc500$i,$(new "$i")"; done
      echo "user-test-16d9ba61-97a1-4ba4-9720-b03761dc5009,$(new 9)"; } >stytch.csv
    check stytch.csv --json
    assert_exit 5
    assert_codes E-IDMAP-ENVIRONMENTS
    assert_json out '.findings[0].text' 'IDs of several environments of stytch: 3 of live, 1 of test'
    { echo old_id,new_id,instance; for i in 1 2 3; do echo "$(old "$i"),$(new "$i"),ins_prod"; done
      echo "$(old 4),$(new 4),ins_dev"; } >labelled.csv
    check labelled.csv --json
    assert_exit 5
    assert_codes E-IDMAP-ENVIRONMENTS
    sed -i s/ins_dev/ins_prod/ labelled.csv
    check labelled.csv --json
    assert_exit 0
    check labelled.csv --environment nothere
    assert_exit 3
    assert_contains err 'no column "nothere"'
}

# The column is that of the file or table in place of the mapping's map, and one that nobody can look at is said.
case_environments_are_told_by_columns_wherever_the_map_is() {
    local place
    { echo old_id,new_id,instance,zone; echo "$(old 1),$(new 1),ins_prod,a"; echo "$(old 2),$(new 2),ins_dev,a"; } >labelled.csv
    jq '.ids.user = {query: "select old_id, new_id from ops.labelled", on: "target"}' mapping.json >query.json
    psql -X -q -d idmap_target -v ON_ERROR_STOP=1 -c 'create schema ops' \
        -c 'create table ops.labelled (old_id text, new_id text, instance text, zone text)' -c '\copy ops.labelled from labelled.csv csv header'
    for place in labelled.csv:old_id,new_id table:ops.labelled; do
        check mapping.json --idmap "user=$place" --target "$target" --json
        assert_exit 5
        assert_codes E-IDMAP-ENVIRONMENTS
        check mapping.json --idmap "user=$place" --target "$target" -e zone
        assert_exit 0
        check mapping.json --idmap "user=$place" --target "$target" -e nonsense
        assert_exit 3
        assert_contains err nonsense
    done
    check table:ops.labelled --target "$target" --json
    assert_codes E-IDMAP-ENVIRONMENTS
    check table:ops.labelled --target "$target" -e nonsense
    assert_exit 3
    assert_contains err '--environment nonsense: table:ops.labelled: there is no column "nonsense"'
    check query.json --target "$target" -e instance --json
    assert_exit 6
    assert_codes N-IDMAP-COLUMN
    query idmap_target 'drop schema ops cascade' >/dev/null 2>&1
}

# What is said of a mapping's file is said of one in its place, with the names of its columns or without.
case_a_file_in_place_of_a_map_is_judged_as_one() {
    local place
    mkdir -p built
    sed 's/^clerk_user_id,workos_user_id/old_id,new_id/' users.csv >built/users.csv
    echo '{"idmigrate_idmap": 1, "environment": "prod", "outputs": [{"file": "users.csv", "sha256": "00"}]}' >built/manifest.json
    chmod 644 built/users.csv
    for place in built/users.csv:old_id,new_id built/users.csv; do
        jq '.ids.user.file |= (.old_column = "old_id" | .new_column = "new_id")' mapping.json >like.json
        check like.json --idmap "user=$place" --json
        assert_json out '[.findings[].code] | sort | join(" ")' 'W-IDMAP-MANIFEST W-IDMAP-READABLE'
        assert_json out '.maps[0].file' built/users.csv
    done
    jq '.ids.user.file.path = "built/users.csv"' like.json >built.json
    idmigrate check built.json --source "$source" --target "$target"
    assert_contains err 'built/users.csv is not the file that the manifest.json beside it tells of'
    # Nobody knows what a manifest told that ends in the middle; one of something else tells nothing.
    printf '{"idmigrate_idmap": 1, "outp' >built/manifest.json
    check built/users.csv --json
    assert_json out '.findings[] | select(.code == "W-IDMAP-MANIFEST") | .text' \
        'built/users.csv stands beside a manifest.json that cannot be read'
    echo '{"manifest_version": 3}' >built/manifest.json
    check built/users.csv --json
    assert_codes ''
    rm -r built
}

case_a_map_that_is_not_its_manifests_is_warned_of() {
    idmigrate idmap build users.csv --output made
    check made/users.csv --json
    assert_codes ''
    # What is left when a build is killed before its manifest has its name; then what repairs it.
    cp made/manifest.json before.json
    idmigrate idmap build later.csv --output made
    cp made/manifest.json after.json
    cp before.json made/manifest.json
    check made/users.csv --json
    assert_exit 0
    assert_codes W-IDMAP-MANIFEST
    assert_json out '.findings[] | select(.code == "W-IDMAP-MANIFEST") | .text' \
        'made/users.csv is not the file that the manifest.json beside it tells of'
    idmigrate idmap build later.csv --output made
    check made/users.csv --json
    assert_codes ''
    # Another one does not write over what somebody may have edited.
    cp before.json made/manifest.json
    idmigrate idmap build users.csv --output made
    assert_exit 1
    rm -r made
}

case_maps_of_several_environments_are_told_by_their_manifests() {
    mkdir -p built/users built/orgs
    pairs 1 3 >built/users/map.csv
    pairs 11 13 | sed '1!s/user_/org_/g' >built/orgs/map.csv
    echo '{"idmigrate_idmap": 1, "environment": "production"}' >built/users/manifest.json
    echo '{"idmigrate_idmap": 1, "environment": "staging"}' >built/orgs/manifest.json
    jq '.ids.user.file.path = "built/users/map.csv" | .ids.org = (.ids.user | .old = "clerk-org" | .new = "workos-org"
        | .file.path = "built/orgs/map.csv")' mapping.json >several.json
    check several.json --json
    assert_exit 5
    assert_codes E-IDMAP-ENVIRONMENTS
    assert_json out '.findings[0].text' 'the maps were built of several environments: user of production, org of staging'
    sed -i s/staging/production/ built/orgs/manifest.json
    check several.json --json
    assert_exit 0
}

case_gaps_are_weighed_by_content() {
    check users.csv --source "$source" --json
    assert_exit 5
    assert_codes E-IDMAP-GAP
    # 2 users, 40 events of two people, and 5 events whose document names one of them.
    assert_json out '.findings[0].text' '2 IDs without a partner own 47 rows in 2 tables'
    assert_json out '.weighed.largest | map("\(.id) \(.rows) \(.tables)") | join(", ")' "$(old 21) 41 2, $(old 22) 16 2"
    assert_json out '[.weighed.columns[] | "\(.table).\(.column) \(.rows) \(.ids)"] | join(", ")' \
        'events.user_id 40 2, events.peer 10 1, events.doc 5 1, users.id 2 2'
    pairs 50 60 >other.csv
    check other.csv --source "$source" --json
    assert_codes 'E-IDMAP-GAP E-IDMAP-FOREIGN'
    pairs 1 22 >all.csv
    check all.csv --source "$source" --json
    assert_exit 0
    assert_codes ''
}

# Rows of heirs are their parent's; a child with a column of its own is a table of its own; nobody's rows count twice.
case_rows_of_tables_that_inherit_are_weighed() {
    fresh_database idmap_heirs
    psql -X -q -d idmap_heirs -v ON_ERROR_STOP=1 >/dev/null <<END
create table ev (o text);
create table ev_2025 () inherits (ev);
create table "Ev 2024" () inherits (ev_2025);
create table more (note text) inherits (ev);
create table parts (o text, n int) partition by list (n);
create table parts_1 partition of parts for values in (1);
insert into ev values ('$(old 1)'), ('$(old 30)');
insert into ev_2025 select '$(old 31)' from generate_series(1, 10);
insert into "Ev 2024" select '$(old 32)' from generate_series(1, 5);
insert into more select '$(old 33)', null from generate_series(1, 3);
insert into parts select '$(old 34)', 1 from generate_series(1, 2);
END
    check users.csv --source "$(conninfo idmap_heirs)" --json
    assert_exit 5
    assert_json out '.weighed | "\(.ids) \(.rows) \(.tables) \(.rows_read)"' '5 21 3 22'
    assert_json out '[.weighed.columns[] | "\(.table) \(.rows)"] | sort | join(", ")' 'ev 16, more 3, parts 2'
    # As a run reads what a mapping names.
    jq '.tables = [{from: "ev", columns: {o: {from: "o", resolve: "user"}}}, {from: "parts", columns: {o: {from: "o", resolve: "user"}}}]' \
        mapping.json >heirs.json
    check heirs.json --source "$(conninfo idmap_heirs)" --json
    assert_exit 5
    assert_json out '[.weighed.columns[] | "\(.table) \(.rows)"] | sort | join(", ")' 'ev 16, parts 2'
}

case_ids_without_a_form_of_their_own_are_weighed_by_their_columns() {
    printf 'old,new\n1001,%s\n1002,%s\n' "$(new 1)" "$(new 2)" >numbers.csv
    psql -X -q -d idmap_source -c 'create table counts (owner bigint, number bigint)' \
        -c 'insert into counts select 1001 + i % 4, i from generate_series(1, 40) as i'
    check numbers.csv --source "$source" --json
    psql -X -q -d idmap_source -c 'drop table counts'
    assert_exit 5
    assert_json out '[.weighed.columns[] | "\(.table).\(.column) \(.rows) \(.ids)"] | join(", ")' 'counts.owner 20 2'
}

case_gaps_are_weighed_by_a_mapping() {
    local before
    before=$(digest idmap_source)
    check mapping.json --source "$source" --json
    assert_exit 5
    assert_codes 'E-IDMAP-GAP W-IDMAP-GAP-PASSES'
    # Users are kept and peers become NULL; what costs are the events themselves and what a document names.
    assert_json out '.findings[0].text' '2 IDs without a partner own 45 rows in 1 table'
    assert_json out '.weighed | "\(.rows) \(.passing_rows) \(.ids) \(.passing_ids)"' '45 2 2 2'
    assert_equal "$(digest idmap_source)" "$before"
    IDMAP_TEST_SOURCE=$source check mapping.json:user --json
    assert_exit 5
    check mapping.json:nothere
    assert_exit 2
    assert_contains err 'there is no ID map "nothere"'
}

case_what_cannot_be_read_is_told() {
    local operand
    psql -X -q -d idmap_source -c 'set client_min_messages = warning' -c 'drop role if exists idmap_reader' -c 'create role idmap_reader login' \
        -c 'grant select on users to idmap_reader'
    check mapping.json --source "host=$PGHOST user=idmap_reader dbname=idmap_source" --json
    assert_exit 6
    assert_codes 'W-IDMAP-GAP-PASSES N-IDMAP-TABLE N-IDMAP-TABLE'
    # A table that is an ID map: without a mapping, and as a mapping's.
    psql -X -q -d idmap_source -c 'create schema ops' -c 'create table ops.secret (old_id text, new_id text)'
    local reader="host=$PGHOST user=idmap_reader dbname=idmap_source"
    jq '.ids.user = {table: {name: "secret", schema: "ops", on: "app", old_column: "old_id", new_column: "new_id"}}' mapping.json >secret.json
    # Who may read the IDs, and not the column that tells of environments.
    psql -X -q -d idmap_source -c 'create table labelled (old_id text, new_id text, instance text)' \
        -c "insert into labelled values ('$(old 1)', '$(new 1)', 'prod'), ('$(old 2)', '$(new 2)', 'dev')" \
        -c 'grant select (old_id, new_id) on labelled to idmap_reader'
    IDMIGRATE_TARGET=$reader check table:labelled --json
    assert_exit 6
    assert_codes N-IDMAP-COLUMN
    psql -X -q -d idmap_source -c 'drop table labelled'
    for operand in table:ops.secret secret.json; do
        idmigrate idmap stats "$operand" --source "$reader"
        assert_exit 1
        assert_contains err 'hint: GRANT USAGE ON SCHEMA "ops" TO "idmap_reader"; GRANT SELECT ON "ops"."secret" TO "idmap_reader"'
    done
    psql -X -q -d idmap_source -c 'drop table ops.secret' -c 'drop schema ops'
    psql -X -q -d idmap_source -c 'drop owned by idmap_reader' -c 'drop role idmap_reader'
}

case_keys_that_many_to_one_pairs_break_are_named() {
    { pairs 1 20 | grep -v "^$(old 2),"; echo "$(old 2),$(new 1)"; } >users.csv
    check mapping.json --source "$source" --target "$target" --json
    assert_exit 5
    assert_json out '[.findings[] | select(.code == "E-COLLISION") | "\(.table)"] | unique | join(",")' 'handles,users'
    assert_contains out one_handle
    # A variable that names the target is as good; without any, or without a source, that is said.
    IDMAP_TEST_TARGET=$target check mapping.json --source "$source" --json
    assert_exit 5
    assert_json out '[.findings[] | select(.code == "E-COLLISION") | "\(.table)"] | unique | join(",")' 'handles,users'
    IDMIGRATE_SOURCE=$source IDMIGRATE_TARGET=$target check mapping.json --json
    assert_json out '"\(.keys_looked_at) \([.findings[] | select(.code == "E-COLLISION")] | length > 0)"' 'true true'
    check mapping.json --source "$source" --json
    assert_codes 'E-IDMAP-GAP W-IDMAP-SHARED W-IDMAP-GAP-PASSES N-IDMAP-KEYS'
    assert_json out '.findings[] | select(.code == "N-IDMAP-KEYS") | "\(.text); \(.hint)"' \
        'keys of the target were not looked at: no connection for the target; set IDMAP_TEST_TARGET, or say --target URI'
    IDMIGRATE_TARGET=$target check mapping.json --json
    assert_exit 6
    assert_json out '.findings[] | select(.code == "N-IDMAP-KEYS") | .text' \
        'keys of the target were not looked at: no connection for source app'
    # The same map before the mapping names it; and without a mapping what is missing is said.
    cp users.csv shared.csv
    pairs 1 20 >users.csv
    check mapping.json --source "$source" --target "$target" --idmap user=shared.csv --json
    assert_exit 5
    assert_json out '[.findings[] | select(.code == "E-COLLISION") | "\(.table)"] | unique | join(",")' 'handles,users'
    assert_json out '.maps[0].file' shared.csv
    check mapping.json --idmap users=shared.csv
    assert_exit 2
    assert_contains err 'names no ID map of the mapping'
    check mapping.json --idmap user=nowhere.csv
    assert_exit 3
    check users.csv --idmap user=shared.csv
    assert_exit 2
    check users.csv --target "$target"
    assert_exit 0
    check shared.csv --target "$target" --json
    assert_exit 6
    assert_codes 'W-IDMAP-SHARED N-IDMAP-KEYS'
    assert_json out '.findings[] | select(.code == "N-IDMAP-KEYS") | .hint' \
        'idmigrate idmap check MAPPING --idmap NAME=shared.csv --source URI --target URI'
}

# In the place of a mapping's map it is of the side that the mapping says "on" which the map is, and otherwise of the target.
case_a_table_stands_in_for_a_map_of_a_mapping() {
    { pairs 1 20 | grep -v "^$(old 2),"; echo "$(old 2),$(new 1)"; } | tail -n +2 >pairs.csv
    local side
    for side in source target; do
        psql -X -q -d "idmap_$side" -v ON_ERROR_STOP=1 -c 'create schema "My.Ids"' \
            -c 'create table "My.Ids"."of: Users" (clerk text, "new, id" text)' \
            -c '\copy "My.Ids"."of: Users" from pairs.csv csv'
    done
    query idmap_target 'insert into "My.Ids"."of: Users" values (null, null)' >/dev/null
    local table='table:"My.Ids"."of: Users":clerk,"new, id"'
    check mapping.json --source "$source" --target "$target" --idmap "user=$table" --json
    assert_exit 5
    assert_json out '[.findings[] | select(.code == "E-COLLISION") | "\(.table)"] | unique | join(",")' 'handles,users'
    assert_contains err 'warning: ID map user: 1 row of table:"My.Ids"."of: Users" lacks one ID of the two'
    assert_json out '.findings[] | select(.code == "W-IDMAP-HOLE") | "\(.map) \(.rows) \(.text); \(.hint)"' \
        'user 1 1 row of table:"My.Ids"."of: Users" lacks one ID of the two; they are no pairs; what old IDs among them own is weighed'
    check mapping.json --source "$source" --target "$target" --idmap "user=$table"
    assert_contains out 'ID map user (table:"My.Ids"."of: Users")'
    jq '.ids.user.on = "app" | .ids.user |= (del(.file) | .query = "select 1, 2")' mapping.json >on.json
    check on.json --source "$source" --idmap "user=$table"
    assert_lacks err 'one ID of the two'
    assert_contains out '20 pairs'
    jq --arg t 'of: Users' '.ids.user = {old: "clerk-user", new: "workos-user",
        table: {on: "target", schema: "My.Ids", name: $t, old_column: "clerk", new_column: "new, id"}}' mapping.json >own.json
    query idmap_target "insert into \"My.Ids\".\"of: Users\" values ('$(old 21)', null)" >/dev/null
    check own.json --target "$target" --json
    assert_exit 6
    assert_contains err 'warning: ID map user: 2 rows of table:"My.Ids"."of: Users" lack one ID of the two'
    assert_json out '.findings[] | select(.code == "W-IDMAP-HOLE") | "\(.rows) \(.hint)"' \
        '2 they are no pairs; with --source what they own is weighed'
    idmigrate idmap stats own.json --target "$target" --json
    assert_json out '.[0] | "\(.pairs) \(.rows_without_pair)"' '20 2'
    idmigrate idmap stats "$table" --target "$target"
    assert_matches out ' 2  rows that lack one ID of the two'
    idmigrate idmap diff "$table" own.json --target "$target" --json
    assert_exit 0
    assert_json out '.maps[0].rows_without_pair | "\(.before) \(.after)"' '2 2'
    idmigrate idmap diff users.csv "$table" --target "$target"
    assert_contains out '2 rows lack one ID of the two in AFTER, and are not compared'
    check on.json --source "$source" --idmap user=table:nobody
    assert_exit 3
    assert_contains err 'mapping on.json: --idmap user: table:public.nobody: there is no such table or view in the database idmap_source'
    check mapping.json --idmap "user=$table"
    assert_exit 2
    assert_contains err 'ID map user: no connection for the target'
    for side in source target; do query "idmap_$side" 'drop schema "My.Ids" cascade' >/dev/null 2>&1; done
}

case_the_table_of_a_map_owns_no_ids() {
    psql -X -q -d idmap_source -v ON_ERROR_STOP=1 <<END
create schema "O*";
create table "O*".m (old_id text, new_id text);
insert into "O*".m values ('$(old 1)', '$(new 1)'), ('$(old 21)', null);
END
    check 'table:O*.m' --source "$source" --json
    psql -X -q -d idmap_source -c 'set client_min_messages = warning' -c 'drop schema "O*" cascade'
    assert_exit 5
    assert_json out '[.weighed.columns[].schema] | unique | join(",")' public
    assert_json out '.findings[] | select(.code == "W-IDMAP-HOLE") | .rows' 1
}

case_a_readable_file_is_warned_of() {
    chmod 644 users.csv
    check users.csv --json
    assert_exit 0
    assert_json out '.findings[0].code' W-IDMAP-READABLE
    idmigrate idmap stats users.csv
    assert_contains err 'everybody on this machine can read users.csv (mode 0644)'
    idmigrate idmap diff later.csv users.csv
    assert_contains err 'everybody on this machine can read users.csv (mode 0644)'
    assert_lacks err later.csv
    idmigrate scan users.csv --ids users.csv:clerk_user_id,workos_user_id
    assert_contains err 'users.csv (mode 0644)'
    idmigrate check mapping.json --source "$source" --target "$target"
    assert_contains err 'everybody on this machine can read users.csv (mode 0644)'
    chmod 600 users.csv
    idmigrate check mapping.json --source "$source" --target "$target"
    assert_lacks err 'everybody'
}

# A map of one pair, as the end of a small batch: the names are no IDs.
case_one_line_of_json_is_a_record() {
    printf '{"clerk_user_id":"%s","workos_user_id":"%s"}\n' "$(old 1)" "$(new 1)" >one.ndjson
    check one.ndjson --json
    assert_exit 0
    assert_json out '.maps[0] | "\(.pairs) \(.old_format)"' '1 clerk-user'
    printf '{"clerk":"%s","workos":"%s"}\n' "$(old 1)" "$(new 1)" >one.ndjson
    check one.ndjson
    assert_exit 3
    assert_contains err 'one.ndjson: its one line is a record or a map of 2 pairs'
    check one.ndjson:clerk,workos --json
    assert_json out .maps[0].pairs 1
}

case_bad_files_are_refused() {
    : >empty.csv
    check empty.csv
    assert_exit 3
    echo a,b,c >three.csv
    check three.csv
    assert_exit 3
    assert_contains err 'which columns hold the old and the new ID?'
    assert_contains err 'found: a, b, c'
    check nothere.csv
    assert_exit 3
    check <(cat users.csv)
    assert_exit 3
    assert_contains err 'is no regular file'
    check users.csv --old-format nothere
    assert_exit 2
    check users.csv --source "postgresql://postgres:secret@localhost/x"
    assert_exit 2
    assert_lacks err secret
}

case_forms_of_files_are_told_by_content() {
    local form
    jq -R -s -c 'split("\n")[1:] | map(select(. != "") | split(",") | {old_id: .[0], new_id: .[1], method: "x"})' users.csv >array.json
    jq -c '.[]' array.json >lines.ndjson
    jq 'map({(.old_id): .new_id}) | add' array.json >object.json
    jq -c . object.json >one_line.json
    tr , ';' <users.csv >semicolons.csv
    for form in array.json lines.ndjson object.json one_line.json semicolons.csv; do
        idmigrate idmap diff users.csv "$form"
        assert_exit 0
        assert_contains out '20 the same'
    done
}

case_two_maps_are_compared() {
    idmigrate idmap diff users.csv later.csv --json
    assert_exit 5
    assert_json out '.maps[0].counts | "\(.added) \(.removed) \(.changed)"' '1 1 1'
    assert_json out '.maps[0] | "\(.same) \(.added[0].old) \(.removed[0].old) \(.changed[0].before) \(.changed[0].after)"' \
        "18 $(old 25) $(old 1) $(new 5) $(new 40)"
    idmigrate idmap diff users.csv later.csv
    assert_contains out "~ $(old 5)  $(new 5) -> $(new 40)"
    idmigrate idmap diff users.csv nothere.csv
    assert_exit 3
    idmigrate idmap diff mapping.json later.csv --limit x
    assert_exit 2
}

case_figures() {
    idmigrate idmap stats users.csv --json
    assert_exit 0
    assert_json out '.[0] | "\(.pairs) \(.old_ids) \(.new_ids) \(.old_formats["clerk-user"]) \(.new_bytes | join("-"))"' '20 20 20 20 31-31'
}

# ---- copies in the target ----

run_small() {
    run psql -X -q -d idmap_target -c 'truncate users, events, handles'
    idmigrate run mapping.json --source "$source" --target "$target" --max-rejects 100% --yes --progress none
    [ "$STATUS" -eq 0 ] || [ "$STATUS" -eq 7 ] || fail "the run failed"
}
kept() { query idmap_target 'select count(*) from idmigrate.idmap'; }

case_copies_expire() {
    local run before
    run_small
    assert_equal "$(kept)" 20
    run=$(query idmap_target 'select run_id from idmigrate.run')
    idmigrate idmap diff "run:last" mapping.json --target "$target"
    assert_exit 0
    check run:last --target "$target"
    assert_exit 0

    before=$(digest idmap_target)
    idmigrate idmap expire --target "$target" --yes
    assert_exit 0
    assert_contains err '20 pairs, kept: kept for 30 days, until '
    idmigrate idmap expire --target "$target" --now --dry-run
    assert_contains err 'to be removed: asked for'
    idmigrate idmap expire --target "$target" --now
    assert_exit 1
    assert_equal "$(digest idmap_target)" "$before"
    idmigrate idmap expire --target "$target" --keep '30 dogs'
    assert_exit 2

    # A run that may go on needs its map.
    query idmap_target "update idmigrate.run set state = 'stopped'" >/dev/null
    idmigrate idmap expire "$run" --target "$target" --now --yes
    assert_exit 1
    idmigrate idmap expire --target "$target" --now --yes
    assert_exit 0
    assert_contains err 'kept: the run is stopped and needs them'
    assert_equal "$(kept)" 20
    query idmap_target "update idmigrate.run set state = 'done', finished_at = now() - interval '29 days'" >/dev/null
    idmigrate idmap expire --target "$target" --yes
    assert_equal "$(kept)" 20
    query idmap_target "update idmigrate.run set finished_at = now() - interval '31 days'" >/dev/null
    idmigrate idmap expire --target "$target" --yes --ticket T-1
    assert_exit 0
    assert_contains out "run $run of small: 20 pairs removed"
    assert_equal "$(kept)" 0
    assert_equal "$(query idmap_target "select settings -> 'idmaps_expired' -> 0 ->> 'why', settings -> 'idmaps_expired' -> 0 ->> 'ticket',
        (settings -> 'idmaps_expired' -> 0 ->> 'pairs')::int, settings -> 'idmaps_expired' -> 0 ? 'by', settings -> 'idmaps_expired' -> 0 ? 'at'
        from idmigrate.run")" 'keep_idmap|T-1|20|t|t'
    idmigrate idmap expire --target "$target" --yes
    assert_exit 0
    assert_contains err 'no run keeps an ID map'

    # What needs the map says so; no map is not an empty one. Given back, all is proved.
    local command
    for command in "check run:last" "check run:last:user" "stats run:last" "diff run:last users.csv" "diff users.csv run:last"; do
        # shellcheck disable=SC2086
        idmigrate idmap $command --target "$target"
        assert_exit 6
        assert_matches err "run $run: the ID map user is no longer kept: it expired .*, by "
    done
    idmigrate verify --source "$source" --target "$target" --progress none --run-tables-only
    assert_exit 6
    assert_contains out 'the ID map user is no longer kept with the run: it expired '
    idmigrate verify --source "$source" --target "$target" --progress none --run-tables-only --idmap user=users.csv
    assert_exit 0
    psql -X -q -d idmap_target -c 'create table id_map (old_id text, new_id text)' -c '\copy id_map from users.csv csv header'
    idmigrate verify --source "$source" --target "$target" --progress none --run-tables-only --idmap user=table:id_map
    assert_exit 0
    chmod 644 users.csv
    idmigrate verify --source "$source" --target "$target" --progress none --run-tables-only --idmap user=users.csv
    assert_contains err 'everybody on this machine can read users.csv (mode 0644)'
    chmod 600 users.csv
    # The table that the map is given back by is no residue; another one is, as what a document keeps.
    query idmap_target 'create table other as select old_id from id_map' >/dev/null
    idmigrate verify --source "$source" --target "$target" --progress none --only residue --idmap user=table:public.id_map
    assert_exit 5
    assert_contains out public.events
    assert_contains out public.other
    assert_lacks out public.id_map
    query idmap_target 'drop table other' >/dev/null
    query idmap_target 'drop table id_map' >/dev/null
    idmigrate verify --source "$source" --target "$target" --progress none --run-tables-only --idmap user
    assert_exit 0
    idmigrate verify --source "$source" --target "$target" --progress none --run-tables-only --idmap user=later.csv
    assert_exit 3
    assert_contains err 'not the map that the run used'
    idmigrate verify --source "$source" --target "$target" --progress none --run-tables-only --idmap users=users.csv
    assert_exit 2
    idmigrate report --target "$target"
    assert_matches out 'ID map user +expired .* by '
    idmigrate undo last --target "$target" --yes --progress none
    assert_exit 0
}

if [ $# -gt 0 ]; then cases=("$@"); else mapfile -t cases < <(declare -F | sed -n 's/^declare -f \(case_\)/\1/p'); fi
for name in "${cases[@]}"; do
    echo "$name"
    "$name"
done
