# idmigrate idmap fetch: every item comes once, whatever the server does meanwhile, and what was interrupted goes on.
. "$SOURCE_DIR/tests/support/e2e.bash"
: "${PROVIDER_STUB:?}"

export WORKOS_API_KEY=sk_test CLERK_SECRET_KEY=sk_test
stub=
stub_stop() {
    if [ -n "$stub" ]; then
        kill "$stub" 2>/dev/null || true
        wait "$stub" 2>/dev/null || true
    fi
    stub=
}
trap 'status=$?; stub_stop; (exit $status); e2e_finish' EXIT
# stub OPTION...: a server as tests/support/provider_stub.c says; URL is its address.
stub() {
    stub_stop
    rm -f port
    "$PROVIDER_STUB" --port-file port --log requests "$@" &
    stub=$!
    while [ ! -s port ]; do sleep 0.02; done
    URL=http://127.0.0.1:$(cat port)
}
fetch() { idmigrate idmap fetch "$@" --base-url "$URL" --progress none --pause 0.01; }
# names DIR: what is in it.
names() { (cd "$1" && printf '%s ' *); }
# assert_items FILE FROM TO [BUT...]: each once.
assert_items() {
    local file=$1 from=$2 to=$3
    shift 3
    diff <(seq -f 'user_0%05g' "$from" "$to" | grep -vE "^(${1:-none})$") <(jq -r .id "$file" | sort) >&2 || fail "other items are in $file"
}

case_pages_by_cursor() {
    stub --items 230 --key sk_test_1
    WORKOS_API_KEY=sk_test_1 fetch workos users -o users.ndjson --json
    assert_contains err 'with the key in WORKOS_API_KEY (staging), reading only'
    assert_json out '.[0].environment' staging
    assert_exit 0
    assert_items users.ndjson 1 230
    assert_json out '.[0] | "\(.items) \(.requests) \(.retries)"' '230 3 0'
    assert_equal "$(stat -c %a users.ndjson)" 600
    assert_equal "$(head -n 1 users.ndjson)" \
        '{"object":"user","id":"user_000001","email":"p1@example.com","external_id":null,"metadata":{"clerk_user_id":"c1"}}'
    [ "$(ls users.ndjson*)" = users.ndjson ] || fail 'something is left beside the file'
    assert_equal "$(sort -u requests | grep -c ' key$')" 3
    assert_lacks requests sk_test
    # It is not written over by mistake.
    WORKOS_API_KEY=sk_test_1 fetch workos users -o users.ndjson
    assert_exit 1
    WORKOS_API_KEY=sk_test_1 fetch workos users -o users.ndjson --force
    assert_exit 0
}

