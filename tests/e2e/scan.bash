# idmigrate scan: planted IDs are found by name, a draft becomes a mapping, and files are judged.
. "$SOURCE_DIR/tests/support/e2e.bash"
. "$SOURCE_DIR/tests/e2e/eleva.bash"
. "$SOURCE_DIR/tests/e2e/clinic.bash"

A=user_2YDryYFVMM1W1plDDKz7Gzf4we6
scan() { idmigrate scan --progress none "$@"; }
ids=clerk_user_id,workos_user_id

# places FILE: "table.column path[ key][ part]" of what scan --json found.
places() {
    jq -r '.found[] | "\(.table).\(.column) \(.path)\(if .key then " key" else "" end)\(if .whole then "" else " part" end)"' "$1" |
        sed 's/ $//; s/  / /' | sort -u
}
assert_places() { diff -u - <(places "$WORK/out") >&2 || fail 'other places were found'; }

eleva_load scan

case_legacy_columns_are_found_by_name() {
    scan --source "$DATABASE_URL_LEGACY" --ids "$WORK/scan/users.csv:$ids" --json
    assert_exit 0
    assert_places <<'END'
blocked_dates.clerk_user_id
events.clerkUserId
meetings.clerkUserId
meetings.stripeMetadata $.meeting.expert
pack_purchases.expert_clerk_user_id
payment_transfers.admin_user_id
payment_transfers.expert_clerk_user_id
profiles.clerkUserId
profiles.socialLinks $[*].url part
records.expert_id
schedules.clerkUserId
scheduling_settings.user_id
session_packs.clerk_user_id
slot_reservations.clerk_user_id
users.clerkUserId
END
    assert_json out '.found[] | select(.table == "users") | "\(.rows) \(.distinct) \(.resolved) \(.unknown)"' '175 175 170 5'
    assert_json out '.found[] | select(.table == "records") | .foreign_key' 'public.users (clerkUserId)'
}

case_audit_log_is_found_inside_out() {
    scan --source "$AUDITLOG_DATABASE_URL" --mapping "$WORK/scan/eleva-audit.json" --json
    # The mapping has another source too; the URI says which database.
    assert_exit 0
    assert_places <<'END'
audit_logs.action part
audit_logs.clerkUserId
audit_logs.new_values $
audit_logs.new_values $.clerkUserId
audit_logs.new_values $.expertId
audit_logs.new_values $.guestNotes part
audit_logs.new_values $.link part
audit_logs.new_values $.roles key
audit_logs.new_values $.userId
audit_logs.new_values $.watchers[*]
audit_logs.old_values $.availabilities[*].owner.clerkUserId
audit_logs.old_values $.clerkUserId
audit_logs.resource_id
END
}

case_the_first_thing_said_is_what_is_touched() {
    scan --source "$DATABASE_URL_LEGACY"
    assert_exit 0
    [[ $(head -n 1 "$WORK/err") == database*'database scan_legacy, role postgres'*'read only' ]] || fail 'not said'
    assert_lacks out "$(query scan_legacy 'select "clerkUserId" from users limit 1')"
    scan --source "postgresql://postgres:secret@localhost/x"
    assert_exit 2
}

case_nothing_is_written() {
    local before
    before=$(digest scan_legacy)
    scan --source "$DATABASE_URL_LEGACY" --fail-on-found
    assert_exit 5
    assert_equal "$(digest scan_legacy)" "$before"
}

