/*
 * What the server said, as an error that tells nothing about a row.
 *
 * The idea: a message is passed on only when its SQLSTATE class is known to speak of objects and
 * statements. Data exceptions (22) and broken constraints (23) quote values, so they get a text of
 * our own, made of the condition and of the names that the protocol gives separately. Whatever a
 * function raised itself (RAISE, foreign servers, custom codes) may say anything: it is withheld
 * too; the server's log has it. DETAIL and HINT of the server are never read; CONTEXT only for the
 * line number and the column of a COPY and the name of a PL/pgSQL function.
 */
#include "connection.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct condition {
    const char *sqlstate;
    const char *text;
};

/* Appendix A of the PostgreSQL manual; classes 22 and 23. */
static const struct condition conditions[] = {
    {"22001", "a text is too long for its column"},
    {"22003", "a number is out of range for its column"},
    {"22007", "a text is no valid date or time"},
    {"22008", "a date or time is out of range"},
    {"22009", "a time zone displacement is not valid"},
    {"22012", "a division by zero"},
    {"22021", "a text is not valid in the server's encoding"},
    {"22023", "a value is not valid as a parameter"},
    {"22030", "a JSON object has a key twice"},
    {"22032", "a text is no valid JSON"},
    {"22P01", "a floating-point number is out of range"},
    {"22P02", "a text is not valid for its column's type"},
    {"22P03", "a binary value is not valid for its column's type"},
    {"22P04", "a COPY row does not have the expected form"},
    {"22P05", "a character has no equivalent in the other encoding"},
    {"2200N", "a text is no valid XML content"},
    {"23001", "a row is still referenced (restrict)"},
    {"23502", "a column that must not be null would be null"},
    {"23503", "a foreign key would be broken"},
    {"23505", "a unique key would hold a value twice"},
    {"23514", "a check would be broken"},
    {"23P01", "an exclusion constraint would be broken"},
};

/* Classes whose primary messages name objects, statements and states, never values. */
static const char *const plain_classes[] = {"08", "0A", "21", "24", "25", "26", "28", "2B",
                                            "34", "3B", "3D", "3F", "40", "42", "53", "54",
                                            "55", "57", "58", "72", "F0", "XX"};

static bool
is_class(const char *sqlstate, const char *class)
{
    return strncmp(sqlstate, class, 2) == 0;
}

static const char *
field(const PGresult *result, int code)
{
    const char *value = PQresultErrorField(result, code);
    return value != NULL ? value : "";
}

/* A RAISE of a function or trigger can choose any SQLSTATE, so its class says nothing. */
static bool
speaks_of_no_values(const PGresult *result, const char *sqlstate)
{
    if (strcmp(field(result, PG_DIAG_SOURCE_FUNCTION), "exec_stmt_raise") == 0)
        return false;
    for (size_t i = 0; i < sizeof plain_classes / sizeof plain_classes[0]; i++)
        if (is_class(sqlstate, plain_classes[i]))
            return true;
    return false;
}

static const char *
condition_text(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        if (strcmp(conditions[i].sqlstate, sqlstate) == 0)
            return conditions[i].text;
    if (is_class(sqlstate, "22"))
        return "the server refused a value";
    if (is_class(sqlstate, "23"))
        return "a constraint would be broken";
    return "a function, trigger or foreign server raised an error (its message may quote a row; "
           "see the server's log)";
}

/* First line that starts with `prefix`; the text behind the prefix, or NULL. */
static const char *
find_line(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, prefix, length) == 0)
            return line + length;
    }
    return NULL;
}

/*
 * "COPY users, line 17, column age: "x"" (copyfrom.c, CopyFromErrorCallback): adds the line and the
 * column. What follows the column is the value. The column's end is the first colon that the server
 * writes before a value.
 */
static void
read_copy_place(const char *context, struct db_place *place)
{
    const char *copy = find_line(context, "COPY ");
    const char *line = copy != NULL ? strstr(copy, ", line ") : NULL;
    if (line == NULL || !isdigit((unsigned char)line[7]))
        return;
    char *behind;
    place->line = strtoll(line + 7, &behind, 10);

    static const char before_column[] = ", column ";
    if (strncmp(behind, before_column, sizeof before_column - 1) != 0)
        return;
    const char *column = behind + sizeof before_column - 1;
    const char *end = strstr(column, ": ");
    /* Of a binary COPY the value is not told. */
    if (end == NULL)
        end = column + strcspn(column, "\n");
    if (end - column < DB_NAME_SIZE)
        snprintf(place->copy_column, sizeof place->copy_column, "%.*s", (int)(end - column),
                 column);
}

