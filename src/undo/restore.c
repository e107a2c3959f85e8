/*
 * Rows that were there before the run and that it changed get the values back that they had, unless
 * the application changed them since.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/row.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <string.h>

/* ---- SQL ---- */

static const struct catalog_column *
former_column(const struct undo_table *table, size_t i)
{
    const char *name = db_result_text(table->former_columns, i, 0);
    int position = catalog_find_column(table->plan->target, name);
    return position >= 0 ? &table->plan->target->columns[position] : NULL;
}

/* The columns that any of the rows had changed: another pass may have taken over others. */
static bool
load_columns(struct undo *undo, struct undo_table *table, struct error *err)
{
    CLEANUP(memory_free_string) char *number = memory_printf("%d", table->stored->table_no);
    const char *values[] = {undo->run_id, number};
    if (table->former_columns == NULL && !db_query(undo->target, sql_query_undo_former_columns, 2,
                                                   values, &table->former_columns, err))
        return false;
    for (size_t i = 0; i < db_result_rows(table->former_columns); i++)
        if (former_column(table, i) == NULL)
            return error_set(err, EXIT_REFUSED,
                             "table %s: the target has no column \"%s\" any more",
                             table->stored->label, db_result_text(table->former_columns, i, 0));
    return true;
}

/* The next rows, in order of their key: as f. */
static void
add_next(struct strbuf *sql, const struct undo *undo, const struct undo_table *table, int64_t limit)
{
    strbuf_printf(
        sql,
        "(SELECT n.* FROM idmigrate.former_row AS n WHERE n.run_id = '%s' AND n.table_no = "
        "%d AND n.reason_code IS NULL ORDER BY n.target_key LIMIT %" PRId64 ") AS f",
        undo->run_id, table->stored->table_no, limit);
}

static void
add_has(struct strbuf *sql, const char *object, const struct catalog_column *column)
{
    strbuf_printf(sql, "pg_catalog.jsonb_exists(f.%s, ", object);
    db_quote_literal(sql, column->name);
    strbuf_add_char(sql, ')');
}

static void
add_member(struct strbuf *sql, const char *object, const struct catalog_column *column)
{
    strbuf_printf(sql, "(f.%s ->> ", object);
    db_quote_literal(sql, column->name);
    strbuf_add_char(sql, ')');
}

/* Locked, and judged. */
static void
add_judging(struct strbuf *sql, const struct undo *undo, const struct undo_table *table,
            int64_t limit)
{
    strbuf_add_string(sql,
                      "INSERT INTO pg_temp.idmigrate_back (target_key, verdict, tenant) SELECT "
                      "f.target_key, CASE WHEN true");
    for (size_t i = 0; i < db_result_rows(table->former_columns); i++) {
        const struct catalog_column *column = former_column(table, i);
        strbuf_add_string(sql, " AND (NOT ");
        add_has(sql, "written", column);
        strbuf_add_string(sql, " OR t.");
        db_quote_identifier(sql, column->name);
        strbuf_add_string(sql, "::text IS NOT DISTINCT FROM ");
        add_member(sql, "written", column);
        strbuf_add_char(sql, ')');
    }
    strbuf_add_string(sql, " THEN 's' ELSE 'c' END, ");
    undo_sql_tenant(sql, table);
    strbuf_add_string(sql, " FROM ");
    add_next(sql, undo, table, limit);
    strbuf_add_string(sql, " JOIN ");
    undo_sql_target(sql, table);
    strbuf_add_string(sql, " AS t ON ");
    undo_sql_match_former(sql, table, "f", "t");
    strbuf_add_string(sql, " FOR UPDATE OF t");
}

static void
add_restoring(struct strbuf *sql, const struct undo *undo, const struct undo_table *table)
{
    strbuf_add_string(sql, "UPDATE ");
    undo_sql_target(sql, table);
    strbuf_add_string(sql, " AS t SET ");
    for (size_t i = 0; i < db_result_rows(table->former_columns); i++) {
        const struct catalog_column *column = former_column(table, i);
        strbuf_add_string(sql, i > 0 ? ", " : "");
        db_quote_identifier(sql, column->name);
        strbuf_add_string(sql, " = CASE WHEN ");
        add_has(sql, "former", column);
        strbuf_add_string(sql, " THEN ");
        add_member(sql, "former", column);
        strbuf_printf(sql, "::%s ELSE t.", column->type.text_plain);
        db_quote_identifier(sql, column->name);
        strbuf_add_string(sql, " END");
    }
    strbuf_printf(
        sql,
        " FROM idmigrate.former_row AS f, pg_temp.idmigrate_back AS b WHERE f.run_id = "
        "'%s' AND f.table_no = %d AND b.target_key = f.target_key AND b.verdict = 's' AND ",
        undo->run_id, table->stored->table_no);
    undo_sql_match_former(sql, table, "f", "t");
}

/* ---- events ---- */

enum { FIELD_KEY, FIELD_SOURCE_KEY, FIELD_TENANT, FIELDS };

static void
add_restored_rows(struct strbuf *sql, const struct undo *undo, const struct undo_table *table)
{
    strbuf_add_string(sql, "COPY (SELECT b.target_key, m.source_key, b.tenant");
    undo_sql_columns(sql, table);
    strbuf_printf(sql, " FROM pg_temp.idmigrate_back AS b JOIN ");
    undo_sql_target(sql, table);
    strbuf_add_string(sql, " AS t ON ");
    undo_sql_match_former(sql, table, "b", "t");
    strbuf_printf(sql,
                  " LEFT JOIN idmigrate.merge AS m ON m.run_id = '%s' AND m.table_no = %d AND "
                  "m.survivor_key = b.target_key AND m.updates WHERE b.verdict = 's') TO STDOUT",
                  undo->run_id, table->stored->table_no);
    undo_sql_codec(sql, table);
}

