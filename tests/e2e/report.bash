# The reports of a run that stops, goes on, is verified, differs and is undone: in every format, all of them the same.
. "$SOURCE_DIR/tests/e2e/eleva.bash"

eleva_load report -n 200 -v plant_unresolved=1
mapping=$WORK/report/eleva.json
files='mapping.json report.html report.json report.junit.xml report.md report.txt SHA256SUMS'
export IDMIGRATE_TARGET=$DATABASE_URL
count() { query report_target "$1"; }

# assert_directory DIR VERDICT: every file is there, is what its digest says and can be read, and all say the same.
assert_directory() {
    local file
    assert_equal "$(cd "$1" && printf '%s\n' * | sort | xargs)" "$(tr ' ' '\n' <<<"$files" | sort | xargs)"
    (cd "$1" && sha256sum --quiet --strict -c SHA256SUMS >&2) || fail 'the digests are wrong'
    assert_equal "$(wc -l <"$1/SHA256SUMS")" 6
    xmllint --noout "$1/report.junit.xml" || fail 'the JUnit report is not XML'
    cmp -s "$mapping" "$1/mapping.json" || fail 'the mapping is another'
    for file in "$1"/report.*; do assert_contains "$file" "$2"; done
}

# with_commas NUMBER: as people read it.
with_commas() { sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta' <<<"$1"; }

a_run_that_stops_leaves_its_report() {
    idmigrate run --yes --progress none --ticket 'CHG <7>' --approved-by 'Bob & "Co"' --report-dir "$WORK/stopped" "$mapping"
    assert_exit 8
    assert_directory "$WORK/stopped" 'Stopped by too many rejected rows'
    assert_json "$WORK/stopped/report.json" '.verdict.tone' bad
    assert_contains "$WORK/stopped/report.html" 'CHG &lt;7&gt;'
    assert_contains "$WORK/stopped/report.html" 'Bob &amp; &quot;Co&quot;'
    assert_contains "$WORK/stopped/report.html" '--max-rejects'
    assert_equal "$(xmllint --xpath 'string(//testsuite[@name="run"]/@failures)' "$WORK/stopped/report.junit.xml")" 1
}

what_is_granted_to_a_run_that_goes_on_is_kept() {
    local format
    idmigrate run --yes --progress none --max-rejects 1 --ticket CHG-8 --output "$WORK/done" "$mapping"
    assert_exit 7
    assert_directory "$WORK/done" 'Done, with 1 rejected row'
    assert_json "$WORK/done/report.json" '.run.settings.later[0].ticket' CHG-8
    assert_json "$WORK/done/report.json" '.run.settings.max_rejects' 0
    assert_json "$WORK/done/report.json" '[.exceptions[] | select(.kind == "limit")] | length' 1
    for format in html md txt; do assert_contains "$WORK/done/report.$format" 'ticket CHG-8'; done
    assert_contains "$WORK/done/report.txt" 'up to 1 rejected rows were allowed, when it was taken up again'
    assert_equal "$(xmllint --xpath 'string(/testsuites/@skipped)' "$WORK/done/report.junit.xml")" 1
}

all_formats_have_the_same_numbers() {
    local number value
    for number in .totals.rows_read .totals.rows_written '[.verification.checks[] | select(.check == "rows") | .looked_at] | add'; do
        value=$(with_commas "$(jq "$number" "$WORK/done/report.json")")
        assert_contains "$WORK/done/report.html" "$value"
        assert_contains "$WORK/done/report.md" "$value"
        assert_contains "$WORK/done/report.txt" "$value"
    done
    # Three of the run itself, one a table, one a check.
    assert_equal "$(xmllint --xpath 'string(/testsuites/@tests)' "$WORK/done/report.junit.xml")" \
        "$(jq '3 + (.tables | length) + (.verification.checks | length)' "$WORK/done/report.json")"
    assert_equal "$(xmllint --xpath 'count(//testcase)' "$WORK/done/report.junit.xml")" \
        "$(xmllint --xpath 'string(/testsuites/@tests)' "$WORK/done/report.junit.xml")"
}

the_report_of_a_finished_run_is_the_same_each_time() {
    local format name
    idmigrate report --report-dir "$WORK/again"
    assert_exit 0
    assert_equal "$(wc -c <"$WORK/out")" 0
    assert_directory "$WORK/again" 'Done, with 1 rejected row'
    for name in $files; do assert_same_files "$WORK/done/$name" "$WORK/again/$name"; done
    for format in text:txt json:json html:html junit:junit.xml markdown:md; do
        idmigrate report --format "${format%:*}"
        assert_exit 0
        assert_same_files "$WORK/done/report.${format#*:}" "$WORK/out"
    done
    idmigrate report --format html --output "$WORK/one.html"
    assert_exit 0
    assert_same_files "$WORK/done/report.html" "$WORK/one.html"
}

its_statements_count_what_it_tells() {
    local table sql
    while IFS=$'\t' read -r table sql; do
        assert_equal "$table $(query report_legacy "$sql")" \
            "$table $(jq --arg table "$table" '.tables[] | select(.table + ": rows read" == $table) | .rows_read' "$WORK/done/report.json")"
    done < <(jq -r '.population.statements[] | select(.where == "source") | [.counts, .sql] | @tsv' "$WORK/done/report.json")
    while IFS= read -r sql; do
        query report_target "$sql" >"$WORK/out" || fail "$sql"
    done < <(jq -r '.population.statements[] | select(.where == "target") | .sql' "$WORK/done/report.json")
}

no_report_tells_who_people_are() {
    query report_target 'select distinct email from users where email is not null' >"$WORK/addresses"
    [ -s "$WORK/addresses" ] || fail 'nobody to look for'
    if grep -rlFf "$WORK/addresses" "$WORK/done" "$WORK/stopped"; then fail 'an address is told'; fi
}

a_difference_is_a_failure_in_every_format() {
    count 'set session_replication_role = replica; delete from meetings where ctid = (select max(ctid) from meetings)' >/dev/null
    idmigrate verify --progress none --report-dir "$WORK/different"
    assert_exit 5
    assert_directory "$WORK/different" 'Different: '
    assert_equal "$(xmllint --xpath 'string(/testsuites/@failures)' "$WORK/different/report.junit.xml")" \
        "$(jq '.verdict.checks_different' "$WORK/different/report.json")"
    assert_equal "$(xmllint --xpath 'count(//failure)' "$WORK/different/report.junit.xml")" \
        "$(xmllint --xpath 'string(/testsuites/@failures)' "$WORK/different/report.junit.xml")"
}

an_undone_run_says_so() {
    idmigrate undo --yes --progress none last
    [ "$STATUS" -eq 0 ] || [ "$STATUS" -eq 5 ] || fail "undo ended with $STATUS"
    idmigrate report --report-dir "$WORK/undone" last
    assert_exit 0
    assert_directory "$WORK/undone" 'Undone'
    assert_contains "$WORK/undone/report.html" 'older than the undo'
}

a_directory_that_cannot_be_written_is_not_silent() {
    idmigrate report --report-dir "$WORK/report/eleva.json"
    assert_exit 6
    idmigrate report --format pdf
    assert_exit 2
    assert_contains err 'text, json, html, junit or markdown'
}

cases=${*:-a_run_that_stops_leaves_its_report what_is_granted_to_a_run_that_goes_on_is_kept all_formats_have_the_same_numbers
    the_report_of_a_finished_run_is_the_same_each_time its_statements_count_what_it_tells no_report_tells_who_people_are
    a_difference_is_a_failure_in_every_format an_undone_run_says_so a_directory_that_cannot_be_written_is_not_silent}
for case in $cases; do "$case"; done
