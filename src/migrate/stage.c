/*
 * Rows that change rows which are there: copied into a temporary table, then one UPDATE or DELETE that must touch exactly
 * as many rows as were staged.
 *
 * What a run replaces or takes back must still be as it wrote it: the rows are read again and compared with the digests of
 * their audit events. Deleting must not take rows along that somebody else added (ON DELETE CASCADE, SET NULL).
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <string.h>

static bool
create(struct migrate *m, const struct plan_table *table, bool with_key, bool with_columns, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "CREATE TEMPORARY TABLE idmigrate_stage AS SELECT ");
    strbuf_add_string(&sql, with_key ? "''::text AS idmigrate_key, ''::text AS idmigrate_digest" : "");
    strbuf_add_string(&sql, with_key && with_columns ? ", " : "");
    if (with_columns)
        plan_sql_target_columns(&sql, table);
    strbuf_add_string(&sql, " FROM ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " WITH NO DATA");
    bool good = db_execute(m->target, sql.data, err);
    strbuf_release(&sql);
    return good;
}

static bool
fill(struct migrate *m, struct spool *lines, struct error *err)
{
    int64_t rows;
    return db_copy_in_begin(m->target, "COPY pg_temp.idmigrate_stage FROM STDIN", err) &&
           spool_put(lines, m->target, err) && db_copy_in_end(m->target, &rows, err) &&
           db_execute(m->target, "ANALYZE pg_temp.idmigrate_stage", err);
}

/* Runs the statement that uses the staged rows, and drops them. */
static bool
apply(struct migrate *m, const char *sql, int64_t expected, struct error *err)
{
    int64_t touched = 0;
    if (!db_command(m->target, sql, 0, NULL, &touched, err))
        return false;
    if (touched != expected) {
        error_set(err, EXIT_STOPPED, "%" PRId64 " rows to change, %" PRId64 " were there", expected, touched);
        return error_hint(err, "the target was changed meanwhile; run the same command again");
    }
    return db_execute(m->target, "DROP TABLE pg_temp.idmigrate_stage", err);
}

static void
add_assignment(struct strbuf *sql, const struct plan_column *column, bool first)
{
    strbuf_add_string(sql, first ? "" : ", ");
    db_quote_identifier(sql, column->target->name);
    strbuf_add_string(sql, " = s.");
    db_quote_identifier(sql, column->target->name);
}

bool
stage_update(struct migrate *m, const struct plan_table *table, struct spool *lines, int64_t count, struct error *err)
{
    /* Nothing to take over: the row that is there stays as it is. */
    if (count == 0 || table->conflict_set_count == 0)
        return true;

    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "UPDATE ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t SET ");
    for (size_t i = 0; i < table->conflict_set_count; i++)
        add_assignment(&sql, &table->columns[table->conflict_set[i]], i == 0);
    strbuf_add_string(&sql, " FROM pg_temp.idmigrate_stage AS s WHERE ");
    for (size_t i = 0; i < table->conflict_key_count; i++) {
        const char *name = table->columns[table->conflict_key[i]].target->name;
        strbuf_add_string(&sql, i > 0 ? " AND t." : "t.");
        db_quote_identifier(&sql, name);
        strbuf_add_string(&sql, " = s.");
        db_quote_identifier(&sql, name);
    }
    bool good = create(m, table, false, true, err) && fill(m, lines, err) && apply(m, sql.data, count, err);
    strbuf_release(&sql);
    return good;
}

void
stage_key_expression(struct strbuf *sql, const struct plan_table *table, const char *alias)
{
    bool single = table->target_key_count == 1;
    strbuf_add_string(sql, single ? "" : "pg_catalog.jsonb_build_array(");
    for (size_t i = 0; i < table->target_key_count; i++) {
        strbuf_printf(sql, "%s%s.", i > 0 ? ", " : "", alias);
        db_quote_identifier(sql, table->columns[table->target_key[i]].target->name);
        strbuf_add_string(sql, "::text");
    }
    strbuf_add_string(sql, single ? "" : ")::text");
}

void
stage_add_key(struct strbuf *lines, const char *key, struct digest row)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(row, hex);
    row_escape(lines, key, strlen(key));
    strbuf_printf(lines, "\t%s\n", hex);
}

