/* Statements under a savepoint. */
#include "copy.h"

#include "binary.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <signal.h>
#include <string.h>

bool
copy_error_is_local(const struct error *err)
{
    static const char *const fatal_classes[] = {"08", "57", "58", "XX"};
    if (!err->is_set || err->sqlstate[0] == '\0')
        return false;
    for (size_t i = 0; i < sizeof fatal_classes / sizeof fatal_classes[0]; i++)
        if (strncmp(err->sqlstate, fatal_classes[i], 2) == 0)
            return false;
    return true;
}

/* After a failure the transaction goes on as if the statement had not been; the first error stays
 * the one that counts. */
static void
close_savepoint(struct db *db, bool failed)
{
    struct error ignored = ERROR_INIT;
    if (failed)
        db_savepoint_rollback(db, "idmigrate_verify", &ignored);
    else
        db_savepoint_release(db, "idmigrate_verify");
}

bool
copy_begin(struct copy *copy, struct db *db, const char *sql, struct error *err)
{
    *copy = (struct copy){.db = db};
    db_savepoint(db, "idmigrate_verify");
    if (db_copy_out_begin(db, sql, err))
        return true;
    close_savepoint(db, true);
    return false;
}

/* COPY takes no parameters. */
static void
fill_parameters(struct strbuf *sql, const char *query, const char *const *values)
{
    for (const char *c = query; *c != '\0'; c++) {
        if (*c == '$' && c[1] >= '1' && c[1] <= '9')
            db_quote_literal(sql, values[*++c - '1']);
        else
            strbuf_add_char(sql, *c);
    }
}

bool
copy_begin_query(struct copy *copy, struct db *db, const char *query, const char *const *values,
                 struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "COPY (");
    fill_parameters(&sql, query, values);
    strbuf_add_string(&sql, "\n) TO STDOUT");
    return copy_begin(copy, db, sql.data, err);
}

static bool
stop_if_interrupted(struct error *err)
{
    int signal_number = interrupt_signal();
    if (signal_number == 0)
        return false;
    error_set(err, signal_number == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED,
              "verification was interrupted");
    return true;
}

void
copy_abandon(struct copy *copy)
{
    struct error ignored = ERROR_INIT;
    db_copy_out_abandon(copy->db, &ignored);
    copy->failed = true;
}

bool
copy_next_line(struct copy *copy, struct error *err)
{
    bool stops = copy->stops != NULL && atomic_load_explicit(copy->stops, memory_order_relaxed);
    if (stops || stop_if_interrupted(err)) {
        copy_abandon(copy);
        return false;
    }
    if (!db_copy_out_next(copy->db, &copy->line, &copy->length, err)) {
        copy->failed = true;
        copy->line = NULL;
    }
    return copy->line != NULL;
}

static bool
refuse_row(struct copy *copy, size_t count, struct error *err)
{
    copy_abandon(copy);
    return error_set(err, EXIT_BUG, "%s: a row has not %zu fields", db_what(copy->db), count);
}

bool
copy_next(struct copy *copy, struct span *fields, size_t count, struct error *err)
{
    return copy_next_line(copy, err) &&
           (text_split(copy->line, copy->length, fields, count) || refuse_row(copy, count, err));
}

bool
copy_next_row(struct copy *copy, const struct plan_table *table, struct span *fields,
              struct span *content, struct error *err)
{
    size_t count = table->column_count;
    return copy_next_line(copy, err) &&
           (codec_split(table, copy->line, copy->length, fields, count, content) ||
            refuse_row(copy, count, err));
}

bool
copy_end(struct copy *copy, struct error *err)
{
    close_savepoint(copy->db, copy->failed);
    return !copy->failed && !err->is_set;
}

bool
copy_query(struct db *db, const char *sql, size_t count, const char *const *values,
           struct db_result **result, struct error *err)
{
    db_savepoint(db, "idmigrate_verify");
    bool done = db_query(db, sql, count, values, result, err);
    close_savepoint(db, !done);
    return done;
}
