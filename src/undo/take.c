/*
 * One chunk of rows on their way out: locked, compared with what was written, spared when others
 * refer to them, removed in one statement.
 *
 * A row is locked before it is looked at who refers to it, so that nobody can begin to: a foreign
 * key that would remove or change rows of the application (CASCADE, SET NULL, SET DEFAULT) finds
 * none. Rows of the unit that refer to each other go together, however their keys are declared,
 * since foreign keys are looked at when the statement ends.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/row.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <string.h>

bool
undo_prepare(struct undo *undo, struct error *err)
{
    return db_execute(
        undo->target,
        "CREATE TEMPORARY TABLE IF NOT EXISTS idmigrate_take (table_no integer, row_no bigint,"
        " verdict text, tenant text, detail text, PRIMARY KEY (table_no, row_no));"
        "CREATE TEMPORARY TABLE IF NOT EXISTS idmigrate_found (key_digest text, row_digest text,"
        " target_key text, relation oid, place tid);"
        "CREATE TEMPORARY TABLE IF NOT EXISTS idmigrate_seen (table_no integer, row_no bigint,"
        " relation oid, place tid, is_unclear boolean, PRIMARY KEY (table_no, row_no));"
        "CREATE TEMPORARY TABLE IF NOT EXISTS idmigrate_back (target_key text PRIMARY KEY,"
        " verdict text, tenant text)",
        err);
}

bool
undo_take_begin(struct undo *undo, struct error *err)
{
    return db_execute(
        undo->target,
        "TRUNCATE pg_temp.idmigrate_take, pg_temp.idmigrate_seen, pg_temp.idmigrate_back", err);
}

/*
 * A chunk's rows are few beside the table: they are looked up by their key, one by one, however the
 * costs are set. Rows without a key are looked up by their place.
 */
static void
prefer_index(struct undo *undo, bool prefers)
{
    db_defer(undo->target,
             prefers ? "SET LOCAL enable_hashjoin TO off; SET LOCAL enable_mergejoin TO off"
                     : "SET LOCAL enable_hashjoin TO on; SET LOCAL enable_mergejoin TO on");
}

/* ---- which rows are as they were written ---- */

enum { FIELD_ROW_NO, FIELD_DIGEST, FIELD_VERDICT, FIELD_TENANT, FIELDS };

static void
add_range(struct strbuf *sql, const struct undo *undo, const struct undo_table *table,
          int64_t first, int64_t last)
{
    undo_sql_of_table(sql, undo, table, "u");
    strbuf_printf(
        sql, " AND u.row_no > %" PRId64 " AND u.row_no <= %" PRId64 " AND u.reason_code IS NULL",
        first, last);
}

static void
add_reading(struct strbuf *sql, const struct undo *undo, const struct undo_table *table,
            int64_t first, int64_t last)
{
    strbuf_printf(sql, "COPY (SELECT u.row_no::text, u.row_digest, %s, ",
                  table->key_count > 0 ? "'s'::text"
                                       : "CASE WHEN u_seen.is_unclear THEN 'n' ELSE 's' END");
    undo_sql_tenant(sql, table);
    undo_sql_columns(sql, table);
    strbuf_add_string(sql, " FROM ");
    undo_sql_target(sql, table);
    strbuf_add_string(sql, " AS t, ");
    undo_sql_rows(sql, table, "u");
    strbuf_add_string(sql, " WHERE ");
    add_range(sql, undo, table, first, last);
    strbuf_add_string(sql, " AND ");
    undo_sql_match(sql, table, "u", "t");
    strbuf_add_string(sql, " FOR UPDATE OF t) TO STDOUT");
    undo_sql_codec(sql, table);
}

/* A line for pg_temp.idmigrate_take. */
static void
judge(const struct undo_table *table, const struct undo_line *line, struct strbuf *out)
{
    const char *hex = line->values[FIELD_DIGEST], *tenant = line->values[FIELD_TENANT];
    struct digest written;
    bool is_same =
        digest_from_hex(hex, strlen(hex), &written) && digest_equal(written, line->digest);
    strbuf_printf(out, "%d\t%s\t%s\t", table->stored->table_no, line->values[FIELD_ROW_NO],
                  is_same ? line->values[FIELD_VERDICT] : "c");
    if (tenant != NULL)
        row_escape(out, tenant, strlen(tenant));
    else
        strbuf_add_string(out, "\\N");
    strbuf_add_string(out, "\t\\N\n");
}

static bool
read_rows(struct undo *undo, const struct undo_table *table, const char *sql, struct strbuf *lines,
          int64_t *rows, struct error *err)
{
    CLEANUP(undo_line_release) struct undo_line line = UNDO_LINE_INIT;
    const char *data;
    size_t length;
    bool good = db_copy_out_begin(undo->target, sql, err);
    *rows = 0;
    while (good && (good = db_copy_out_next(undo->target, &data, &length, err)) && data != NULL) {
        good = undo_line_read(&line, table, data, length, FIELDS, err);
        if (good)
            judge(table, &line, lines);
        ++*rows;
    }
    return good;
}

