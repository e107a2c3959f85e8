/* Rejects: how many of which kind, and samples. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <stdlib.h>

static char *
digest_of_key(const struct db_result *result, size_t row, int column)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(
        digest_bytes(db_result_text(result, row, column), db_result_length(result, row, column)),
        hex);
    return memory_strdup(hex);
}

/* In the order of the columns of store_load_rejects.sql. */
static void
take_reject(struct store_reject *reject, const struct db_result *result, size_t row)
{
    *reject = (struct store_reject){
        .label = store_take_text(result, row, 0),
        .source_key_digest = digest_of_key(result, row, 1),
        .reason_code = store_take_text(result, row, 2),
        .column_name = store_take_text(result, row, 3),
        .old_id = store_take_text(result, row, 4),
        .sqlstate = store_take_text(result, row, 5),
        .constraint_name = store_take_text(result, row, 6),
    };
}

bool
store_load_rejects(struct db *db, const char *run_id, size_t limit, struct store_reject **rejects,
                   size_t *count, int64_t *total, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {run_id, STORE_NUMBER((int64_t)limit)};
    *rejects = NULL;
    *count = 0;
    *total = 0;
    if (!db_query(db, sql_query_store_load_rejects, 2, values, &result, err))
        return error_context(err, "rejects of run %s", run_id);
    *count = db_result_rows(result);
    *rejects = memory_realloc_array(NULL, *count, sizeof **rejects);
    for (size_t i = 0; i < *count; i++)
        take_reject(&(*rejects)[i], result, i);
    if (*count > 0)
        *total = db_result_int64(result, 0, 7);
    return true;
}

void
store_rejects_free(struct store_reject *rejects, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct store_reject *reject = &rejects[i];
        free(reject->label);
        free(reject->source_key_digest);
        free(reject->reason_code);
        free(reject->column_name);
        free(reject->old_id);
        free(reject->sqlstate);
        free(reject->constraint_name);
    }
    free(rejects);
}

bool
store_count_rejects(struct db *db, const char *run_id, struct store_reject_count **counts,
                    size_t *count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *counts = NULL;
    *count = 0;
    if (!db_query(db, sql_query_store_count_rejects, 1, &run_id, &result, err))
        return error_context(err, "rejects of run %s", run_id);
    *count = db_result_rows(result);
    *counts = memory_realloc_array(NULL, *count, sizeof **counts);
    for (size_t i = 0; i < *count; i++)
        (*counts)[i] = (struct store_reject_count){
            .label = store_take_text(result, i, 0),
            .reason_code = store_take_text(result, i, 1),
            .column_name = store_take_text(result, i, 2),
            .sqlstate = store_take_text(result, i, 3),
            .constraint_name = store_take_text(result, i, 4),
            .rejects = db_result_int64(result, i, 5),
        };
    return true;
}

void
store_reject_counts_free(struct store_reject_count *counts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(counts[i].label);
        free(counts[i].reason_code);
        free(counts[i].column_name);
        free(counts[i].sqlstate);
        free(counts[i].constraint_name);
    }
    free(counts);
}
