/* Databases and statements on the fixture's server. */
#include "idmigrate_test.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *
server_host(void)
{
    const char *host = getenv("IDMIGRATE_TEST_HOST");
    cr_assert(host && *host,
              "IDMIGRATE_TEST_HOST is not set: run this through ctest or tests/support/server run");
    return host;
}

PGconn *
test_connect(const char *database)
{
    const char *const keys[] = {"host", "user", "dbname", "connect_timeout", NULL};
    const char *const values[] = {server_host(), "postgres", database, "10", NULL};
    PGconn *connection = PQconnectdbParams(keys, values, 0);
    cr_assert(PQstatus(connection) == CONNECTION_OK, "%s", PQerrorMessage(connection));
    return connection;
}

void
test_disconnect(PGconn **connection)
{
    PQfinish(*connection);
    *connection = NULL;
}

static PGresult *
execute(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s\nin: %s",
              PQerrorMessage(connection), sql);
    return result;
}

void
test_execute(PGconn *connection, const char *sql)
{
    PQclear(execute(connection, sql));
}

char *
test_query_text(PGconn *connection, const char *sql)
{
    PGresult *result = execute(connection, sql);
    const char *value = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    char *text = memory_strdup(value);
    PQclear(result);
    return text;
}

long long
test_query_number(PGconn *connection, const char *sql)
{
    CLEANUP(memory_free_string) char *text = test_query_text(connection, sql);
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    cr_assert(end != text && *end == '\0', "not a number: \"%s\"\nin: %s", text, sql);
    return number;
}

struct test_database
test_database_create(const char *name)
{
    return test_database_copy(name, "template0");
}

/* Another test may be copying the template at this moment; the server allows one at a time. */
static bool
create_database(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool busy = state && strcmp(state, "55006") == 0;
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    cr_assert(done || busy, "%s\nin: %s", PQerrorMessage(connection), sql);
    return done;
}

struct test_database
test_database_copy(const char *name, const char *template_name)
{
    struct test_database database;
    snprintf(database.name, sizeof database.name, "%s", name);
    snprintf(database.conninfo, sizeof database.conninfo, "host=%s user=postgres dbname=%s",
             server_host(), name);

    CLEANUP(test_disconnect) PGconn *connection = test_connect("postgres");
    CLEANUP(memory_free_string)
    char *drop = memory_printf("drop database if exists \"%s\" with (force)", name);
    test_execute(connection, drop);
    CLEANUP(memory_free_string)
    char *create = memory_printf("create database \"%s\" template \"%s\"", name, template_name);
    for (int tries = 0; !create_database(connection, create); tries++) {
        cr_assert(tries < 100, "the template %s stays in use", template_name);
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
    }
    return database;
}

void
test_database_release(struct test_database *database)
{
    if (!database->name[0])
        return;
    CLEANUP(test_disconnect) PGconn *connection = test_connect("postgres");
    CLEANUP(memory_free_string)
    char *drop = memory_printf("drop database if exists \"%s\" with (force)", database->name);
    test_execute(connection, drop);
    database->name[0] = '\0';
}

void
test_run_file(const char *database, const char *path, ...)
{
    CLEANUP(memory_free_string) char *file = test_source_path(path);
    const char *argv[40] = {"psql",   "-X",          "-q", "-v",       "ON_ERROR_STOP=1",
                            "-h",     server_host(), "-U", "postgres", "-d",
                            database, "-f",          file};
    size_t count = 13;
    va_list variables;
    va_start(variables, path);
    for (const char *variable = va_arg(variables, const char *); variable;
         variable = va_arg(variables, const char *)) {
        cr_assert(count + 3 < sizeof argv / sizeof *argv, "too many variables for %s", path);
        argv[count++] = "-v";
        argv[count++] = variable;
    }
    va_end(variables);
    CLEANUP(test_process_release) struct test_process psql = TEST_PROCESS_INIT;
    test_process_run(&psql, argv);
    cr_assert(psql.status == 0, "%s: psql ended with status %d: %s", path, psql.status, psql.err);
}