bool
undo_take_range(struct undo *undo, struct undo_table *table, int64_t first, int64_t last,
                struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, lines = STRBUF_INIT;
    int64_t listed, found;
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM idmigrate.undo_row AS u WHERE ");
    add_range(&sql, undo, table, first, last);
    if (!undo_count(undo, sql.data, &listed, err))
        return false;
    strbuf_reset(&sql);
    add_reading(&sql, undo, table, first, last);
    bool by_key = table->key_count > 0;
    if (by_key)
        prefer_index(undo, true);
    if (!read_rows(undo, table, sql.data, &lines, &found, err))
        return false;
    if (by_key)
        prefer_index(undo, false);
    if (!db_copy_in_begin(undo->target, "COPY pg_temp.idmigrate_take FROM STDIN", err) ||
        !db_copy_in_put(undo->target, lines.data, lines.length, err) ||
        !db_copy_in_end(undo->target, NULL, err))
        return false;
    table->state.gone += listed - found;
    table->state.next_row = last;
    return true;
}

/* ---- who refers to them ---- */

/* Columns of sql/query/undo_followers.sql. */
enum { KEY_NAME, KEY_CHILD, KEY_CHILD_OID, KEY_CONDITION };

/* The child's row is one that goes too. */
static bool
add_goes_too(struct strbuf *sql, const struct undo *undo, struct undo_table *const *tables,
             size_t count, int64_t child_oid)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if ((int64_t)tables[i]->plan->target->oid != child_oid)
            continue;
        strbuf_add_string(sql, " AND NOT EXISTS (SELECT FROM ");
        undo_sql_rows(sql, tables[i], "v");
        strbuf_add_string(sql, ", pg_temp.idmigrate_take AS l WHERE l.table_no = v.table_no AND "
                               "l.row_no = v.row_no AND l.verdict = 's' AND ");
        undo_sql_of_table(sql, undo, tables[i], "v");
        strbuf_add_string(sql, " AND ");
        undo_sql_match(sql, tables[i], "v", "c");
        strbuf_add_char(sql, ')');
        any = true;
    }
    return any;
}

struct sparing {
    struct undo_table *const *tables;
    size_t count;
    int64_t spared;
    bool goes_on; /* a row that is spared may be the follower of another */
};

static bool
spare_by_key(struct undo *undo, struct sparing *sparing, const struct undo_table *table,
             const struct db_result *keys, size_t key, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, detail = STRBUF_INIT;
    int64_t spared = 0;
    strbuf_printf(&detail, "%s, foreign key %s", db_result_text(keys, key, KEY_CHILD),
                  db_result_text(keys, key, KEY_NAME));
    strbuf_add_string(&sql, "UPDATE pg_temp.idmigrate_take AS k SET verdict = 'r', detail = ");
    db_quote_literal(&sql, detail.data);
    strbuf_add_string(&sql, " FROM ");
    undo_sql_target(&sql, table);
    strbuf_add_string(&sql, " AS t, ");
    undo_sql_rows(&sql, table, "u");
    strbuf_printf(&sql,
                  ", %s AS c WHERE k.table_no = u.table_no AND k.row_no = u.row_no AND k.verdict = "
                  "'s' AND ",
                  db_result_text(keys, key, KEY_CHILD));
    undo_sql_of_table(&sql, undo, table, "u");
    strbuf_printf(&sql, " AND k.table_no = %d AND ", table->stored->table_no);
    undo_sql_match(&sql, table, "u", "t");
    strbuf_printf(&sql, " AND %s", db_result_text(keys, key, KEY_CONDITION));
    sparing->goes_on |= add_goes_too(&sql, undo, sparing->tables, sparing->count,
                                     db_result_int64(keys, key, KEY_CHILD_OID));
    if (!db_command(undo->target, sql.data, 0, NULL, &spared, err))
        return error_context(err, "looking for rows that refer to %s", table->stored->label);
    sparing->spared += spared;
    return true;
}

static bool
spare_of_table(struct undo *undo, struct sparing *sparing, const struct undo_table *table,
               struct error *err)
{
    CLEANUP(db_result_free) struct db_result *keys = NULL;
    CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, table->plan->target->oid);
    const char *values[] = {oid};
    if (!db_query(undo->target, sql_query_undo_followers, 1, values, &keys, err))
        return false;
    for (size_t i = 0; i < db_result_rows(keys); i++)
        if (!spare_by_key(undo, sparing, table, keys, i, err))
            return false;
    return true;
}

