# The main paths on one server, or from one server to another: check, dry run, a run that is killed and resumed, verify,
# report, an exclusive run that is killed while indexes are away, and undo, for Eleva and the clinic, each against
# hand-written SQL. The target is on the server of the tests; the source too,
# or on that of IDMIGRATE_SOURCE_HOST: scripts/test-versions pairs servers of all versions this way.
#
# Nothing here may need client programs as new as the servers: pg_dump refuses a newer one.
. "$SOURCE_DIR/tests/e2e/eleva.bash"
. "$SOURCE_DIR/tests/e2e/clinic.bash"

source_host=${IDMIGRATE_SOURCE_HOST:-$PGHOST}

# on_source COMMAND...: with the source's server as the server.
on_source() { PGHOST=$source_host "$@"; }
source_uri() { printf 'postgresql://%s@/%s?host=%s\n' "$PGUSER" "$1" "$source_host"; }

# No name in the two places below means the other server's by accident.
load_eleva() {
    eleva_load main_eleva
    eleva_oracle main_eleva
    mapping=$WORK/main_eleva/eleva.json audit_mapping=$WORK/main_eleva/eleva-audit.json
    [ "$source_host" != "$PGHOST" ] || return 0
    on_source "$SOURCE_DIR/tests/data/eleva/load" -p main_eleva >"$WORK/out" 2>"$WORK/err" || fail 'the source was not loaded'
    query postgres 'drop database main_eleva_legacy' >/dev/null
    query postgres 'drop database main_eleva_audit' >/dev/null
    DATABASE_URL_LEGACY=$(source_uri main_eleva_legacy)
    AUDITLOG_DATABASE_URL=$(source_uri main_eleva_audit)
    export DATABASE_URL_LEGACY AUDITLOG_DATABASE_URL
}

# The clinic has both applications in one database: the source is the whole of it on the other server.
load_clinic() {
    clinic_load main_clinic
    clinic_mapping=$WORK/main_clinic/mapping.json
    CLINIC_SOURCE=$CLINIC_DATABASE
    if [ "$source_host" != "$PGHOST" ]; then
        on_source psql -X -q -d postgres -c 'set client_min_messages = warning' -c 'drop database if exists main_clinic with (force)'
        on_source "$SOURCE_DIR/tests/data/clinic/load" main_clinic >"$WORK/out" 2>"$WORK/err" || fail 'the source was not loaded'
        CLINIC_SOURCE=$(source_uri main_clinic)
        # What is left of it here is of the oracle's making only.
        query main_clinic_oracle 'drop schema "legacy app" cascade' >/dev/null 2>&1
        query main_clinic_start 'drop schema "legacy app" cascade' >/dev/null 2>&1
        clinic_reset main_clinic
    fi
    export CLINIC_SOURCE
    jq '.sources.alt.env = "CLINIC_SOURCE"' "$clinic_mapping" >"$WORK/mapping"
    mv "$WORK/mapping" "$clinic_mapping"
}

# whole DATABASE: what is in it, what its objects are, and what its sequences have given out.
whole() {
    content "$1"
    query "$1" "select c.oid::regclass, relkind, relacl, pg_sequence_last_value(case relkind when 'S' then c.oid end)
        from pg_class as c order by c.oid"
}

# major COMMAND...: of the server that the command asks.
major() { "$@" psql -X -A -t -d postgres -c "select current_setting('server_version_num')::int / 10000"; }

# It reads and writes the servers that are meant.
check_finds_nothing_to_refuse() {
    idmigrate check "$1"
    assert_exit 0
    assert_contains out ' 0 refused'
    assert_matches err "^source .*, PostgreSQL $(major on_source), read only"
    assert_matches err "^target .*, PostgreSQL $(major env), read only"
}

a_dry_run_leaves_nothing() {
    whole "$1" >"$WORK/before"
    idmigrate run --dry-run --progress none "$2"
    assert_exit 0
    whole "$1" >"$WORK/after"
    assert_same_files "$WORK/before" "$WORK/after"
}

