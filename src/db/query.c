/*
 * Statements and their results.
 *
 * Calls wait for the server without looking at interrupt_signal(): the first signal lets the chunk
 * in hand end, and a second one ends the process, after which the server rolls back. Whoever must
 * stop a statement uses db_cancel().
 */
#include "connection.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

void
pgresult_release(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

bool
db_is_ready(struct db *db, struct error *err)
{
    if (db->copy != DB_COPY_NONE)
        return error_set(err, EXIT_BUG, "%s: a statement was sent during a COPY", db->what);
    atomic_store(&db->was_cancelled, false);
    return true;
}

void
db_drain(struct db *db)
{
    PGresult *result;
    while ((result = PQgetResult(db->connection)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        PQclear(result);
        /* In a COPY, libpq hands out the same result again and again. */
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
            return;
    }
}

/* True for a result that is rows or a completed command; a COPY that got here has nobody to feed
 * it. */
static bool
check_result(struct db *db, const PGresult *result, struct error *err)
{
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        return true;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
        db->copy = PQresultStatus(result) == PGRES_COPY_IN ? DB_COPY_IN : DB_COPY_OUT;
        error_set(err, EXIT_BUG, "%s: COPY was sent as a query", db->what);
        return false;
    default:
        return db_fail(db, result, err);
    }
}

/* A server that holds another encoding may refuse the whole message for a character of its last
 * statement. */
static bool
may_be_refused_whole(const struct db *db, const char *sql)
{
    const char *encoding = db->identity.encoding;
    if (encoding == NULL || strcmp(encoding, "UTF8") == 0)
        return false;
    while (*sql > 0)
        sql++;
    return *sql != '\0';
}

PGresult *
db_send(struct db *db, const char *sql)
{
    if (db->deferred.length > 0 && *sql != '\0' && may_be_refused_whole(db, sql)) {
        PGresult *before = db_send(db, "");
        if (PQresultStatus(before) != PGRES_COMMAND_OK)
            return before;
        PQclear(before);
    }
    if (db->deferred.length == 0)
        return PQexec(db->connection, sql);
    strbuf_add_string(&db->deferred, sql);
    PGresult *result = PQexec(db->connection, db->deferred.data);
    strbuf_reset(&db->deferred);
    return result;
}

bool
db_flush(struct db *db, struct error *err)
{
    return db->deferred.length == 0 || db_execute(db, "", err);
}

void
db_defer(struct db *db, const char *sql)
{
    strbuf_add_string(&db->deferred, sql);
    strbuf_add_string(&db->deferred, "; ");
}

bool
db_execute(struct db *db, const char *sql, struct error *err)
{
    if (!db_is_ready(db, err))
        return false;
    CLEANUP(pgresult_release) PGresult *result = db_send(db, sql);
    return check_result(db, result, err);
}

/* Parameters want a message of their own, which holds one statement. */
static PGresult *
send_with_parameters(struct db *db, const char *sql, size_t count, const char *const *values)
{
    if (db->deferred.length > 0) {
        CLEANUP(pgresult_release) PGresult *before = db_send(db, "");
        if (PQresultStatus(before) != PGRES_COMMAND_OK) {
            PGresult *failed = before;
            before = NULL;
            return failed;
        }
    }
    return PQexecParams(db->connection, sql, (int)count, NULL, values, NULL, NULL, 0);
}

bool
db_query(struct db *db, const char *sql, size_t count, const char *const *values,
         struct db_result **result, struct error *err)
{
    if (!db_is_ready(db, err))
        return false;
    CLEANUP(pgresult_release)
    PGresult *raw = count == 0 && db->deferred.length > 0
                        ? db_send(db, sql)
                        : send_with_parameters(db, sql, count, values);
    if (!check_result(db, raw, err))
        return false;
    *result = memory_alloc(sizeof **result);
    (*result)->result = raw;
    raw = NULL;
    return true;
}

bool
db_command(struct db *db, const char *sql, size_t count, const char *const *values,
           int64_t *affected, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, sql, count, values, &result, err))
        return false;
    if (affected != NULL)
        *affected = strtoll(PQcmdTuples(result->result), NULL, 10);
    return true;
}

size_t
db_result_rows(const struct db_result *result)
{
    return (size_t)PQntuples(result->result);
}

const char *
db_result_text(const struct db_result *result, size_t row, int column)
{
    return PQgetisnull(result->result, (int)row, column)
               ? NULL
               : PQgetvalue(result->result, (int)row, column);
}

int64_t
db_result_int64(const struct db_result *result, size_t row, int column)
{
    const char *text = db_result_text(result, row, column);
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

bool
db_result_bool(const struct db_result *result, size_t row, int column)
{
    const char *text = db_result_text(result, row, column);
    return text != NULL && text[0] == 't';
}

size_t
db_result_length(const struct db_result *result, size_t row, int column)
{
    return (size_t)PQgetlength(result->result, (int)row, column);
}

void
db_result_free(struct db_result **result)
{
    if (*result == NULL)
        return;
    PQclear((*result)->result);
    free(*result);
    *result = NULL;
}
