# A part of the verification: some checks, some tables, or what differed the last time.
. "$SOURCE_DIR/tests/e2e/clinic.bash"

clinic_load verify_parts
idmigrate run --yes --progress none "$WORK/verify_parts/mapping.json"
assert_exit 0
verify() { idmigrate verify last --json --progress none --target "$CLINIC_DATABASE" "$@"; }
checks() { jq -r '[.verification.checks[] | .check] | unique | join(" ")' "$WORK/out"; }

verify
assert_exit 0
everything=$(jq -S '[.verification.checks[] | del(.detail)]' "$WORK/out")
all=$(checks)

# Each check alone is what it is among the others.
for check in $all; do
    verify --only "$check"
    assert_exit 0
    assert_equal "$(checks)" "$check"
    assert_equal "$(jq -S '[.verification.checks[] | del(.detail)]' "$WORK/out")" \
        "$(jq -S --arg check "$check" '[.[] | select(.check == $check)]' <<<"$everything")"
done
verify --only rows --only sequences
assert_equal "$(checks)" "rows sequences"
assert_contains err 'not kept'

# One table, by its name and by the whole of it; the others are not read unless they are its parents.
label=$(jq -r '[.verification.checks[] | select(.check == "rows") | .table] | first' "$WORK/out")
for table in "$label" "${label#* -> }"; do
    verify --table "$table"
    assert_exit 0
    assert_equal "$(jq -r '[.verification.checks[].table] | unique | join("|")' "$WORK/out")" "$label"
done

# What is stored is the whole one still.
idmigrate report last --json --target "$CLINIC_DATABASE"
assert_equal "$(jq -S '[.verification.checks[] | del(.detail)]' "$WORK/out")" "$everything"

verify --since-last
assert_exit 6
assert_contains err 'found everything equal'

query verify_parts "alter table neu.audit_logs disable trigger user;
    delete from neu.audit_logs where id = (select id from neu.audit_logs order by id limit 1)" >/dev/null
verify
assert_exit 5
differed=$(jq -S '[.verification.checks[] | select(.verdict != "equal")]' "$WORK/out")
verify --since-last
assert_exit 5
assert_equal "$(jq -S '.verification.checks' "$WORK/out")" "$differed"
# A check that does not see the damage is equal; a run that is damaged elsewhere is not proved by it.
verify --only rows
assert_exit 0
idmigrate status last --target "$CLINIC_DATABASE" --json
assert_exit 0

verify --only row
assert_exit 2
assert_contains err 'the checks are idmap, rows'
verify --table nowhere
assert_exit 2
verify --table nowhere --since-last
assert_exit 2
