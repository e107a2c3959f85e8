/* What a run wrote is what verification expects; and what it does when it cannot look. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(verify, .timeout = 60);

static void
assert_all_equal(const struct verify_result *result)
{
    CLEANUP(memory_free_string) char *text = result_describe(result);
    cr_assert_str_empty(text);
    cr_assert_eq(result->status, EXIT_DONE);
    cr_assert_gt(result->count, 20);
}

Test(verify, finds_a_run_equal)
{
    CLEANUP(application_release) struct application application = application_moved("verify_equal");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    assert_all_equal(&result);
}

Test(verify, says_how_much_it_looked_at)
{
    CLEANUP(application_release)
    struct application application = application_moved("verify_counts");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    cr_assert_eq(result_find(&result, "rows", "comments")->looked_at, 200);
    cr_assert_eq(result_find(&result, "audit", "comments")->looked_at, 200);
    cr_assert_eq(result_find(&result, "ids", "comments")->looked_at, 200);
    cr_assert_eq(result_find(&result, "idmap", NULL)->looked_at, 11);
    cr_assert_eq(result_find(&result, "foreign_keys", "comments")->looked_at, 2);
    cr_assert_eq(result_find(&result, "sequences", "posts")->looked_at, 1);
    const struct store_check *empty = result_find(&result, "rows", "nothing");
    cr_assert_str_eq(empty->verdict, "equal");
    cr_assert(strstr(empty->detail, "empty") != NULL, "%s", empty->detail);
}

Test(verify, finds_a_dry_run_equal_inside_its_transaction)
{
    CLEANUP(application_release) struct application application = application_create("verify_dry");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    struct error err = ERROR_INIT;
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET);
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    cr_assert(db_begin(&tx, sides.target, DB_READ_WRITE, &err), "%s", err.text);
    sides_migrate(&sides, true);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    assert_all_equal(&result);
    cr_assert_null(result_find(&result, "sequences", "posts"), "a dry run raises no sequences");
    cr_assert(db_rollback(&tx, &err));
}

Test(verify, sees_a_difference_inside_a_dry_run_too)
{
    CLEANUP(application_release)
    struct application application = application_create("verify_dry_different");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    struct error err = ERROR_INIT;
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET);
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    cr_assert(db_begin(&tx, sides.target, DB_READ_WRITE, &err), "%s", err.text);
    sides_migrate(&sides, true);
    cr_assert(db_execute(sides.target, "DELETE FROM public.comments WHERE post_id = 2", &err), "%s",
              err.text);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    cr_assert_eq(result.status, EXIT_DIFFERENT);
    /* The transaction is as good as before. */
    cr_assert(db_execute(sides.target, "SELECT 1", &err), "%s", err.text);
}

Test(verify, counts_rows_of_the_application_without_calling_them_differences)
{
    CLEANUP(application_release) struct application application = application_moved("verify_later");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    CLEANUP(test_disconnect) PGconn *connection = test_connect(application.target.name);
    test_execute(connection, "INSERT INTO comments VALUES (gen_random_uuid(), 1, 'm_ann', 'new'), "
                             "(gen_random_uuid(), 1, 'm_bob', 'new')");
    test_execute(connection, "INSERT INTO likes VALUES (1000, 'm_ann')");
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    assert_all_equal(&result);
    const struct store_check *rows = result_find(&result, "rows", "comments");
    cr_assert(strstr(rows->detail, "2 rows that idmigrate did not write") != NULL, "%s",
              rows->detail);
}

Test(verify, tells_rows_that_the_application_changed_from_damage)
{
    CLEANUP(application_release)
    struct application application = application_moved("verify_changed");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    CLEANUP(test_disconnect) PGconn *connection = test_connect(application.target.name);
    test_execute(connection, "INSERT INTO members VALUES ('m_new', 'new@example.org')");
    test_execute(connection, "UPDATE comments SET text = 'edited', member_id = 'm_new', changed = "
                             "now() + interval '1 second' WHERE post_id = 2");
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    assert_all_equal(&result);
    const struct store_check *rows = result_find(&result, "rows", "comments");
    cr_assert(strstr(rows->detail, "29 rows that the application changed since") != NULL, "%s",
              rows->detail);
}

static void
assert_not_checked(const struct verify_result *result, const char *check, const char *label)
{
    const struct store_check *found = result_find(result, check, label);
    CLEANUP(memory_free_string) char *text = result_describe(result);
    cr_assert_not_null(found, "%s %s", check, label);
    cr_assert_str_eq(found->verdict, "not checked", "%s %s\n%s", check, label, text);
}