static void
add_copy_place(struct strbuf *text, const char *context)
{
    struct db_place place = {.line = 0};
    read_copy_place(context, &place);
    if (place.line > 0)
        strbuf_printf(text, ", line %" PRId64, place.line);
    if (place.copy_column[0] != '\0')
        strbuf_printf(text, ", column %s", place.copy_column);
}

static void
add_function(struct strbuf *text, const char *context)
{
    const char *function = find_line(context, "PL/pgSQL function ");
    const char *end = function != NULL ? strstr(function, " line ") : NULL;
    if (end != NULL && memchr(function, '\n', (size_t)(end - function)) == NULL)
        strbuf_printf(text, ", function %.*s", (int)(end - function), function);
}

static void
add_names(struct strbuf *text, const PGresult *result)
{
    const char *schema = field(result, PG_DIAG_SCHEMA_NAME);
    const char *table = field(result, PG_DIAG_TABLE_NAME);
    const char *column = field(result, PG_DIAG_COLUMN_NAME);
    const char *constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    const char *type = field(result, PG_DIAG_DATATYPE_NAME);
    const char *context = field(result, PG_DIAG_CONTEXT);

    if (table[0] != '\0')
        strbuf_printf(text, ", table %s.%s", schema, table);
    else if (type[0] != '\0')
        strbuf_printf(text, ", type %s.%s", schema, type);
    if (column[0] != '\0')
        strbuf_printf(text, ", column %s", column);
    if (constraint[0] != '\0')
        strbuf_printf(text, ", constraint %s", constraint);
    add_copy_place(text, context);
    add_function(text, context);
}

/* The first line without the severity libpq puts in front; the others are advice for psql's users.
 */
static void
add_first_line(struct strbuf *text, const char *message)
{
    size_t length = strcspn(message, "\n");
    strbuf_printf(text, "%.*s", (int)length, message);
}

static bool
is_about_row_security(const PGresult *result)
{
    return strcmp(field(result, PG_DIAG_SOURCE_FILE), "rls.c") == 0 ||
           strstr(field(result, PG_DIAG_MESSAGE_PRIMARY), "row-level security") != NULL;
}

static enum exit_status
code_of(const char *sqlstate)
{
    /* 42: what was asked for does not exist, does not parse or is not allowed; 25006: the server is
     * read only. */
    if (is_class(sqlstate, "42") || strcmp(sqlstate, "25006") == 0)
        return EXIT_REFUSED;
    return EXIT_STOPPED;
}

static void
add_hint(const PGresult *result, const char *sqlstate, struct error *err)
{
    if (is_about_row_security(result))
        error_hint(err,
                   "row-level security would hide or refuse rows: use a role with BYPASSRLS, or "
                   "the owner of a table whose row security is not forced");
    else if (strcmp(sqlstate, "42501") == 0)
        error_hint(
            err, "the role lacks a privilege; `idmigrate check` prints the GRANT that is missing");
    else if (strcmp(sqlstate, "25006") == 0)
        error_hint(err, "the server or the session is read only: connect to the primary server");
    else if (strcmp(sqlstate, "55P03") == 0)
        error_hint(err, "another session, or a transaction that was prepared, holds a lock on the "
                        "table; pg_stat_activity, pg_locks and pg_prepared_xacts show which");
    else if (strcmp(sqlstate, "53300") == 0)
        error_hint(err, "the server has no free connection: use fewer workers or raise the limit");
    else if (strcmp(sqlstate, "53100") == 0)
        error_hint(err, "the server's disk is full: make room, then run the same command again");
    else if (strcmp(sqlstate, "54000") == 0)
        error_hint(err, "PostgreSQL cannot carry a COPY row of more than 1 GB");
}

void
db_set_sqlstate(struct error *err, const char *sqlstate)
{
    if (!err->is_set)
        snprintf(err->sqlstate, sizeof err->sqlstate, "%s", sqlstate);
}