/* The staged rows as they are in the target now, digest first. */
static bool
compare_lines(struct migrate *m, int64_t *changed, struct error *err)
{
    const char *line;
    size_t length;
    bool good = true;
    while ((good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL) {
        struct digest expected;
        const char *rest = memchr(line, '\t', length);
        if (rest == NULL || !digest_from_hex(line, (size_t)(rest - line), &expected))
            return error_set(err, EXIT_BUG, "unexpected line of staged rows");
        rest++;
        *changed += !digest_equal(expected, digest_bytes(rest, length - (size_t)(rest - line) - 1));
    }
    return good;
}

static bool
check_unchanged(struct migrate *m, const struct plan_table *table, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    int64_t changed = 0;

    strbuf_add_string(&sql, "COPY (SELECT s.idmigrate_digest");
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(&sql, ", t.");
        db_quote_identifier(&sql, table->columns[i].target->name);
    }
    strbuf_add_string(&sql, " FROM pg_temp.idmigrate_stage AS s JOIN ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t ON s.idmigrate_key = ");
    stage_key_expression(&sql, table, "t");
    strbuf_add_string(&sql, ") TO STDOUT");
    bool good = db_copy_out_begin(m->target, sql.data, err) && compare_lines(m, &changed, err);
    strbuf_release(&sql);
    if (!good || changed == 0)
        return good;
    error_set(err, EXIT_REFUSED, "%" PRId64 " rows changed in the source and, since they were moved, in the target too", changed);
    return error_hint(err, "decide on these rows by hand: `idmigrate verify` names them");
}

bool
stage_replace(struct migrate *m, const struct plan_table *table, struct spool *lines, int64_t count, struct error *err)
{
    if (count == 0)
        return true;

    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "UPDATE ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t SET ");
    for (size_t i = 0; i < table->column_count; i++)
        add_assignment(&sql, &table->columns[i], i == 0);
    strbuf_add_string(&sql, " FROM pg_temp.idmigrate_stage AS s WHERE s.idmigrate_key = ");
    stage_key_expression(&sql, table, "t");
    bool good = create(m, table, true, true, err) && fill(m, lines, err) && check_unchanged(m, table, err) &&
                apply(m, sql.data, count, err);
    strbuf_release(&sql);
    return good;
}

/* Rows that refer to the staged ones and would silently go, or lose their reference, with them. */
static bool
check_followers(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, table->target->oid);
    const char *values[] = {oid};

    if (!db_query(m->target, sql_query_migrate_followers, 1, values, &result, err))
        return false;
    for (size_t i = 0; i < db_result_rows(result); i++) {
        CLEANUP(db_result_free) struct db_result *rows = NULL;
        struct strbuf sql = STRBUF_INIT;
        strbuf_printf(&sql, "SELECT pg_catalog.count(*) FROM %s AS c JOIN ", db_result_text(result, i, 1));
        plan_sql_target_name(&sql, table);
        strbuf_printf(&sql, " AS t ON %s JOIN pg_temp.idmigrate_stage AS s ON s.idmigrate_key = ", db_result_text(result, i, 2));
        stage_key_expression(&sql, table, "t");
        bool good = db_query(m->target, sql.data, 0, NULL, &rows, err);
        strbuf_release(&sql);
        if (!good)
            return false;
        if (db_result_int64(rows, 0, 0) == 0)
            continue;
        error_set(err, EXIT_REFUSED, "rows that are gone from the source cannot be taken back: %" PRId64 " rows of %s refer to them",
                  db_result_int64(rows, 0, 0), db_result_text(result, i, 1));
        return error_hint(err, "foreign key %s would take them along; decide on them by hand", db_result_text(result, i, 0));
    }
    return true;
}

bool
stage_remove(struct migrate *m, const struct plan_table *table, struct spool *keys, int64_t count, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "DELETE FROM ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t USING pg_temp.idmigrate_stage AS s WHERE s.idmigrate_key = ");
    stage_key_expression(&sql, table, "t");
    bool good = create(m, table, true, false, err) && fill(m, keys, err) && check_unchanged(m, table, err) &&
                check_followers(m, table, err) && apply(m, sql.data, count, err);
    strbuf_release(&sql);
    return good;
}