Test(verify, says_not_checked_when_the_source_cannot_be_read)
{
    CLEANUP(application_release)
    struct application application = application_moved("verify_no_source");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, false, &result);
    cr_assert_eq(result.status, EXIT_NOT_CHECKED);
    assert_not_checked(&result, "rows", "comments");
    assert_not_checked(&result, "ids", "comments");
    assert_not_checked(&result, "audit", "comments");
    assert_not_checked(&result, "accounting", "comments");
    /* What needs no source is looked at all the same. */
    cr_assert_str_eq(result_find(&result, "residue", "posts")->verdict, "equal");
    cr_assert_str_eq(result_find(&result, "foreign_keys", "comments")->verdict, "equal");
}

Test(verify, says_not_checked_when_the_source_is_empty_now)
{
    CLEANUP(application_release)
    struct application application = application_moved("verify_emptied");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    CLEANUP(test_disconnect) PGconn *connection = test_connect(application.source.name);
    test_execute(connection, "TRUNCATE likes");
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    assert_not_checked(&result, "rows", "likes");
    cr_assert_eq(result.status, EXIT_DIFFERENT,
                 "the accounting says that rows were read that are not there");
}

Test(verify, says_not_checked_of_an_audit_log_it_cannot_read_and_goes_on)
{
    CLEANUP(application_release)
    struct application application = application_moved("verify_no_log");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    CLEANUP(test_disconnect) PGconn *connection = test_connect(application.target.name);
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    test_execute(connection, "ALTER TABLE audit_logs RENAME TO log_of_old");
    sides_verify(&sides, true, &result);
    cr_assert_eq(result.status, EXIT_NOT_CHECKED);
    assert_not_checked(&result, "audit", "comments");
    assert_not_checked(&result, "audit", NULL);
    cr_assert_str_eq(result_find(&result, "foreign_keys", "comments")->verdict, "equal");
    cr_assert_str_eq(result_find(&result, "idmap", NULL)->verdict, "equal");
}

Test(verify, says_not_checked_of_a_table_it_may_not_read_and_goes_on)
{
    CLEANUP(application_release)
    struct application application = application_moved("verify_grants");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    CLEANUP(test_disconnect) PGconn *connection = test_connect(application.target.name);
    test_execute(
        connection,
        "DO $$ BEGIN CREATE ROLE verify_reader LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;"
        "GRANT USAGE ON SCHEMA idmigrate TO verify_reader;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA public, idmigrate TO verify_reader;"
        "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO verify_reader; REVOKE SELECT ON likes "
        "FROM verify_reader");
    CLEANUP(memory_free_string)
    char *conninfo = memory_printf("%s user=verify_reader", application.target.conninfo);
    sides_open(&sides, application.source.conninfo, conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    assert_not_checked(&result, "rows", "likes");
    cr_assert(strstr(result_find(&result, "rows", "likes")->detail, "permission") != NULL);
    cr_assert_eq(result.status, EXIT_NOT_CHECKED);
    cr_assert_str_eq(result_find(&result, "rows", "comments")->verdict, "equal");
    cr_assert_str_eq(result_find(&result, "rows", "nothing")->verdict, "equal");
}

Test(verify, says_not_checked_when_the_ID_maps_are_gone)
{
    CLEANUP(application_release)
    struct application application = application_moved("verify_no_maps");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    CLEANUP(test_disconnect) PGconn *connection = test_connect(application.target.name);
    test_execute(connection, "DELETE FROM idmigrate.idmap");
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    cr_assert_eq(result.status, EXIT_NOT_CHECKED);
    assert_not_checked(&result, "idmap", NULL);
    assert_not_checked(&result, "rows", "comments");
    cr_assert_str_eq(result_find(&result, "rows", "links")->verdict, "equal",
                     "no column of it holds an ID");
}

Test(verify, names_as_many_differences_as_it_was_told_and_counts_the_rest)
{
    CLEANUP(application_release) struct application application = application_moved("verify_limit");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    CLEANUP(test_disconnect) PGconn *connection = test_connect(application.target.name);
    test_execute(connection, "UPDATE comments SET text = text || '!'");
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    const struct store_check *rows = result_find(&result, "rows", "comments");
    cr_assert_eq(rows->found, 200);
    cr_assert(rows->is_partial);
    size_t named = 0;
    for (const char *at = rows->differences; (at = strstr(at, "\"key\"")) != NULL; at++)
        named++;
    cr_assert_eq(named, 20);
}

Test(verify, says_not_checked_of_a_table_that_is_gone_and_goes_on)
{
    CLEANUP(application_release)
    struct application application = application_moved("verify_gone");
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    CLEANUP(test_disconnect) PGconn *connection = test_connect(application.target.name);
    test_execute(connection, "DROP TABLE likes");
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    assert_not_checked(&result, "rows", "likes");
    assert_not_checked(&result, "audit", NULL);
    cr_assert_eq(result.status, EXIT_NOT_CHECKED);
    cr_assert_str_eq(result_find(&result, "rows", "comments")->verdict, "equal");
}