# An empty database of the same tables stands for the new one: names stay, so that only the "?" are to be answered.
case_a_draft_is_refused_until_it_is_answered_and_then_passes_check() {
    fresh_database scan_new
    pg_dump -s --no-sync -d scan_legacy | grep -vE '^\\(un)?restrict' | psql -X -q -d scan_new >/dev/null
    scan --source "$DATABASE_URL_LEGACY" --ids "$WORK/scan/users.csv:$ids" --draft draft.json
    assert_exit 0
    assert_json draft.json '.tables[] | select(.from == "events") | .columns.clerkUserId.resolve' users
    assert_json draft.json '.tables[] | select(.from == "profiles") | .columns.socialLinks.rewrite' json
    assert_json draft.json '.tables[] | select(.from == "events") | .columns.clerkUserId.note[0]' \
        'clerk-user in 280 of 280 rows, whole value: 140 different IDs, 130 resolved, 10 in no map'
    idmigrate check --progress none --source "$DATABASE_URL_LEGACY" --target "$(conninfo scan_new)" draft.json
    assert_exit 3
    assert_contains err '/tables/0/columns/clerk_user_id/unresolved: "?" is a choice that is still open; 12 more are: '
    assert_contains err 'hint: "reject" or "fail"; "null" or "keep" with a "reason"'
    # Nine columns hold IDs of deleted people; in three tables people who had two accounts meet.
    jq '(.. | objects | select(.unresolved == "?")) |= (.unresolved = "keep" | .reason = "deleted people")
        | (.tables[] | select(.on_conflict == "?")) |= (.on_conflict = {key: [.columns[] | select(.resolve).from][:1], do: "skip"})
        ' draft.json >answered.json
    idmigrate check --progress none --source "$DATABASE_URL_LEGACY" --target "$(conninfo scan_new)" answered.json
    assert_exit 0
    # And it does what it says: afterwards nothing but deleted people is left, and the audit log's evidence.
    idmigrate run --yes --progress none --source "$DATABASE_URL_LEGACY" --target "$(conninfo scan_new)" answered.json
    assert_exit 0
    scan --mapping answered.json --source target --target "$(conninfo scan_new)" --fail-on-found --json
    assert_exit 5
    assert_json out '[.found[] | select(.table != "audit_logs") | .resolved] | add' 0
    assert_json out '[.not_checked[] | select(.chosen | not)] | length' 0
}

case_a_draft_matches_the_tables_of_a_target() {
    scan --source "$DATABASE_URL_LEGACY" --ids "$WORK/scan/users.csv:$ids" --target "$DATABASE_URL" --draft target.json
    assert_exit 0
    assert_json target.json '.tables[] | select(.from == "scheduleAvailabilities") | .to' schedule_availabilities
    assert_json target.json '.tables[] | select(.from == "events") | "\(.drop.clerkUserId) \(.columns.workos_user_id.from)"' '? ?'
    assert_json target.json '.tables[] | select(.from == "events") | .note[0]' 'clerkUserId holds IDs and has no place in the target'
    assert_json target.json '.left_behind["public.session_packs"].reason' '?'
}

case_the_map_may_be_a_table_of_the_database() {
    psql -X -q -d scan_legacy -c 'create schema ids' -c "create table ids.people as select * from (values ('', '')) as v ($ids) limit 0" \
        -c "\\copy ids.people from '$WORK/scan/users.csv' csv header"
    scan --source "$DATABASE_URL_LEGACY" --ids "table:ids.people:$ids" --exclude 'ids.*' --json --draft table.json
    assert_exit 0
    assert_json out '.found[] | select(.table == "users") | "\(.rows) \(.distinct) \(.resolved) \(.unknown)"' '175 175 170 5'
    assert_json table.json '.ids.people.table | "\(.on) \(.schema).\(.name) \(.old_column) \(.new_column)"' \
        'app ids.people clerk_user_id workos_user_id'
    echo "const owner = '$(query scan_legacy 'select clerk_user_id from ids.people limit 1')'" >code.js
    IDMIGRATE_SOURCE=$DATABASE_URL_LEGACY scan code.js --ids "table:ids.people:$ids"
    assert_exit 5
    scan code.js --ids "table:ids.people:$ids"
    assert_exit 2
    assert_contains err 'hint: say --source URI, or set IDMIGRATE_SOURCE'
    scan --source "$DATABASE_URL_LEGACY" --ids table:ids.nobody
    assert_exit 3
    query scan_legacy 'drop schema ids cascade' >/dev/null 2>&1
}

