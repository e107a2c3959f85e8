/* What was not looked at is named, with what to do, and is no "nothing found". */
#include "fixture.h"

#include <string.h>

static void
run(const struct fixture *fixture, const char *sql)
{
    PGconn *connection = test_connect(fixture->database.name);
    test_execute(connection, sql);
    test_disconnect(&connection);
}

Test(scan_gaps, names_tables_and_columns_that_the_role_may_not_read)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_denied");
    run(&fixture, "DROP ROLE IF EXISTS \"scan denied\"; CREATE ROLE \"scan denied\" LOGIN; "
                  "CREATE TABLE secret (who text); CREATE TABLE half (who text, other text); "
                  "INSERT INTO half VALUES ('" ID_A "', '" ID_A "'); "
                  "CREATE SCHEMA closed; CREATE TABLE closed.t (who text); "
                  "GRANT SELECT (who) ON half TO \"scan denied\"");
    fixture_scan(&fixture, "'scan denied'");
    cr_expect_not_null(strstr(fixture_gap(&fixture, "public.secret")->hint,
                              "GRANT SELECT ON \"public\".\"secret\" TO \"scan denied\""),
                       "%s", fixture_gap(&fixture, "public.secret")->hint);
    cr_expect_not_null(strstr(fixture_gap(&fixture, "closed.t")->hint, "GRANT USAGE ON SCHEMA"));
    cr_expect_not_null(strstr(fixture_gap(&fixture, "public.half")->reason, "columns other"));
    assert_place(&fixture, "public.half.who  clerk-user 1");
    cr_expect_eq(scan_judge(&fixture.result, true), EXIT_NOT_CHECKED);
    cr_expect_eq(scan_judge(&fixture.result, false), EXIT_DIFFERENT);
    scan_result_release(&fixture.result);
    db_transaction_release(&fixture.snapshot);
    db_close(&fixture.db);
    run(&fixture, "DROP OWNED BY \"scan denied\"; DROP ROLE \"scan denied\"");
}

Test(scan_gaps, names_tables_whose_rows_a_policy_hides)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_hidden");
    run(&fixture, "DROP ROLE IF EXISTS scan_hidden; CREATE ROLE scan_hidden LOGIN; "
                  "CREATE TABLE hidden (who text); INSERT INTO hidden VALUES ('" ID_A "'); "
                  "GRANT SELECT ON hidden TO scan_hidden; "
                  "ALTER TABLE hidden ENABLE ROW LEVEL SECURITY");
    fixture_scan(&fixture, "scan_hidden");
    cr_expect_not_null(strstr(fixture_gap(&fixture, "public.hidden")->hint, "BYPASSRLS"));
    /* Known from the catalogue, and not from a COPY that fails. */
    cr_expect_str_eq(fixture_gap(&fixture, "public.hidden")->reason,
                     "row-level security hides rows from the role");
    cr_expect_eq(fixture.result.found_count, 0);
    cr_expect_eq(scan_judge(&fixture.result, false), EXIT_NOT_CHECKED);
    scan_result_release(&fixture.result);
    db_transaction_release(&fixture.snapshot);
    db_close(&fixture.db);
    run(&fixture, "DROP OWNED BY scan_hidden; DROP ROLE scan_hidden");
}

Test(scan_gaps, goes_on_after_a_table_that_cannot_be_read)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_broken");
    run(&fixture, "CREATE MATERIALIZED VIEW broken AS SELECT '" ID_A "'::text AS who WITH NO DATA; "
                  "CREATE TABLE fine (who text); INSERT INTO fine VALUES ('" ID_A "')");
    fixture_scan(&fixture, NULL);
    cr_expect_not_null(strstr(fixture_gap(&fixture, "public.broken")->reason, "populated"), "%s",
                       fixture_gap(&fixture, "public.broken")->reason);
    assert_place(&fixture, "public.fine.who  clerk-user 1");
}

Test(scan_gaps, what_was_excluded_is_named_and_does_no_harm)
{
    static const char *const excludes[] = {"public.left*"};
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_excluded");
    run(&fixture, "CREATE TABLE left_out (who text); INSERT INTO left_out VALUES ('" ID_A "')");
    fixture.request.excludes = excludes;
    fixture.request.exclude_count = 1;
    fixture_scan(&fixture, NULL);
    cr_expect(fixture_gap(&fixture, "public.left_out")->is_chosen);
    cr_expect_eq(scan_judge(&fixture.result, false), EXIT_DONE);
}

Test(scan_gaps, large_objects_are_named)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_large");
    run(&fixture, "SELECT pg_catalog.lo_from_bytea(0, 'x')");
    fixture_scan(&fixture, NULL);
    cr_expect_eq(fixture_gap(&fixture, "large objects")->reason[0], '1');
    cr_expect_eq(scan_judge(&fixture.result, false), EXIT_NOT_CHECKED);
}

Test(scan_gaps, a_sample_proves_nothing)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_sample");
    run(&fixture, "CREATE TABLE rows AS SELECT 'x' || i AS who FROM "
                  "pg_catalog.generate_series(1, 50000) AS i; ANALYZE rows");
    fixture.request.sample_rows = 1000;
    fixture_scan(&fixture, NULL);
    cr_expect(fixture.result.rows > 100 && fixture.result.rows <= 1000, "%d",
              (int)fixture.result.rows);
    cr_expect(fixture.result.is_sampled);
    cr_expect_eq(scan_judge(&fixture.result, false), EXIT_NOT_CHECKED);
    cr_expect_eq(scan_judge(&fixture.result, true), EXIT_DONE);
}

Test(scan_gaps, a_percentage_is_of_the_blocks)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_percent");
    run(&fixture, "CREATE TABLE rows AS SELECT 'x' || i AS who FROM "
                  "pg_catalog.generate_series(1, 50000) AS i; ANALYZE rows");
    fixture.request.sample_percent = 10;
    fixture_scan(&fixture, NULL);
    cr_expect(fixture.result.rows > 1000 && fixture.result.rows < 12000, "%d",
              (int)fixture.result.rows);
    cr_expect(fixture.result.is_sampled);
}