# Three kills at different places, then the run that ends.
a_run_is_killed_and_resumed() {
    local point
    for point in chunk-rows-sent:3 chunk-before-commit:4 chunk-committed:9; do
        IDMIGRATE_CHUNK_BLOCKS=2 IDMIGRATE_FAILPOINT=$point run "$IDMIGRATE" run --yes --progress none "$1"
        assert_exit 137
    done
    idmigrate run --yes --progress none "$1"
    assert_exit 0
}

# Indexes and constraints come back, whatever a version has in its catalogue: the comparison with the oracle tells.
an_exclusive_run_is_killed_and_repaired() {
    local point
    for point in set-aside-committed rebuild-build-committed rebuild-before-validate; do
        IDMIGRATE_FAILPOINT=$point run "$IDMIGRATE" run --yes --exclusive --jobs 2 --progress none "$1"
        assert_exit 137
    done
    idmigrate run --yes --progress none "$1"
    assert_exit 0
}

# content DATABASE: rows, columns, constraints, indexes, triggers of the application.
content() {
    psql -X -q -At -v ON_ERROR_STOP=1 -v schemas= -v tables= -v columns= -v part=content -d "$1" -f "$SOURCE_DIR/tests/data/compare.sql"
}
an_undo_leaves_what_was() {
    IDMIGRATE_TARGET=$2 idmigrate undo --yes --progress none last
    assert_exit 0
    content "$1" >"$WORK/undone"
    content "$3" >"$WORK/before"
    assert_same_files "$WORK/before" "$WORK/undone"
}

verify_proves_it() {
    IDMIGRATE_TARGET=$1 idmigrate verify last
    assert_exit 0
}

report_tells_it() {
    IDMIGRATE_TARGET=$1 idmigrate report --format json --output "$WORK/report.json" last
    assert_exit 0
    assert_json "$WORK/report.json" .run.exit.status 0
    IDMIGRATE_TARGET=$1 idmigrate report --format text last
    assert_exit 0
    assert_contains out 'Exit status 0: done and proved'
}

# A difference must be found on every version too.
verify_finds_a_difference() {
    local run
    query "$1" "$3" >/dev/null
    run=$(query "$1" "select run_id from idmigrate.run where name = '$4'")
    IDMIGRATE_TARGET=$2 idmigrate verify "$run"
    assert_exit 5
}

eleva_goes_the_whole_way() {
    load_eleva
    check_finds_nothing_to_refuse "$mapping"
    a_dry_run_leaves_nothing main_eleva_target "$mapping"
    a_run_is_killed_and_resumed "$mapping"
    idmigrate run --yes --progress none "$audit_mapping"
    assert_exit 0
    assert_is_oracle main_eleva
    assert_one_event_per_row main_eleva
    verify_proves_it "$DATABASE_URL"
    report_tells_it "$DATABASE_URL"
    verify_finds_a_difference main_eleva_target "$DATABASE_URL" "update meetings set guest_notes = 'changed'
        where id = (select id from meetings order by id limit 1)" eleva
    eleva_reset main_eleva
    an_exclusive_run_is_killed_and_repaired "$mapping"
    eleva_oracle main_eleva -
    assert_is_oracle main_eleva without-log
    an_undo_leaves_what_was main_eleva_target "$DATABASE_URL" main_eleva_start
}

the_clinic_goes_the_whole_way() {
    load_clinic
    check_finds_nothing_to_refuse "$clinic_mapping"
    a_dry_run_leaves_nothing main_clinic "$clinic_mapping"
    a_run_is_killed_and_resumed "$clinic_mapping"
    assert_clinic_is_oracle main_clinic
    assert_clinic_has_one_event_per_row main_clinic
    verify_proves_it "$CLINIC_DATABASE"
    report_tells_it "$CLINIC_DATABASE"
    verify_finds_a_difference main_clinic "$CLINIC_DATABASE" "update neu.termin set preis = -1
        where id = (select min(id) from neu.termin)" clinic
    clinic_reset main_clinic
    an_exclusive_run_is_killed_and_repaired "$clinic_mapping"
    assert_clinic_is_oracle main_clinic
    an_undo_leaves_what_was main_clinic "$CLINIC_DATABASE" main_clinic_start
}

eleva_goes_the_whole_way
the_clinic_goes_the_whole_way