case_without_a_map_the_draft_asks_for_it() {
    scan --source "$DATABASE_URL_LEGACY" --draft ask.json
    assert_exit 0
    assert_json ask.json '.ids["clerk-user"].file.path' '?'
    idmigrate check --source "$DATABASE_URL_LEGACY" --target "$DATABASE_URL" ask.json
    assert_exit 3
    assert_contains err '/ids/clerk-user/file/path: "?"'
}

case_a_draft_does_not_write_over_a_file() {
    echo mine >mine.json
    scan --source "$DATABASE_URL_LEGACY" --draft mine.json
    assert_exit 1
    assert_equal "$(cat mine.json)" mine
    scan --source "$DATABASE_URL_LEGACY" --draft mine.json --force
    assert_exit 0
    assert_json mine.json .version 1
}

case_mixed_shapes_are_found_with_a_mapping() {
    local line
    clinic_load scan_mixed --contrib
    scan --mapping "$WORK/scan_mixed/mapping.json" --json
    assert_exit 0
    places "$WORK/out" >found
    while IFS= read -r line; do
        grep -qxF -- "$line" found || fail "$line was not found"
    done <<'END'
Geräte & Räume.user
Protokoll.daten $.wer
dokument.geteilt_mit [*]
dokument.geteilt_mit [*][*]
dokument.inhalt part
dokument.kommentare $ key
dokument.kommentare $[*].antworten[*].von
dokument.kontakt .person
dokument.rechte $.tief.{praxis} key
etikett.merkmale .wer
order.user
termin.arzt_id
END
    # Old and new IDs of a map told apart, by side and not by look.
    assert_json out '[.found[] | select(.table == "praxis_zuordnung") | .ids] | sort | join(", ")' \
        'new IDs of map praxis, old IDs of map praxis'
}

case_a_role_without_privileges_is_told_so() {
    psql -X -q -d scan_legacy -c 'set client_min_messages = warning' -c 'drop role if exists scan_nobody' -c 'create role scan_nobody login'
    scan --source "host=$PGHOST user=scan_nobody dbname=scan_legacy"
    assert_exit 6
    assert_contains out 'public.users: the role may not read it'
    assert_contains out 'GRANT SELECT ON "public"."users" TO "scan_nobody"'
    psql -X -q -d scan_legacy -c 'drop role scan_nobody'
}

case_an_empty_database_is_clean_and_a_sample_is_no_proof() {
    fresh_database scan_none
    scan --source "$(conninfo scan_none)" --fail-on-found
    assert_exit 0
    query scan_none "create table t as select 'x' || i as a from generate_series(1, 5000) as i; analyze" >/dev/null
    scan --source "$(conninfo scan_none)" --fail-on-found
    assert_exit 0
    scan --source "$(conninfo scan_none)" --fail-on-found --sample 100
    assert_exit 6
    assert_contains out 'only a sample'
    scan --source "$(conninfo scan_none)" --sample 0
    assert_exit 2
}

case_what_may_stay_in_a_database_is_said_with_a_reason() {
    fresh_database scan_allowed
    query scan_allowed "create table log (was text); insert into log values ('$A'); create table t (a text default '$A')" >/dev/null
    scan --source "$(conninfo scan_allowed)" --fail-on-found --provider clerk
    assert_exit 5
    assert_contains out 'default'
    echo '[{"path": "public.log.was", "reason": "evidence"}, {"path": "public.t.a", "reason": "test"}]' >allow.json
    scan --source "$(conninfo scan_allowed)" --fail-on-found --provider clerk --allow allow.json
    assert_exit 0
    assert_contains out '2 allowed'
}

case_names_with_quotes_newlines_and_other_scripts() {
    fresh_database scan_names
    query scan_names "create schema \"a.b\"; create table \"a.b\".\"T\"\"\${}'ü
x\" (\"c	d\" text, \"日本\" jsonb); insert into \"a.b\".\"T\"\"\${}'ü
x\" values (E'\\n$A\\n', jsonb_build_object('日本', '$A'))" >/dev/null
    scan --source "$(conninfo scan_names)" --json
    assert_exit 0
    assert_json out '[.found[] | "\(.column) \(.path)"] | join("; ")' $'c\td ; 日本 $.日本'
    scan --source "$(conninfo scan_names)" --draft names.json
    assert_exit 0
    assert_contains out "T\"\${}'ü?x"
    assert_json names.json '.tables[0].from' $'T"${}\'ü\nx'
}

