# Users see what they saw: row-level security on both sides, looked at in the application's role.
# Two databases, an ID map of 40 people, and two roles.
. "$SOURCE_DIR/tests/support/e2e.bash"

psql -q postgres -c "create role seer nologin" -c 'create role "the app" nologin'
fresh_database users_s
fresh_database users_t
mkdir -p "$WORK/users"
{
    echo old,new
    for n in $(seq 40); do echo "u_$n,m_$n"; done
    echo "u_40b,m_40" # one person, two accounts: sees more than before, and is not asked
} >"$WORK/users/people.csv"
query users_s "create table notes (id int primary key, owner text, body text);
    insert into notes select n, 'u_' || 1 + n % 40, 'note ' || n from generate_series(1, 400) n;
    insert into notes values (1000, 'u_40b', 'x');
    alter table notes enable row level security;
    create policy own on notes using (owner = current_setting('app.user', true));
    create table open (id int primary key, owner text);
    insert into open values (1, 'u_1');
    create table nothing (id int primary key, owner text);
    alter table nothing enable row level security;
    create policy own on nothing using (owner = current_setting('app.user', true));
    grant select on nothing to seer;
    alter table notes add seen timestamptz;
    grant select on notes to seer" >/dev/null
query users_t "create table notes (id int primary key, member text, body text);
    create table open (id int primary key, owner text);
    alter table notes enable row level security;
    create policy own on notes using (member = (current_setting('request.claims', true)::json ->> 'sub'));
    create table nothing (id int primary key, owner text);
    alter table nothing enable row level security;
    grant select on nothing to \"the app\";
    alter table notes add seen timestamptz;
    grant select on notes to \"the app\"" >/dev/null
cat >"$WORK/users/mapping.json" <<'JSON'
{"version": 1, "name": "users", "sources": {"app": {"env": "S"}}, "target": {"env": "T"},
 "ids": {"person": {"file": {"path": "people.csv", "old_column": "old", "new_column": "new"}, "many_to_one": "two accounts"}},
 "application": {"ids": "person", "source": {"role": "seer", "setting": "app.user"},
                 "target": {"role": "the app", "setting": "request.claims", "value": "{\"sub\": \"{id}\"}"}, "sample": 40},
 "tables": [{"from": "notes", "changed_at": "seen", "columns": {"member": {"from": "owner", "resolve": "person"}}},
            {"from": "nothing", "columns": {"owner": {"from": "owner", "resolve": "person"}}},
            {"from": "open", "columns": {"owner": {"from": "owner", "resolve": "person"}}}]}
JSON
S=$(conninfo users_s) T=$(conninfo users_t)
export S T
idmigrate run --yes --progress none "$WORK/users/mapping.json"
assert_exit 0
verify_users() { idmigrate verify last --only users --json --progress none --source "$S" --target "$T"; }
found() { jq -r '.verification.checks[] | [.check, .table, .verdict, .looked_at, .found] | map(tostring) | join(" ")' "$WORK/out"; }
verify_users
assert_exit 0
assert_equal "$(found)" 'users notes equal 390 0
users nothing equal 1 0'
assert_contains out '39 of 41 users'

# What a user lost, and what a user sees of others.
query users_t "drop policy own on notes; create policy own on notes using (member = (current_setting('request.claims', true)::json ->> 'sub') and id <> 7)" >/dev/null
verify_users
assert_exit 5
assert_contains out 'm_8'
assert_contains out '9 of them, and 0 that were not seen before'
query users_t "drop policy own on notes; create policy own on notes using (member = (current_setting('request.claims', true)::json ->> 'sub') or id = 7)" >/dev/null
verify_users
assert_exit 5
assert_contains out '10 of them, and 1 that were not seen before'
query users_t 'alter table notes disable row level security' >/dev/null
verify_users
assert_exit 5
# A row that the application wrote since is nobody's concern.
query users_t "alter table notes enable row level security; drop policy own on notes;
    create policy own on notes using (member = (current_setting('request.claims', true)::json ->> 'sub'));
    insert into notes values (5000, 'm_8', 'new')" >/dev/null
verify_users
assert_exit 0

# A row that was handed over since, as the mapping can tell, is not what the run did.
query users_t "update notes set member = 'm_9', seen = now() where id = 7" >/dev/null
verify_users
assert_exit 0
query users_t "update notes set seen = null where id = 7" >/dev/null
verify_users
assert_exit 5
query users_t "update notes set member = 'm_8' where id = 7" >/dev/null
idmigrate verify last --only users --table open --progress none --source "$S" --target "$T"
assert_exit 6
assert_contains err 'none of those asked for is about these tables'

# What could not be looked at is not checked.
query users_t 'revoke select on notes from "the app"' >/dev/null
verify_users
assert_exit 6
assert_contains out 'as role the app'
query users_t 'grant select on notes to "the app"' >/dev/null
query users_s 'alter table notes disable row level security' >/dev/null
verify_users
assert_exit 6
assert_contains out 'no row-level security here'
