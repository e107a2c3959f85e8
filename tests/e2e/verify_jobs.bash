# Verification says the same whatever the number of jobs, in good and in bad times.
. "$SOURCE_DIR/tests/e2e/clinic.bash"

clinic_load verify_jobs
idmigrate run --yes --progress none "$WORK/verify_jobs/mapping.json"
assert_exit 0

# verify_with JOBS: the checks, without their time.
verify_with() {
    idmigrate verify last --json --jobs "$1" --target "$CLINIC_DATABASE" --progress none
    jq '.verification' "$WORK/out" | grep -v verified_at >"$WORK/proof.$1" || fail "there is no proof in the report"
}
assert_same_for_all() { # assert_same_for_all STATUS
    local jobs
    for jobs in 1 2 4; do
        verify_with "$jobs"
        assert_exit "$1"
        diff "$WORK/proof.1" "$WORK/proof.$jobs" >"$WORK/differs" || fail "--jobs $jobs: $(head -c 1000 "$WORK/differs")"
    done
    grep -q verdict "$WORK/proof.1" || fail 'the proof has no verdicts'
}
assert_same_for_all 0

# Rows and events, both wrong; then the log cannot be read at all.
query verify_jobs "alter table neu.audit_logs disable trigger user" >/dev/null
query verify_jobs "with one as (select id from neu.audit_logs order by id limit 3)
    delete from neu.audit_logs where id in (select id from one)" >/dev/null
query verify_jobs "with one as (select id from neu.audit_logs order by id limit 2)
    update neu.audit_logs set actor_id = 'another' where id in (select id from one)" >/dev/null
assert_same_for_all 5
assert_contains proof.4 another

for jobs in 0 65 two; do
    idmigrate verify last --jobs "$jobs" --target "$CLINIC_DATABASE"
    assert_exit 2
done
