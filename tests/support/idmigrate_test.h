/*
 * What integration tests have in common: databases on the fixture's server, and the program as a
 * child process.
 *
 * The server is that of IDMIGRATE_TEST_HOST (see tests/support/server). Everything here fails the
 * running test with a word on what went wrong, so that a test needs no checks of its own for its
 * own set-up.
 */
#ifndef IDMIGRATE_TEST_H
#define IDMIGRATE_TEST_H

#include <libpq-fe.h>
#include <stddef.h>

#include "idmigrate/memory.h"

/*
 * A database of one test. Tests of one executable run at the same time, so each gives its own name;
 * one that an earlier, crashed test left is replaced. It is dropped with the value:
 *
 *     CLEANUP(test_database_release) struct test_database target =
 * test_database_create("ledger_target");
 */
struct test_database {
    char name[64];
    char conninfo[512]; /* as --source and --target take it */
};

struct test_database test_database_create(const char *name);
struct test_database test_database_copy(const char *name,
                                        const char *template_name); /* 35 ms, whatever is in it */
void test_database_release(struct test_database *database);

/* A connection of the test's own, beside those of the code under test. CLEANUP(test_disconnect)
 * closes it. */
PGconn *test_connect(const char *database);
void test_disconnect(PGconn **connection);

/* Runs one or more statements. */
void test_execute(PGconn *connection, const char *sql);
/* The first column of the first row as text, "" for NULL and for no row; freed by the caller. */
char *test_query_text(PGconn *connection, const char *sql);
/* The same as a number. */
long long test_query_number(PGconn *connection, const char *sql);

/* Runs a file with psql, stopping at the first error. The path is relative to the source's root.
 * `...`: psql variables as "name=value", ended by NULL. */
void test_run_file(const char *database, const char *path, ...) __attribute__((sentinel));

/* A child process that has ended. */
struct test_process {
    int status; /* the exit status; 128 + the signal if one ended it */
    char *out;  /* standard output, always ended by a zero byte */
    char *err;  /* standard error */
};
#define TEST_PROCESS_INIT                                                                          \
    {                                                                                              \
        0                                                                                          \
    }
void test_process_release(struct test_process *process);

/* Runs argv[0] (looked up in PATH) with nothing on standard input and waits for its end. */
void test_process_run(struct test_process *process, const char *const argv[]);
/* Runs the program of this build with the given arguments, ended by NULL. */
void test_idmigrate(struct test_process *process, ...) __attribute__((sentinel));

/* The program runs until it is killed or ends: for tests of kill, resume and Ctrl-C. Its output
 * goes to `log`. */
int test_process_start(const char *log, const char *const argv[]);
/* Waits for such a process; the result as in struct test_process. */
int test_process_wait(int pid);

/* A file below the source's root, whole; freed by the caller. */
char *test_read_file(const char *path);
/* The path of a file below the source's root; freed by the caller. */
char *test_source_path(const char *path);

#endif
