# Every wrong mapping and every wrong ID map, given to the program: the message that its folder says, and nothing written.
[ -n "${WORK-}" ] || . "$SOURCE_DIR/tests/support/e2e.bash"

fresh_database bad_source
fresh_database bad_target
query bad_source "create table u (id int primary key, user_id text)" >/dev/null
query bad_target "create table u (id int primary key, user_id text)" >/dev/null
# The names that mappings of the cases use for their connections lead nowhere: these do.
source="host=$PGHOST user=$PGUSER dbname=bad_source" target="host=$PGHOST user=$PGUSER dbname=bad_target"
before=$(digest bad_target)

# move MAPPING: a run that must be refused because of its input.
move() {
    idmigrate run --yes --progress none --source "$source" --target "$target" "$1"
    [ "$STATUS" -eq "${2:-3}" ] || fail "${1%/*}: exit status $STATUS instead of ${2:-3}"
}

every_wrong_mapping_is_refused_with_its_message() {
    local folder count=0
    for folder in "$SOURCE_DIR"/tests/data/mapping/invalid/*/; do
        move "${folder}mapping.json"
        assert_contains err "$(head -n 1 "${folder}expected" | sed 's/^mapping [^:]*: //')"
        count=$((count + 1))
    done
    [ "$count" -gt 100 ] || fail "only $count cases"
}

setting() { sed -n "s/^$1 //p" "$2"; }

# As the unit tests read a case: settings name columns, delimiter and format.
write_mapping() {
    jq -n --arg path "$1/input" --arg old "$(setting old_column "$1/settings")" --arg new "$(setting new_column "$1/settings")" \
        --arg from "$(setting old_format "$1/settings")" --arg to "$(setting new_format "$1/settings")" \
        --arg format "$(setting format "$1/settings")" --arg delimiter "$(setting delimiter "$1/settings")" '
        {path: $path}
        + (if $old == "" then {} else {old_column: $old} end) + (if $new == "" then {} else {new_column: $new} end)
        + (if $format == "" then {} else {format: $format} end) + (if $delimiter == "" then {} else {delimiter: $delimiter} end)
        | {version: 1, name: "bad", sources: {s: {}}, target: {},
           ids: {user: ({file: .} + (if $from == "" then {} else {old: $from, new: $to} end))},
           tables: [{from: "u", columns: {user_id: {from: "user_id", resolve: "user"}}}]}' >"$WORK/mapping.json"
}

every_wrong_id_map_is_refused() {
    local folder count=0
    for folder in "$SOURCE_DIR"/tests/data/idmap/invalid/*/; do
        [ -e "${folder}input" ] || continue
        write_mapping "${folder%/}"
        # Swapped columns are a finding among others: the file itself is in order.
        move "$WORK/mapping.json" "$(grep -q swapped "${folder}expected" && echo 1 || echo 3)"
        assert_contains err 'hint: '
        count=$((count + 1))
    done
    [ "$count" -gt 50 ] || fail "only $count cases"
}

a_map_that_is_missing_a_folder_or_a_gigabyte_of_one_line_is_refused() {
    mkdir "$WORK/folder"
    { printf 'old,new\nuser_' && head -c 1073741824 /dev/zero | tr '\0' a; } >"$WORK/line"
    local path
    for path in nowhere.csv folder line; do
        jq -n --arg path "$path" '{version: 1, name: "bad", sources: {s: {}}, target: {},
            ids: {user: {file: {path: $path, old_column: "old", new_column: "new"}}},
            tables: [{from: "u", columns: {user_id: {from: "user_id", resolve: "user"}}}]}' >"$WORK/mapping.json"
        move "$WORK/mapping.json"
        assert_contains err "$path"
    done
    rm "$WORK/line"
}

every_wrong_mapping_is_refused_with_its_message
every_wrong_id_map_is_refused
a_map_that_is_missing_a_folder_or_a_gigabyte_of_one_line_is_refused
assert_equal "$(digest bad_target)" "$before"
