/*
 * Every statement of sql/query is one that the server understands, on a database with everything of
 * sql/install in it. Written over the table of what is embedded: a new file is tested by being
 * there.
 */
#include "session.h"

#include "idmigrate/sql.h"

#include <string.h>

/* What placeholders stand for here; one that is not listed ends the test by name. */
static const char *const names[] = {"schema",
                                    "public",
                                    "table",
                                    "audit_logs",
                                    "default_partition",
                                    "audit_logs_default",
                                    "guard",
                                    "idmigrate_audit",
                                    "log",
                                    "public.audit_logs",
                                    "owner",
                                    "postgres",
                                    "writer",
                                    "postgres",
                                    "auditor",
                                    "postgres",
                                    "pruner",
                                    "postgres",
                                    "migrator",
                                    "postgres",
                                    "time_column",
                                    "recorded_at",
                                    "tenant_column",
                                    "tenant_id",
                                    NULL};

static const char *
find_install(const char *name)
{
    for (size_t i = 0; sql_installs[i].name != NULL; i++)
        if (strcmp(sql_installs[i].name, name) == 0)
            return sql_installs[i].text;
    cr_assert_fail("there is no sql/install/%s.sql", name);
    return NULL;
}

static void
install(struct session *s)
{
    static const char *const audit[] = {"audit_roles", "audit_schema",    "audit_logs",
                                        "audit_write", "audit_retention", "audit_doors"};
    session_execute(s->db, find_install("idmigrate"));
    for (size_t i = 0; i < sizeof audit / sizeof audit[0]; i++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
        db_fill(&sql, find_install(audit[i]), names);
        session_execute(s->db, sql.data);
    }
}

/* COPY cannot be prepared: it is begun, given nothing, and rolled back. */
static bool
try_copy(PGconn *connection, const char *sql)
{
    test_execute(connection, "BEGIN");
    PGresult *result = PQexec(connection, sql);
    bool done = PQresultStatus(result) == PGRES_COPY_IN || PQresultStatus(result) == PGRES_COPY_OUT;
    PQclear(result);
    if (done && PQputCopyEnd(connection, NULL) == 1)
        PQclear(PQgetResult(connection));
    while ((result = PQgetResult(connection)) != NULL)
        PQclear(result);
    test_execute(connection, "ROLLBACK");
    return done;
}

static bool
try_prepare(PGconn *connection, const char *sql)
{
    PGresult *result = PQprepare(connection, "", sql, 0, NULL);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return done;
}

static const char *
skip_comments(const char *sql)
{
    sql += strspn(sql, " \n");
    while (strncmp(sql, "--", 2) == 0) {
        sql += strcspn(sql, "\n");
        sql += strspn(sql, " \n");
    }
    return sql;
}

Test(statements, the_server_understands_every_one)
{
    CLEANUP(session_release) struct session s = session_open("db_statements", DB_TARGET);
    CLEANUP(test_disconnect) PGconn *own = test_connect(s.database.name);
    install(&s);
    test_execute(own, "SET search_path = ''");
    size_t count = 0;
    for (; sql_queries[count].name != NULL; count++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
        db_fill(&sql, sql_queries[count].text, names);
        bool is_copy = strncmp(skip_comments(sql.data), "COPY", 4) == 0;
        bool done = is_copy ? try_copy(own, sql.data) : try_prepare(own, sql.data);
        cr_expect(done, "sql/query/%s.sql: %s", sql_queries[count].name, PQerrorMessage(own));
    }
    cr_expect_geq(count, 10, "the table of statements is not empty");
}

Test(statements, begin_with_their_purpose)
{
    for (size_t i = 0; sql_queries[i].name != NULL; i++)
        cr_expect_eq(strncmp(sql_queries[i].text, "-- ", 3), 0, "sql/query/%s.sql",
                     sql_queries[i].name);
}
