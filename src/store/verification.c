/* Results of verification: every one is kept, the last one is read. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <stdlib.h>
#include <string.h>

static bool
put_check(struct db *db, const char *run_id, const char *verification_no, size_t item_no,
          const struct store_check *check, struct error *err)
{
    const char *const values[] = {
        run_id,
        verification_no,
        STORE_NUMBER((int64_t)item_no),
        check->name,
        check->table_no >= 0 ? STORE_NUMBER(check->table_no) : NULL,
        check->label,
        check->verdict,
        STORE_NUMBER(check->looked_at),
        STORE_NUMBER(check->found),
        check->detail != NULL ? check->detail : "",
        check->differences != NULL ? check->differences : "[]",
        check->is_partial ? "true" : "false",
        IDMIGRATE_VERSION,
    };
    return db_command(db, sql_query_store_put_check, sizeof values / sizeof values[0], values, NULL,
                      err);
}

bool
store_put_verification(struct db *db, const char *run_id, const struct store_check *checks,
                       size_t count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *next = NULL;
    if (!db_query(db, sql_query_store_next_verification, 1, &run_id, &next, err))
        return error_context(err, "verification of run %s", run_id);
    for (size_t i = 0; i < count; i++)
        if (!put_check(db, run_id, db_result_text(next, 0, 0), i + 1, &checks[i], err))
            return error_context(err, "verification of run %s, check %s", run_id, checks[i].name);
    return true;
}

/* `name` and `verdict` of a check are static texts for those who make them; here they must be found
 * again. */
static const char *
known_verdict(const char *text)
{
    static const char *const known[] = {"equal", "different", "not checked"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], text) == 0)
            return known[i];
    return NULL;
}

/* In the order of the columns of store_load_verification.sql. */
static void
take_check(struct store_check *check, const struct db_result *result, size_t row)
{
    *check = (struct store_check){
        .loaded_name = store_take_text(result, row, 0),
        .table_no =
            db_result_text(result, row, 1) != NULL ? (int)db_result_int64(result, row, 1) : -1,
        .label = store_take_text(result, row, 2),
        .verdict = known_verdict(db_result_text(result, row, 3)),
        .looked_at = db_result_int64(result, row, 4),
        .found = db_result_int64(result, row, 5),
        .detail = store_take_text(result, row, 6),
        .differences = store_take_text(result, row, 7),
        .is_partial = db_result_bool(result, row, 8),
    };
    check->name = check->loaded_name;
}

bool
store_load_verification(struct db *db, const char *run_id, struct store_check **checks,
                        size_t *count, char **verified_at, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *checks = NULL;
    *count = 0;
    *verified_at = NULL;
    if (!db_query(db, sql_query_store_load_verification, 1, &run_id, &result, err))
        return error_context(err, "verification of run %s", run_id);
    *count = db_result_rows(result);
    *checks = memory_realloc_array(NULL, *count, sizeof **checks);
    for (size_t i = 0; i < *count; i++)
        take_check(&(*checks)[i], result, i);
    if (*count > 0)
        *verified_at = store_take_text(result, 0, 9);
    return true;
}

void
store_checks_free(struct store_check *checks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(checks[i].label);
        free(checks[i].detail);
        free(checks[i].differences);
        free(checks[i].loaded_name);
    }
    free(checks);
}