static void
log_row(struct undo *undo, const struct undo_table *table, const struct undo_line *line,
        struct strbuf *events)
{
    char hidden[sizeof "digest:" + DIGEST_HEX_SIZE] = "digest:";
    struct undo_event event = {.action = AUDIT_RESTORED,
                               .resource_id = line->values[FIELD_KEY],
                               .tenant = line->values[FIELD_TENANT],
                               .row = line->digest};
    if (line->values[FIELD_SOURCE_KEY] != NULL)
        event.source_key =
            digest_bytes(line->texts[FIELD_SOURCE_KEY].data, line->texts[FIELD_SOURCE_KEY].length);
    if (!table->key_is_shown) {
        digest_to_hex(digest_bytes(line->texts[FIELD_KEY].data, line->texts[FIELD_KEY].length),
                      hidden + strlen(hidden));
        event.resource_id = hidden;
    }
    undo_add_event(undo, table, &event, events);
}

static bool
log_restored(struct undo *undo, const struct undo_table *table, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, events = STRBUF_INIT;
    CLEANUP(undo_line_release) struct undo_line line = UNDO_LINE_INIT;
    const char *data;
    size_t length;
    int64_t count = 0;
    add_restored_rows(&sql, undo, table);
    bool good = db_copy_out_begin(undo->target, sql.data, err);
    while (good && (good = db_copy_out_next(undo->target, &data, &length, err)) && data != NULL) {
        good = undo_line_read(&line, table, data, length, FIELDS, err);
        if (good)
            log_row(undo, table, &line, &events);
        count++;
    }
    return good && undo_copy_events(undo, &events, count, err);
}

/* ---- one chunk ---- */

/* What is kept of rows that are dealt with: the reason of those that stay, nothing of others. */
static bool
forget_former(struct undo *undo, struct undo_table *table, int64_t limit, int64_t restored,
              int64_t *rows, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    int64_t removed = 0, refused = 0;
    strbuf_printf(&sql, "DELETE FROM idmigrate.former_row AS d USING ");
    add_next(&sql, undo, table, limit);
    strbuf_add_string(&sql,
                      " LEFT JOIN pg_temp.idmigrate_back AS b ON b.target_key = f.target_key"
                      " WHERE d.run_id = f.run_id AND d.table_no = f.table_no AND d.target_key"
                      " = f.target_key AND COALESCE(b.verdict, 's') = 's'");
    if (!db_command(undo->target, sql.data, 0, NULL, &removed, err))
        return false;
    strbuf_reset(&sql);
    strbuf_printf(&sql,
                  "UPDATE idmigrate.former_row AS f SET reason_code = 'changed' FROM "
                  "pg_temp.idmigrate_back AS b WHERE f.run_id = '%s' AND f.table_no = %d AND "
                  "f.target_key = b.target_key AND b.verdict = 'c'",
                  undo->run_id, table->stored->table_no);
    if (!db_command(undo->target, sql.data, 0, NULL, &refused, err))
        return false;
    table->state.restored += restored;
    table->state.refused += refused;
    table->state.gone += removed - restored;
    table->former_rows -= removed + refused;
    *rows = removed + refused;
    return true;
}

bool
undo_restore(struct undo *undo, struct undo_table *table, int64_t limit, int64_t *rows,
             struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    int64_t wanted, restored = 0;
    *rows = 0;
    if (table->former_rows == 0)
        return true;
    if (!load_columns(undo, table, err) ||
        !db_execute(undo->target, "TRUNCATE pg_temp.idmigrate_back", err))
        return false;
    add_judging(&sql, undo, table, limit);
    if (!db_execute(undo->target, sql.data, err) ||
        !undo_count(undo,
                    "SELECT pg_catalog.count(*) FROM pg_temp.idmigrate_back WHERE verdict = 's'",
                    &wanted, err))
        return false;
    strbuf_reset(&sql);
    add_restoring(&sql, undo, table);
    if (wanted > 0 && !db_command(undo->target, sql.data, 0, NULL, &restored, err)) {
        undo->was_refused = true;
        return error_context(err, "table %s: former values", table->stored->label);
    }
    if (restored != wanted)
        return error_set(err, EXIT_STOPPED,
                         "table %s: %" PRId64 " rows to restore, the target changed %" PRId64,
                         table->stored->label, wanted, restored);
    failpoint("undo-restored");
    return log_restored(undo, table, err) && forget_former(undo, table, limit, restored, rows, err);
}

bool
undo_refuse_former(struct undo *undo, struct undo_table *table, const struct error *cause,
                   struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    int64_t refused = 0;
    strbuf_add_string(&sql,
                      "UPDATE idmigrate.former_row AS d SET reason_code = 'refused_by_target',"
                      " detail = ");
    db_quote_literal(&sql, cause->text);
    strbuf_add_string(&sql, " FROM ");
    add_next(&sql, undo, table, 1);
    strbuf_add_string(&sql,
                      " WHERE d.run_id = f.run_id AND d.table_no = f.table_no AND d.target_key"
                      " = f.target_key");
    if (!db_command(undo->target, sql.data, 0, NULL, &refused, err))
        return false;
    table->state.refused += refused;
    table->former_rows -= refused;
    return true;
}