case_pages_by_offset_overlap() {
    local at
    stub --style offset --items 1300
    fetch clerk users -o plain.ndjson --json
    assert_exit 0
    assert_items plain.ndjson 1 1300
    assert_lacks plain.ndjson secret
    assert_equal "$(head -n 1 plain.ndjson | jq -c '.email_addresses[0]')" \
        '{"id":"a","email_address":"p1@example.com","verification":{"status":"verified"}}'
    # The oldest go while pages are turned, fewer and more than pages overlap, also at the end; and some come.
    for at in 2:delete:10 2:delete:49 2:delete:50 2:delete:300 3:delete:400 4:delete:60 2:delete:500; do
        stub --style offset --items 1300 --most 500 --at "$at"
        fetch clerk users -o "gone-$at.ndjson"
        assert_exit 0
        # What went was read before, or not: nobody who is still there is missing, and nobody is there twice.
        assert_equal "$(jq -r .id "gone-$at.ndjson" | sort | uniq -d | wc -l)" 0
        diff <(seq -f 'user_0%05g' $((${at##*:} + 1)) 1300) \
            <(jq -r .id "gone-$at.ndjson" | sort | sed -n "/user_0$(printf %05d $((${at##*:} + 1)))/,\$p") >&2 || fail "$at: somebody is missing"
    done
    stub --style offset --items 1000 --at 2:add:120
    fetch clerk users -o more.ndjson
    assert_items more.ndjson 1 1120
    # A server that gives less than it is asked for, and very few.
    for at in 0 1 2 3 7; do
        stub --style offset --items "$at" --most 3
        fetch clerk users -o "few-$at.ndjson"
        assert_exit 0
        assert_equal "$(wc -l <"few-$at.ndjson")" "$at"
    done
}

case_faults_are_got_over() {
    stub --items 450 --at 1:500 --at 2:drop --at 4:cut --at 5:torn --at 6:503 --at 8:429:1
    fetch workos users -o users-faults.ndjson --json
    assert_exit 0
    assert_items users-faults.ndjson 1 450
    assert_json out '.[0] | "\(.items) \(.retries)"' '450 6'
    idmigrate idmap fetch workos users --base-url "$URL" -o again.ndjson --progress plain
    assert_exit 0
}

case_it_gives_up_and_goes_on() {
    stub --items 450 --at 3:500 --at 4:500 --at 5:500
    fetch workos users -o stopped.ndjson --attempts 3
    assert_exit 4
    assert_contains err 'users: 200 are in stopped.ndjson.part: given up after 3 attempts: HTTP status 500'
    assert_contains err 'hint: the same command goes on'
    assert_lacks err secret
    [ ! -e stopped.ndjson ] || fail 'half a file has the name of a whole one'
    assert_equal "$(stat -c %a stopped.ndjson.part stopped.ndjson.checkpoint | sort -u)" 600
    assert_lacks stopped.ndjson.checkpoint sk_test
    # A line that was torn by a crash is not counted.
    printf '{"id":"user_0' >>stopped.ndjson.part
    WORKOS_API_KEY=sk_other fetch workos users -o stopped.ndjson
    assert_exit 1
    assert_contains err 'was begun with another key'
    fetch workos organizations -o stopped.ndjson
    assert_exit 1
    fetch workos users -o stopped.ndjson --json
    assert_exit 0
    assert_json out '.[0] | "\(.items) \(.resumed)"' '450 200'
    assert_items stopped.ndjson 1 450
    # --restart forgets.
    stub --items 150 --at 2:403
    fetch workos users -o anew.ndjson
    assert_exit 1
    fetch workos users -o anew.ndjson --restart --json
    assert_json out '.[0] | "\(.items) \(.resumed)"' '150 0'
}

case_an_interrupt_ends_it_cleanly() {
    local child status=0
    stub --items 300 --at 3:slow:20
    "$IDMIGRATE" idmap fetch workos users -o signal.ndjson --base-url "$URL" --progress none >out 2>err &
    child=$!
    while [ ! -e signal.ndjson.checkpoint ] || [ "$(jq .items signal.ndjson.checkpoint)" -lt 200 ]; do sleep 0.05; done
    kill -TERM "$child"
    wait "$child" || status=$?
    assert_equal "$status" 143
    assert_contains err 'users: 200 are in signal.ndjson.part: interrupted'
    assert_contains err 'hint: the same command goes on'
    stub_stop
    stub --items 300
    # It is another address now.
    fetch workos users -o signal.ndjson
    assert_exit 1
    assert_contains err 'was begun from another server'
}

case_a_cursor_whose_item_is_gone() {
    stub --items 330 --at 3:forget
    fetch workos users -o forgotten.ndjson --json
    assert_exit 0
    # The item was read before it went.
    assert_items forgotten.ndjson 1 330
}

case_what_is_refused_is_not_tried_again() {
    stub --items 10 --key sk_right
    fetch workos users -o refused.ndjson
    assert_exit 1
    assert_contains err 'HTTP status 401'
    assert_contains err 'WORKOS_API_KEY'
    assert_lacks err secret
    assert_equal "$(wc -l <requests)" 1
    [ ! -e refused.ndjson.part ] || fail 'an empty file is left'
    stub --items 10 --at 1:redirect
    fetch workos users -o refused.ndjson
    assert_exit 1
    assert_contains err 'HTTP status 302'
    stub --items 10 --at 1:429:100000
    fetch workos users -o refused.ndjson
    assert_exit 4
    assert_contains err 'asks to wait 100000 seconds'
}

case_all_of_a_provider() {
    stub --items 5 --at 4:403
    fetch workos -o all
    # Users, organizations, then the organizations again and their members.
    assert_exit 1
    assert_equal "$(names all)" 'workos-organizations.ndjson workos-users.ndjson workos.checkpoint '
    fetch workos -o all
    assert_exit 0
    assert_equal "$(stat -c %a all)" 700
    assert_equal "$(wc -l <all/workos-memberships.ndjson)" 25
    assert_equal "$(names all)" 'workos-memberships.ndjson workos-organizations.ndjson workos-users.ndjson '
    assert_contains requests 'organization_memberships?limit=100&order=asc&statuses=active,inactive,pending&organization_id=org_000003'
    fetch workos -o all
    assert_exit 1
    assert_contains err 'is there already'
}

case_an_organization_goes_before_its_turn() {
    # Two pages of organizations, then the first of them goes when its members are asked for.
    stub --items 4 --most 2 --at 3:delete:1
    fetch workos memberships -o going.ndjson --json
    assert_exit 0
    assert_json out '.[0] | "\(.gone) \(.items)"' '1 9'
    assert_contains requests '/organizations/org_000001'
    # One that is there, and whose members are refused.
    stub --items 4 --at 2:404
    fetch workos memberships -o staying.ndjson
    assert_exit 1
    assert_contains err 'org_000001: the server refused the request: HTTP status 404'
}

case_a_full_page_says_what_follows() {
    stub --items 230 --at 2:unsaid
    fetch workos users -o cut_short.ndjson
    assert_exit 1
    assert_contains err 'a full page of 100 users does not say whether more follow'
    [ ! -e cut_short.ndjson ] || fail 'a part passes for the whole'
    stub --items 230 --at 1:unsaid
    fetch workos users -o told.ndjson
    assert_exit 1
    fetch workos users -o told.ndjson
    assert_exit 0
    assert_items told.ndjson 1 230
    stub --items 30 --at 1:unsaid
    fetch workos users -o short.ndjson
    assert_exit 0
    assert_items short.ndjson 1 30
}

# wanted KIND: the members that a build reads of it; kept PROVIDER RESOURCE: what fetch keeps.
wanted() {
    jq -r --arg source "$1" '.kinds[] | select(.source == $source and .form == "json") |
        [.fields[], (.emails // {} | .primary, "\(.list).\(.address)", "\(.list).\(.key)", "\(.list).\(.verified)")] |
        flatten[] | strings | select(startswith("null.") | not) | gsub("\\.\\*"; "")' "$SOURCE_DIR/mappings/exports.json" | sort -u
}
kept() { jq -r --arg p "$1" --arg r "$2" '.[$p].resources[$r].fields[]' "$SOURCE_DIR/mappings/fetch.json" | sort -u; }

case_what_a_build_reads_is_kept() {
    local lost
    lost=$(
        comm -23 <(wanted 'openapi-spec of WorkOS: User') <(kept workos users)
        comm -23 <(wanted 'openapi-spec of WorkOS: Organization') <(kept workos organizations)
        comm -23 <(wanted 'openapi-spec of WorkOS: OrganizationMembership') <(kept workos memberships)
        comm -23 <(wanted 'Backend API of Clerk: User') <(kept clerk users)
        comm -23 <(wanted 'Backend API of Clerk: Organization') <(kept clerk organizations)
        comm -23 <(wanted 'Backend API of Clerk: OrganizationMembership') <(kept clerk memberships) | sed -E '/^(user_id|organization_id)$/d'
    )
    assert_equal "$lost" ''
    [ "$(wanted 'Backend API of Clerk: User' | wc -l)" -ge 8 ] || fail 'nothing was compared'
}

case_members_go_on_where_they_were() {
    stub --items 4 --most 2 --at 7:403
    fetch workos memberships -o members.ndjson
    assert_exit 1
    fetch workos memberships -o members.ndjson --json
    assert_exit 0
    assert_equal "$(jq -r .id members.ndjson | sort -u | wc -l)" 16
    assert_equal "$(wc -l <members.ndjson)" 16
}

case_the_key_goes_nowhere_else() {
    URL=http://example.com fetch workos users -o nowhere.ndjson
    assert_exit 2
    assert_contains err 'in clear'
    URL=https://user:sk_test@example.com fetch workos users -o nowhere.ndjson
    assert_exit 2
    assert_lacks err sk_test
    URL=http://127.0.0.1:9
    WORKOS_API_KEY='' fetch workos users -o nowhere.ndjson
    assert_exit 2
    assert_contains err 'WORKOS_API_KEY is not set'
    WORKOS_API_KEY=$'a\r\nb' fetch workos users -o nowhere.ndjson
    assert_exit 2
    fetch nobody users
    assert_exit 2
    fetch workos everything
    assert_exit 2
    fetch workos users -o nowhere.ndjson --attempts 0
    assert_exit 2
    fetch workos users -o nowhere.ndjson --attempts 2
    assert_exit 4
    # No file but the one that is meant.
    ln -s "$WORK/elsewhere" link.ndjson.part
    fetch workos users -o link.ndjson
    assert_exit 1
    [ ! -e elsewhere ] || fail 'a link was followed'
}

if [ $# -gt 0 ]; then cases=("$@"); else mapfile -t cases < <(declare -F | sed -n 's/^declare -f \(case_\)/\1/p'); fi
for name in "${cases[@]}"; do
    echo "$name"
    "$name"
done
