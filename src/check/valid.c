/*
 * Which texts a type does not take: asked of the target, which may be told a function for it.
 * Servers from 16 have pg_input_is_valid(); the function does the same for older ones, and only
 * values that failed as a whole come here.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <string.h>

bool
valid_create(struct check *check, bool *is_there, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    *is_there = false;
    if (!check->can_stage)
        return true;
    if (!check_try(check->in->target, sql_install_check_is_valid, &result, &failed, err))
        return false;
    *is_there = !failed.is_set;
    return true;
}

static bool
copy_texts(struct check *check, const struct plan_table *table, const char *expression,
           struct error *failed, struct error *err)
{
    struct db *source = check->in->sources[table->spec->source], *target = check->in->target;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, select = STRBUF_INIT;
    CLEANUP(memory_free_string) char *text = memory_printf("(%s)::text", expression);
    const char *line;
    size_t length;
    plan_sql_select_source(&select, table, text);
    strbuf_printf(&sql, "COPY (%s) TO STDOUT", select.data);
    bool good =
        db_execute(target, "CREATE TEMPORARY TABLE idmigrate_check_texts (value text)", failed) &&
        db_copy_in_begin(target, "COPY pg_temp.idmigrate_check_texts FROM STDIN", failed) &&
        db_copy_out_begin(source, sql.data, failed);
    while (good && (good = db_copy_out_next(source, &line, &length, failed)) && line != NULL)
        good = !check_is_interrupted(err) && db_copy_in_put(target, line, length, failed);
    good = good && db_copy_in_end(target, NULL, failed);
    struct error ignored = ERROR_INIT;
    db_copy_out_abandon(source, &ignored);
    db_copy_in_abandon(target, &ignored);
    return good;
}

static bool
ask(struct check *check, const char *type, struct finding *finding, bool is_open,
    struct error *failed)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *values[] = {type};
    if (!db_query(check->in->target,
                  "SELECT value, pg_catalog.sum(pg_catalog.count(*)) OVER ()::bigint FROM "
                  "pg_temp.idmigrate_check_texts"
                  " WHERE NOT pg_temp.idmigrate_is_valid(value, $1) GROUP BY value ORDER BY value "
                  "COLLATE \"C\" LIMIT 5",
                  1, values, &result, failed))
        return false;
    finding->rows = db_result_rows(result) > 0 ? db_result_int64(result, 0, 1) : -1;
    for (size_t row = 0; row < db_result_rows(result); row++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
        struct row_value value = {db_result_text(result, row, 0), db_result_length(result, row, 0)};
        check_show(&text, value, is_open);
        finding_add_sample(finding, text.data);
    }
    return true;
}

bool
valid_count(struct check *check, const struct plan_table *table, const char *expression,
            const char *type, struct finding *finding, bool is_open, struct error *err)
{
    struct db *source = check->in->sources[table->spec->source], *target = check->in->target;
    struct error failed = ERROR_INIT;
    bool is_there;
    if (!check->can_stage)
        return true;
    db_savepoint(target, "idmigrate_valid");
    db_savepoint(source, "idmigrate_valid");
    if (!db_flush(target, err) || !db_flush(source, err) || !valid_create(check, &is_there, err))
        return false;
    if (is_there && copy_texts(check, table, expression, &failed, err))
        ask(check, type, finding, is_open, &failed);
    if (failed.is_set && check_must_stop(&failed))
        *err = failed;
    return !err->is_set && db_savepoint_rollback(target, "idmigrate_valid", err) &&
           db_savepoint_rollback(source, "idmigrate_valid", err);
}
