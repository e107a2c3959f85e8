#!/usr/bin/env bash
# The checks of scripts/checks find what they are for: each rule is broken once in a small tree made for it.
set -euo pipefail

checks=$(cd "$(dirname "$0")/../../scripts/checks" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# A tree that every check accepts.
make_tree() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree"/{src/base,src/db,src/plan,src/verify,src/migrate,include/idmigrate,sql/query,mappings}
    echo '#include <stddef.h>' >"$tree/include/idmigrate/error.h"
    echo '#include "idmigrate/error.h"' >"$tree/src/base/error.c"
    echo '#include "idmigrate/error.h"' >"$tree/include/idmigrate/db.h"
    echo '#include <libpq-fe.h>' >"$tree/src/db/connect.c"
    echo '#include "idmigrate/error.h"' >"$tree/include/idmigrate/plan.h"
    printf '#include "idmigrate/plan.h"\n#include "idmigrate/db.h"\n' >"$tree/src/plan/order.c"
    echo '#include "idmigrate/error.h"' >"$tree/include/idmigrate/migrate.h"
    printf '#include "idmigrate/plan.h"\n#include "idmigrate/db.h"\n' >"$tree/src/verify/digest.c"
    printf -- '-- Answers.\nselect 1\n' >"$tree/sql/query/answer.sql"
    echo '{}' >"$tree/mappings/one.json"
    echo '{}' >"$tree/CMakePresets.json"
}

failures=0
# expect CHECK TEXT: the check refuses the tree, and says TEXT.
expect() {
    local said
    if said=$("$checks/$1" "$tree" 2>&1); then
        echo "$1 accepted: $2"
        failures=$((failures + 1))
    elif ! grep -qF -- "$2" <<<"$said"; then
        printf '%s did not say "%s" but: %s\n' "$1" "$2" "$said"
        failures=$((failures + 1))
    fi
    make_tree
}

make_tree
for check in rooms texts; do
    "$checks/$check" "$tree" || { echo "$check refuses a tree without fault"; failures=$((failures + 1)); }
done

echo '#include "idmigrate/migrate.h"' >>"$tree/src/plan/order.c"
expect rooms 'src/plan/order.c:3: plan may not use migrate'
echo '#include "idmigrate/migrate.h"' >>"$tree/include/idmigrate/plan.h"
expect rooms 'include/idmigrate/plan.h:2: plan may not use migrate'
echo 'void f(struct db *db) { db_query(db, 0); }' >>"$tree/src/plan/order.c"
expect rooms 'plan and row do no I/O'
echo '#  include <idmigrate/migrate.h>' >>"$tree/src/verify/digest.c"
expect rooms 'src/verify/digest.c:3: verify may not use migrate'
echo '#include <libpq-fe.h>' >>"$tree/src/verify/digest.c"
expect rooms 'only the room db knows libpq'
echo '#include "db/connection.h"' >>"$tree/src/plan/order.c"
expect rooms 'the inside of another room'
echo 'int a;' >"$tree/include/idmigrate/stray.h"
expect rooms 'include/idmigrate/stray.h: no room has this header'
mkdir "$tree/src/attic"
expect rooms 'src/attic: this room is not in the table'
echo 'void f(void) { exit(1); }' >>"$tree/src/plan/order.c"
expect rooms 'only main and base end the program'

printf 'select 1\n' >"$tree/sql/query/answer.sql"
expect texts 'sql/query/answer.sql: does not begin with a comment'
echo '{"a": }' >"$tree/mappings/one.json"
expect texts 'mappings/one.json: is not JSON'
echo old,new >"$tree/users.csv"
expect texts 'users.csv: the top of the tree is no place for it'
printf 'int a; \n' >"$tree/src/plan/order.c"
expect texts 'src/plan/order.c:1: white space'
printf 'int a;\r\n' >"$tree/src/plan/order.c"
expect texts 'src/plan/order.c: has CRLF'
printf 'int a;' >"$tree/src/plan/order.c"
expect texts 'src/plan/order.c: does not end with a newline'
yes '/* line */' | head -n 701 >"$tree/src/plan/order.c" || true
expect texts 'src/plan/order.c: 701 lines'

exit $((failures > 0))