# ---- files ----

tree() {
    mkdir -p code/src code/.git code/node_modules/@clerk code/docs
    printf "import { useAuth } from '@clerk/nextjs'\n\nconst id = '%s'\n" "$A" >code/src/a.ts
    printf 'CLERK_SECRET_KEY=sk_test_0123456789abcdefghijkl\n' >code/.env
    printf 'We left Clerk in spring.\nthe clerkship goes on\n' >code/docs/history.md
    printf 'clerk\n' >code/.git/config
    printf 'clerk\n' >code/node_modules/@clerk/index.js
    printf 'clerk\0' >code/logo.png
}

case_code_is_judged_by_line() {
    tree
    scan --provider clerk code
    assert_exit 5
    assert_contains out "code/src/a.ts:1:26: word @clerk/: import { useAuth } from '@clerk/nextjs'"
    assert_contains out 'code/src/a.ts:3:13: clerk-user: const id = '
    assert_contains out 'code/.env:1:1: word clerk: CLERK_SECRET_KEY=sk_t...'
    assert_contains out 'code/docs/history.md:1:9: word clerk'
    assert_lacks out clerkship
    assert_lacks out "$A"
    assert_lacks out 'sk_test_0'
    assert_contains out '4 left, 0 allowed, in 3 files; 1 binary files and 2 folders were passed over'
    scan --provider clerk --json code
    assert_json out '[.places[] | .line] | length' 4
}

case_what_may_stay_in_code_is_said_with_a_reason() {
    tree
    cat >allow.json <<'END'
[{"path": "code/docs/*", "pattern": "left Clerk", "reason": "history"},
 {"path": "code/.env", "reason": "goes with the server"},
 {"path": "code/src/*", "reason": "next week"},
 {"path": "code/gone/*", "reason": "was there once"}]
END
    scan --provider clerk --allow allow.json code
    assert_exit 0
    assert_contains out '0 left, 4 allowed'
    assert_contains err 'warning: allow list /3 (code/gone/*) allows nothing that is there'
    echo '[{"path": "code/*"}]' >bad.json
    scan --provider clerk --allow bad.json code
    assert_exit 3
    assert_contains err '"reason" is missing'
}

case_code_that_is_clean_or_cannot_be_read() {
    mkdir -p clean
    echo 'const provider = "workos"' >clean/a.ts
    scan --provider clerk clean
    assert_exit 0
    scan --provider clerk clean nowhere
    assert_exit 6
    assert_contains out 'nowhere: No such file or directory'
    scan --word workos --exclude 'clean/*' clean
    assert_exit 0
    scan --word workos clean
    assert_exit 5
    scan clean
    assert_exit 2
    scan --provider klerk clean
    assert_exit 2
    scan --provider clerk --source "$DATABASE_URL_LEGACY" clean
    assert_exit 2
}

case_ids_of_a_map_are_found_in_documents() {
    printf 'old\n%s\n' "$(sed -n '2s/,.*//p' "$WORK/scan/users.csv")" >doc.txt
    scan --ids "$WORK/scan/users.csv:$ids" doc.txt
    assert_exit 5
    assert_contains out 'doc.txt:2:1: old IDs of map users'
    sed -n '2s/.*\(user_0[0-9A-Z]*\).*/\1/p' "$WORK/scan/users.csv" >new.txt
    scan --ids "$WORK/scan/users.csv:$ids" new.txt
    assert_exit 0
}

if [ $# -gt 0 ]; then cases=("$@"); else mapfile -t cases < <(declare -F | sed -n 's/^declare -f \(case_\)/\1/p'); fi
for name in "${cases[@]}"; do
    echo "$name"
    "$name"
done
