/* The helpers themselves: what all other tests lean on can fail, and says so. */
#include "idmigrate_test.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

Test(support, gives_each_test_a_database_and_drops_it)
{
    PGconn *connection = test_connect("postgres");
    {
        CLEANUP(test_database_release)
        struct test_database database = test_database_create("support_database");
        PGconn *inside = test_connect(database.name);
        test_execute(inside, "create table public.t as select generate_series(1, 7) as n");
        cr_expect_eq(test_query_number(inside, "select count(*) from public.t"), 7);
        PQfinish(inside);
    }
    cr_expect_eq(
        test_query_number(
            connection,
            "select count(*) from pg_catalog.pg_database where datname = 'support_database'"),
        0);
    PQfinish(connection);
}

Test(support, runs_a_file_with_variables)
{
    CLEANUP(test_database_release)
    struct test_database database = test_database_create("support_file");
    test_run_file(database.name, "tests/support/test_support.sql", "rows=12", NULL);
    CLEANUP(test_disconnect) PGconn *connection = test_connect(database.name);
    cr_expect_eq(test_query_number(connection, "select count(*) from public.rows_made"), 12);
}

Test(support, captures_both_outputs_and_the_status)
{
    CLEANUP(test_process_release) struct test_process process = TEST_PROCESS_INIT;
    test_process_run(&process,
                     (const char *const[]){"sh", "-c", "echo out; echo err >&2; exit 7", NULL});
    cr_expect_eq(process.status, 7);
    cr_expect_str_eq(process.out, "out\n");
    cr_expect_str_eq(process.err, "err\n");
}

Test(support, reads_more_than_a_pipe_holds_from_both_outputs)
{
    CLEANUP(test_process_release) struct test_process process = TEST_PROCESS_INIT;
    test_process_run(
        &process,
        (const char *const[]){"sh", "-c", "yes | head -c 300000; yes | head -c 300000 >&2", NULL});
    cr_expect_eq(strlen(process.out), 300000);
    cr_expect_eq(strlen(process.err), 300000);
}

Test(support, tells_a_signal_from_an_exit)
{
    CLEANUP(test_process_release) struct test_process process = TEST_PROCESS_INIT;
    test_process_run(&process, (const char *const[]){"sh", "-c", "kill -9 $$", NULL});
    cr_expect_eq(process.status, 128 + SIGKILL);
}
