/* ID maps of runs are kept for a time, and then no longer. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

bool
store_expire_idmaps(struct db *db, const char *run_id, const char *note, int64_t *pairs,
                    struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {run_id, note};
    *pairs = 0;
    if (!db_query(db, sql_query_store_expire_idmaps, 2, values, &result, err))
        return error_context(err, "ID maps of run %s", run_id);
    if (db_result_rows(result) == 0) {
        error_set(err, EXIT_REFUSED, "run %s is not done: it needs its ID maps to go on", run_id);
        return error_hint(err, "finish it, or undo it");
    }
    *pairs = db_result_int64(result, 0, 0);
    return true;
}

bool
store_idmap_is_due(struct db *db, const char *run_id, const char *span, bool *is_due, char **due,
                   struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {run_id, span};
    *is_due = false;
    *due = NULL;
    if (!db_query(db, sql_query_store_idmap_due, 2, values, &result, err))
        return error_context(err, "ID maps of run %s", run_id);
    if (db_result_rows(result) == 0)
        return true;
    *is_due = db_result_bool(result, 0, 0);
    *due = store_take_text(result, 0, 1);
    return true;
}
