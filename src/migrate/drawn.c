/*
 * Numbers that the target would draw from its sequences for columns nobody feeds. A real run lets
 * it; a dry run may not, because what nextval gives is not taken back by a rollback. So a dry run
 * feeds such columns itself, with numbers that are free.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool
is_drawn(const struct plan_table *table, const struct catalog_column *column)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].target == column)
            return false;
    return column->sequence != NULL && column->generated == 0;
}

/* The last number that was given out or is there. */
static bool
ask_last(struct migrate *m, const struct plan_table *table, const struct catalog_column *column,
         bool with_rows, int64_t *last, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;

    strbuf_add_string(&sql, "SELECT GREATEST(0, pg_catalog.pg_sequence_last_value(");
    db_quote_literal(&sql, column->sequence);
    strbuf_add_string(&sql, "::regclass)");
    if (with_rows) {
        strbuf_add_string(&sql, ", (SELECT pg_catalog.max(");
        db_quote_identifier(&sql, column->name);
        strbuf_add_string(&sql, ")::bigint FROM ");
        plan_sql_target_name(&sql, table);
        strbuf_add_char(&sql, ')');
    }
    strbuf_add_char(&sql, ')');
    if (!db_query(m->target, sql.data, 0, NULL, &result, err))
        return error_context(err, "table %s, column %s: reading its sequence", table->label,
                             column->name);
    *last = db_result_int64(result, 0, 0);
    return true;
}

/* A role that may write the table need not be allowed to read this column; the real run reads none
 * of it. */
static bool
read_last(struct migrate *m, const struct plan_table *table, const struct catalog_column *column,
          int64_t *last, struct error *err)
{
    struct error failed = ERROR_INIT;
    db_savepoint(m->target, "idmigrate_drawn");
    if (ask_last(m, table, column, column->type.category == 'N', last, &failed)) {
        db_savepoint_release(m->target, "idmigrate_drawn");
        return true;
    }
    if (strcmp(failed.sqlstate, "42501") != 0) {
        *err = failed;
        return false;
    }
    return db_savepoint_rollback(m->target, "idmigrate_drawn", err) &&
           ask_last(m, table, column, false, last, err);
}

bool
drawn_open(struct migrate *m, const struct plan_table *table, struct drawn *drawn,
           struct error *err)
{
    for (size_t i = 0; i < table->target->column_count && m->in->dry_run; i++) {
        const struct catalog_column *column = &table->target->columns[i];
        int64_t last = 0;
        if (!is_drawn(table, column))
            continue;
        if (!read_last(m, table, column, &last, err))
            return false;
        *ARRAY_ADD(drawn->columns, drawn->count, drawn->capacity) =
            (struct drawn_column){.column = column, .last = last};
    }
    return true;
}

void
drawn_release(struct drawn *drawn)
{
    free(drawn->columns);
    *drawn = (struct drawn){0};
}

void
drawn_sql_copy_in(struct strbuf *sql, const struct plan_table *table, const struct drawn *drawn)
{
    strbuf_add_string(sql, "COPY ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " (");
    plan_sql_target_columns(sql, table);
    for (size_t i = 0; i < drawn->count; i++) {
        strbuf_add_string(sql, ", ");
        db_quote_identifier(sql, drawn->columns[i].column->name);
    }
    strbuf_add_string(sql, ") FROM STDIN");
    plan_sql_codec(sql, table);
}

/* How a number of the column is sent. */
static enum plan_wire
wire_of(const struct catalog_column *column)
{
    switch (column->type.base_oid) {
    case PLAN_OID_INT2:
        return PLAN_WIRE_INT2;
    case PLAN_OID_INT4:
        return PLAN_WIRE_INT4;
    default:
        return PLAN_WIRE_INT8;
    }
}

static bool
add_numbers(struct drawn *drawn, struct strbuf *tuple, struct error *err)
{
    char number[32];
    for (size_t i = 0; i < drawn->count; i++) {
        int length = snprintf(number, sizeof number, "%" PRId64, ++drawn->columns[i].last);
        if (!wire_write(tuple, wire_of(drawn->columns[i].column),
                        (struct row_value){number, (size_t)length}))
            return error_set(err, EXIT_STOPPED, "column %s: its numbers are used up",
                             drawn->columns[i].column->name);
    }
    return true;
}

bool
drawn_add_row(struct drawn *drawn, struct strbuf *lines, const struct row *row, struct error *err)
{
    const struct strbuf *line = &row->line;
    if (row->table->codec == PLAN_CODEC_BINARY) {
        strbuf_add(lines, line->data + WIRE_COUNT_SIZE, line->length - WIRE_COUNT_SIZE);
        return add_numbers(drawn, lines, err);
    }
    strbuf_add(lines, line->data, line->length - 1);
    for (size_t i = 0; i < drawn->count; i++)
        strbuf_printf(lines, "\t%" PRId64, ++drawn->columns[i].last);
    strbuf_add_char(lines, '\n');
    return true;
}

bool
drawn_put_row(struct migrate *m, struct drawn *drawn, const struct row *row, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf whole = STRBUF_INIT;
    if (drawn->count == 0)
        return db_copy_in_put(m->target, row->line.data, row->line.length, err);
    if (row->table->codec == PLAN_CODEC_BINARY)
        wire_add_count(&whole, row->table->column_count + drawn->count);
    return drawn_add_row(drawn, &whole, row, err) &&
           db_copy_in_put(m->target, whole.data, whole.length, err);
}
