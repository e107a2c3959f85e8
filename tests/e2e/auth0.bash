# The worked example of mappings/auth0-workos.json: checked, run and proved on a small application.
. "$SOURCE_DIR/tests/support/e2e.bash"

umask 077
fresh_database auth0_source
fresh_database auth0_target
load auth0_source tests/data/auth0/source.sql
load auth0_target tests/data/auth0/target.sql
cp "$SOURCE_DIR/mappings/auth0-workos.json" "$SOURCE_DIR"/tests/data/auth0/*.csv .
DATABASE_URL_LEGACY=$(conninfo auth0_source) DATABASE_URL=$(conninfo auth0_target)
export DATABASE_URL_LEGACY DATABASE_URL

idmigrate idmap check auth0-workos.json --progress none --json
assert_exit 0
# The mapping's variables name both databases, so that the target's keys are looked at: two accounts of one person meet.
assert_json out '[.findings[].code] | join(" ")' 'W-IDMAP-GAP-PASSES W-MERGE W-MERGE'
assert_json out '.weighed | "\(.ids) \(.passing_ids) \(.passing_rows)"' '0 2 2'
idmigrate idmap check users.csv --source "$DATABASE_URL_LEGACY" --progress none --json
# The account that was deleted is not in the map; the machine's is nobody's.
assert_json out '.findings[] | select(.code == "E-IDMAP-GAP") | .text' '1 ID without a partner owns 1 row in 1 table'

idmigrate check auth0-workos.json --progress none
assert_exit 0
idmigrate run auth0-workos.json --yes --progress none
assert_exit 0
assert_equal "$(query auth0_target 'select id, workos_user_id, display_name from users order by id')" \
    '2|user_01EHWNCE74X7JSDV0X3SZ3KJN1|Ada L.
3|user_01EHWNCE74X7JSDV0X3SZ3KJN2|Linus
4|user_01EHWNCE74X7JSDV0X3SZ3KJN3|Grace'
assert_equal "$(query auth0_target 'select right(workos_org_id, 1), right(workos_user_id, 1), role from memberships order by 1, 2')" \
    '1|1|admin
1|2|member
2|3|admin'
assert_equal "$(query auth0_target 'select owner_id, editors, settings, body from documents where id = 1')" \
    'user_01EHWNCE74X7JSDV0X3SZ3KJN1|{user_01EHWNCE74X7JSDV0X3SZ3KJN1,user_01EHWNCE74X7JSDV0X3SZ3KJN2}|{"org": "org_01EHWNCE74X7JSDV0X3SZ3KJP1", "size": 1.50, "pinned": {"user_01EHWNCE74X7JSDV0X3SZ3KJN2": true}}|asked by user_01EHWNCE74X7JSDV0X3SZ3KJN2, not by xgithub|1234567'
assert_equal "$(query auth0_target 'select actor_id from activity order by id')" \
    'user_01EHWNCE74X7JSDV0X3SZ3KJN1
Qx7sT1bL0pWc9RkJ4dYz@clients
auth0|5f00000000000000000000ff
org_01EHWNCE74X7JSDV0X3SZ3KJP2'

# What the tables still hold of Auth0 is what the mapping leaves there.
idmigrate scan --source "$DATABASE_URL" --provider auth0 --progress none --json
assert_json out '[.found[] | select(.table != "audit_logs") | "\(.table).\(.column)"] | unique | join(" ")' 'activity.actor_id'