bool
undo_spare_followed(struct undo *undo, struct undo_table *const *tables, size_t count,
                    struct error *err)
{
    struct sparing sparing = {.tables = tables, .count = count};
    if (!db_execute(undo->target, "ANALYZE pg_temp.idmigrate_take", err))
        return false;
    do {
        sparing.spared = 0;
        for (size_t i = 0; i < count; i++)
            if (!spare_of_table(undo, &sparing, tables[i], err))
                return false;
    } while (sparing.spared > 0 && sparing.goes_on);
    return true;
}

/* ---- removing ---- */

static void
add_delete(struct strbuf *sql, const struct undo *undo, const struct undo_table *table)
{
    strbuf_add_string(sql, "DELETE FROM ");
    undo_sql_target(sql, table);
    strbuf_add_string(sql, " AS t USING ");
    undo_sql_rows(sql, table, "u");
    strbuf_add_string(sql,
                      ", pg_temp.idmigrate_take AS k WHERE k.table_no = u.table_no AND k.row_no "
                      "= u.row_no AND k.verdict = 's' AND ");
    undo_sql_of_table(sql, undo, table, "u");
    strbuf_printf(sql, " AND k.table_no = %d AND ", table->stored->table_no);
    undo_sql_match(sql, table, "u", "t");
}

/* All tables in one statement: WITH a0 AS (DELETE ...), a1 AS (...) SELECT count(*) ... */
static void
add_deletes(struct strbuf *sql, const struct undo *undo, struct undo_table *const *tables,
            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(sql, "%s a%zu AS (", i > 0 ? "," : "WITH", i);
        add_delete(sql, undo, tables[i]);
        strbuf_add_string(sql, " RETURNING 1)");
    }
    strbuf_add_string(sql, " SELECT ");
    for (size_t i = 0; i < count; i++)
        strbuf_printf(sql, "%s(SELECT pg_catalog.count(*) FROM a%zu)", i > 0 ? ", " : "", i);
}

static bool
refuse_keeping(const struct undo_table *table, int64_t wanted, int64_t removed, struct error *err)
{
    error_set(err, EXIT_STOPPED,
              "table %s: %" PRId64 " rows to remove, the target removed %" PRId64,
              table->stored->label, wanted, removed);
    return error_hint(err, "a trigger or rule of the target keeps them; decide on it and run the "
                           "same command again");
}

/* What stays is named by its reason. */
static bool
note_refused(struct undo *undo, struct undo_table *table, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    int64_t refused = 0;
    strbuf_add_string(&sql,
                      "UPDATE idmigrate.undo_row AS u SET reason_code = CASE k.verdict WHEN 'c'"
                      " THEN 'changed' WHEN 'r' THEN 'referred_to' ELSE 'not_told_apart' END,"
                      " detail = k.detail FROM pg_temp.idmigrate_take AS k WHERE ");
    undo_sql_of_table(&sql, undo, table, "u");
    strbuf_add_string(&sql, " AND k.table_no = u.table_no AND k.row_no = u.row_no AND k.verdict <> "
                            "'s'");
    if (!db_command(undo->target, sql.data, 0, NULL, &refused, err))
        return false;
    table->state.refused += refused;
    return true;
}

static bool
count_taken(struct undo *undo, const struct undo_table *table, int64_t *count, struct error *err)
{
    CLEANUP(memory_free_string)
    char *sql = memory_printf("SELECT pg_catalog.count(*) FROM pg_temp.idmigrate_take AS k WHERE "
                              "k.table_no = %d AND k.verdict = 's'",
                              table->stored->table_no);
    return undo_count(undo, sql, count, err);
}

static bool
settle(struct undo *undo, struct undo_table *table, int64_t removed, struct error *err)
{
    int64_t wanted;
    if (!count_taken(undo, table, &wanted, err))
        return false;
    if (wanted != removed)
        return refuse_keeping(table, wanted, removed, err);
    table->state.removed += removed;
    return note_refused(undo, table, err);
}

bool
undo_remove(struct undo *undo, struct undo_table *const *tables, size_t count, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    prefer_index(undo, true);
    add_deletes(&sql, undo, tables, count);
    if (!db_query(undo->target, sql.data, 0, NULL, &result, err)) {
        undo->was_refused = true;
        return error_context(err, "table %s", tables[0]->stored->label);
    }
    prefer_index(undo, false);
    for (size_t i = 0; i < count; i++)
        if (!settle(undo, tables[i], db_result_int64(result, 0, (int)i), err))
            return false;
    return true;
}

bool
undo_refuse_row(struct undo *undo, struct undo_table *table, int64_t first, int64_t last,
                const struct error *cause, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    int64_t refused = 0;
    strbuf_add_string(&sql, "UPDATE idmigrate.undo_row AS u SET reason_code = 'refused_by_target',"
                            " detail = ");
    db_quote_literal(&sql, cause->text);
    strbuf_add_string(&sql, " WHERE ");
    add_range(&sql, undo, table, first, last);
    if (!db_command(undo->target, sql.data, 0, NULL, &refused, err))
        return false;
    table->state.refused += refused;
    table->state.next_row = last;
    return true;
}
