/* How a run went in time. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

static double
seconds_or_unknown(const struct db_result *result, int column)
{
    return db_result_text(result, 0, column) != NULL ? store_take_double(result, 0, column) : -1;
}

bool
store_load_timing(struct db *db, const char *run_id, struct store_timing *timing, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *timing = (struct store_timing){-1, -1, -1, -1, -1};
    if (!db_query(db, sql_query_store_load_timing, 1, &run_id, &result, err))
        return error_context(err, "times of run %s", run_id);
    if (db_result_rows(result) == 0)
        return true;
    *timing = (struct store_timing){
        .first_chunk = seconds_or_unknown(result, 0),
        .last_chunk = seconds_or_unknown(result, 1),
        .set_aside = seconds_or_unknown(result, 2),
        .back = seconds_or_unknown(result, 3),
        .verified = seconds_or_unknown(result, 4),
    };
    return true;
}

bool
store_load_progress(struct db *db, const char *run_id, size_t limit, struct store_progress **points,
                    size_t *count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {run_id, STORE_NUMBER((int64_t)limit)};
    *points = NULL;
    *count = 0;
    if (!db_query(db, sql_query_store_load_progress, 2, values, &result, err))
        return error_context(err, "progress of run %s", run_id);
    *count = db_result_rows(result);
    *points = memory_realloc_array(NULL, *count, sizeof **points);
    for (size_t i = 0; i < *count; i++)
        (*points)[i] = (struct store_progress){.seconds = store_take_double(result, i, 0),
                                               .rows = db_result_int64(result, i, 1)};
    return true;
}
