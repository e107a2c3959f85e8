/*
 * A real pooler in between. Without pgbouncer the tests are skipped, and say so.
 */
#include "session.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pooler {
    char directory[64];
    int process;
    char uri[256];
};

static void
pooler_release(struct pooler *pooler)
{
    CLEANUP(test_process_release) struct test_process process = TEST_PROCESS_INIT;
    kill(pooler->process, SIGKILL);
    test_process_wait(pooler->process);
    test_process_run(&process, (const char *const[]){"rm", "-rf", pooler->directory, NULL});
}

__attribute__((format(printf, 3, 4))) static void
write_file(const char *directory, const char *name, const char *format, ...)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
}

static void
wait_until_ready(const char *uri, const char *directory)
{
    for (int i = 0; i < 100; i++) {
        if (PQping(uri) == PQPING_OK)
            return;
        usleep(100 * 1000);
    }
    cr_assert_fail("pgbouncer did not start; see %s/log", directory);
}

static struct pooler
pooler_start(const char *mode, int size, const char *database)
{
    struct pooler pooler = {.directory = "/tmp/idmigrate-pooler-XXXXXX"};
    char path[128];
    char log[128];
    if (access("/usr/sbin/pgbouncer", X_OK) != 0)
        cr_skip_test("pgbouncer is not installed: nothing was tried with a real pooler");
    cr_assert_not_null(mkdtemp(pooler.directory));
    cr_assert_eq(chmod(pooler.directory, 0777), 0);
    write_file(pooler.directory, "users", "\"postgres\" \"\"\n");
    write_file(
        pooler.directory, "pgbouncer.ini",
        "[databases]\n* = host=%s\n[pgbouncer]\npool_mode = %s\nauth_type = trust\n"
        "auth_file = %s/users\nlisten_port = 6432\nunix_socket_dir = %s\ndefault_pool_size = %d\n",
        getenv("IDMIGRATE_TEST_HOST"), mode, pooler.directory, pooler.directory, size);
    snprintf(path, sizeof path, "%s/pgbouncer.ini", pooler.directory);
    snprintf(log, sizeof log, "%s/log", pooler.directory);
    snprintf(pooler.uri, sizeof pooler.uri, "host=%s port=6432 user=postgres dbname=%s",
             pooler.directory, database);

    /* It does not run as root, and must not outlive a test that fails. */
    const char *const as_root[] = {"setpriv",
                                   "--pdeathsig",
                                   "KILL",
                                   "--reuid=postgres",
                                   "--regid=postgres",
                                   "--init-groups",
                                   "/usr/sbin/pgbouncer",
                                   path,
                                   NULL};
    const char *const as_user[] = {"setpriv", "--pdeathsig", "KILL", "/usr/sbin/pgbouncer",
                                   path,      NULL};
    pooler.process = test_process_start(log, geteuid() == 0 ? as_root : as_user);
    wait_until_ready(pooler.uri, pooler.directory);
    return pooler;
}

static void
assert_refused(const char *mode, int size, const char *database_name)
{
    CLEANUP(test_database_release)
    struct test_database database = test_database_create(database_name);
    CLEANUP(pooler_release) struct pooler pooler = pooler_start(mode, size, database.name);
    struct error err = ERROR_INIT;
    for (int i = 0; i < 2; i++) {
        CLEANUP(db_close) struct db *db = NULL;
        error_clear(&err);
        cr_assert_not(db_open(&db, pooler.uri, "target", DB_TARGET, "test", &err));
        cr_expect_eq(err.code, EXIT_REFUSED, "%s", err.text);
        cr_expect_not_null(strstr(err.text, "pooler"), "%s", err.text);
        cr_expect_str_not_empty(err.hint);
    }

    /* What the application would find on the pooler's connections. */
    PGconn *application = PQconnectdb(pooler.uri);
    CLEANUP(memory_free_string) char *path = test_query_text(application, "SHOW search_path");
    cr_expect_str_eq(path, "\"$user\", public");
    PQfinish(application);
}

Test(pooler, in_transaction_mode_is_refused_before_anything_is_set)
{
    assert_refused("transaction", 5, "db_pooler_transaction");
}

/* pgbouncer would let the second connection wait two minutes for the first, and then hang up. */
Test(pooler, with_one_server_is_refused_without_waiting_for_it, .timeout = 60)
{
    assert_refused("transaction", 1, "db_pooler_one");
}

Test(pooler, in_statement_mode_is_refused_too)
{
    assert_refused("statement", 5, "db_pooler_statement");
}

Test(pooler, in_session_mode_is_as_good_as_none)
{
    CLEANUP(test_database_release)
    struct test_database database = test_database_create("db_pooler_session");
    CLEANUP(pooler_release) struct pooler pooler = pooler_start("session", 5, database.name);
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    cr_expect(db_open(&db, pooler.uri, "target", DB_TARGET, "test", &err), "%s", err.text);
}

/* A backend ends a moment after its client has closed the connection. */
static void
wait_for_one_session(PGconn *own)
{
    test_execute(own, "DO $$ BEGIN FOR i IN 1..500 LOOP"
                      " PERFORM pg_catalog.pg_stat_clear_snapshot();"
                      " EXIT WHEN (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity"
                      "            WHERE usename = 'db_pooler_once') <= 1;"
                      " PERFORM pg_catalog.pg_sleep(0.01); END LOOP; END $$");
}

Test(pooler, is_looked_for_once_for_each_string)
{
    CLEANUP(test_database_release)
    struct test_database database = test_database_create("db_pooler_once");
    CLEANUP(test_disconnect) PGconn *own = test_connect(database.name);
    struct error err = ERROR_INIT;
    CLEANUP(db_close) struct db *first = NULL;
    CLEANUP(db_close) struct db *second = NULL;
    CLEANUP(db_close) struct db *third = NULL;
    cr_assert(db_open(&first, database.conninfo, "target", DB_TARGET, "test", &err));
    /* With room for one more connection only, looking again would fail. */
    test_execute(own, "CREATE ROLE db_pooler_once LOGIN CONNECTION LIMIT 1");
    char uri[600];
    snprintf(uri, sizeof uri, "%s user=db_pooler_once", database.conninfo);
    cr_expect_not(db_open(&second, uri, "target", DB_TARGET, "test", &err));
    error_clear(&err);
    test_execute(own, "ALTER ROLE db_pooler_once CONNECTION LIMIT 2");
    wait_for_one_session(own);
    cr_expect(db_open(&second, uri, "target", DB_TARGET, "test", &err), "%s", err.text);
    wait_for_one_session(own);
    cr_expect(db_open(&third, uri, "target", DB_TARGET, "test", &err), "%s", err.text);
    db_close(&second);
    db_close(&third);
    test_execute(own, "DROP ROLE db_pooler_once");
}