/*
 * When a write failed, libpq reads what the server left as its reason. Where that is some other
 * message, as of a server that crashes, the status stays good until libpq reads once more.
 */
static bool
is_connection_gone(PGconn *connection)
{
    return PQstatus(connection) != CONNECTION_OK || PQconsumeInput(connection) == 0 ||
           PQstatus(connection) != CONNECTION_OK;
}

/* Without a result or SQLSTATE libpq itself has something to say: nearly always that the connection
 * is gone. */
static bool
fail_without_server(const char *what, PGconn *connection, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    add_first_line(&text, PQerrorMessage(connection));
    bool is_gone = is_connection_gone(connection);
    db_set_sqlstate(err, is_gone ? "08006" : "");
    error_set(err, EXIT_STOPPED, "%s: %s%s", what, is_gone ? "the connection was lost: " : "",
              text.length > 0 ? text.data : "libpq gave no reason");
    if (is_gone)
        return error_hint(err, "run the same command again to continue");
    if (strncmp(text.data, "out of memory", 13) == 0)
        return error_hint(err, "libpq holds a whole row in memory: let the process have more");
    return false;
}

bool
db_fail_raw(const char *what, PGconn *connection, const PGresult *result, struct error *err)
{
    const char *sqlstate = result != NULL ? field(result, PG_DIAG_SQLSTATE) : "";
    if (err->is_set)
        return false;
    if (strlen(sqlstate) != 5)
        return fail_without_server(what, connection, err);

    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    if (speaks_of_no_values(result, sqlstate))
        add_first_line(&text, field(result, PG_DIAG_MESSAGE_PRIMARY));
    else
        strbuf_add_string(&text, condition_text(sqlstate));
    strbuf_printf(&text, " (%s", sqlstate);
    add_names(&text, result);
    strbuf_add_char(&text, ')');

    db_set_sqlstate(err, sqlstate);
    error_set(err, code_of(sqlstate), "%s: %s", what, text.data);
    add_hint(result, sqlstate, err);
    return false;
}

/* A name the server gives, or one that a RAISE gives as such, whole or not at all. */
static void
take_name(char name[DB_NAME_SIZE], const char *text)
{
    if (strlen(text) < DB_NAME_SIZE)
        snprintf(name, DB_NAME_SIZE, "%s", text);
}

static void
keep_place(struct db *db, const PGresult *result)
{
    struct db_place *place = &db->place;
    *place = (struct db_place){.line = 0};
    if (result == NULL)
        return;
    snprintf(place->sqlstate, sizeof place->sqlstate, "%s", field(result, PG_DIAG_SQLSTATE));
    take_name(place->column, field(result, PG_DIAG_COLUMN_NAME));
    take_name(place->constraint, field(result, PG_DIAG_CONSTRAINT_NAME));
    read_copy_place(field(result, PG_DIAG_CONTEXT), place);
}

const struct db_place *
db_failure_place(const struct db *db)
{
    return &db->place;
}

void
db_forget_failure(struct db *db)
{
    db->place = (struct db_place){.line = 0};
}

bool
db_fail(struct db *db, const PGresult *result, struct error *err)
{
    if (err->is_set)
        return false;
    keep_place(db, result);
    db_fail_raw(db->what, db->connection, result, err);
    /* Cancelled because we asked: nobody shall try it again. */
    if (strcmp(err->sqlstate, "57014") == 0 && atomic_load(&db->was_cancelled))
        err->code = interrupt_signal() == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED;
    return false;
}

bool
db_error_is_transient(const struct error *err)
{
    static const char *const states[] = {"40001", "40P01", "55P03", "57014", "25P03",
                                         "57P01", "57P02", "57P03", "57P05"};
    if (err->code != EXIT_STOPPED)
        return false; /* cancelled by us, or nothing the server said */
    if (is_class(err->sqlstate, "08"))
        return true;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(err->sqlstate, states[i]) == 0)
            return true;
    return false;
}

bool
db_error_is_fatal(const struct error *err)
{
    return err->code == EXIT_INTERRUPTED || err->code == EXIT_TERMINATED || err->code == EXIT_BUG ||
           strncmp(err->sqlstate, "08", 2) == 0 || strncmp(err->sqlstate, "57P", 3) == 0;
}
