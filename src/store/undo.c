/* The undo of a run: how far it is, and what it left as it is. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <stdlib.h>
#include <string.h>

void
store_undo_release(struct store_undo *undo)
{
    char **const texts[] = {&undo->undo_id, &undo->state, &undo->operator, & undo->started_at,
                            &undo->finished_at};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        memory_free_string(texts[i]);
    *undo = (struct store_undo){.undo_id = NULL};
}

bool
store_load_undo(struct db *db, const char *run_id, struct store_undo *undo, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *undo = (struct store_undo){.undo_id = NULL};
    if (!db_query(db, sql_query_store_load_undo, 1, &run_id, &result, err))
        return error_context(err, "undo of run %s", run_id);
    if (db_result_rows(result) > 0)
        *undo = (struct store_undo){
            .undo_id = store_take_text(result, 0, 0),
            .state = store_take_text(result, 0, 1),
            .operator= store_take_text(result, 0, 2),
            .attempts = (int)db_result_int64(result, 0, 3),
            .started_at = store_take_text(result, 0, 4),
            .finished_at = store_take_text(result, 0, 5),
        };
    return true;
}

static const char *
state_named(const char *name)
{
    static const char *const states[] = {STORE_UNDO_PENDING, STORE_UNDO_LISTED, STORE_UNDO_DONE};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(states[i], name) == 0)
            return states[i];
    return STORE_UNDO_PENDING;
}

bool
store_load_undo_tables(struct db *db, const char *run_id, struct store_undo_table **tables,
                       size_t *count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *tables = NULL;
    *count = 0;
    if (!db_query(db, sql_query_store_load_undo_tables, 1, &run_id, &result, err))
        return error_context(err, "undo of run %s", run_id);
    *count = db_result_rows(result);
    *tables = memory_realloc_array(NULL, *count, sizeof **tables);
    for (size_t i = 0; i < *count; i++)
        (*tables)[i] = (struct store_undo_table){
            .table_no = (int)db_result_int64(result, i, 0),
            .label = store_take_text(result, i, 1),
            .state = state_named(db_result_text(result, i, 2)),
            .listed = db_result_int64(result, i, 3),
            .next_row = db_result_int64(result, i, 4),
            .removed = db_result_int64(result, i, 5),
            .restored = db_result_int64(result, i, 6),
            .refused = db_result_int64(result, i, 7),
            .gone = db_result_int64(result, i, 8),
        };
    return true;
}

void
store_undo_tables_free(struct store_undo_table *tables, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(tables[i].label);
    free(tables);
}

/* For statements that must find exactly the row they are about. */
static bool
change(struct db *db, const char *sql, size_t count, const char *const *values, struct error *err)
{
    int64_t changed = 0;
    if (!db_command(db, sql, count, values, &changed, err))
        return error_context(err, "undo of run %s", values[0]);
    return changed == 1 ||
           error_set(err, EXIT_BUG, "the undo of run %s is not in %s", values[0], db_what(db));
}

bool
store_put_undo_table(struct db *db, const char *run_id, const struct store_undo_table *table,
                     struct error *err)
{
    const char *const values[] = {
        run_id,
        STORE_NUMBER(table->table_no),
        table->state,
        STORE_NUMBER(table->listed),
        STORE_NUMBER(table->next_row),
        STORE_NUMBER(table->removed),
        STORE_NUMBER(table->restored),
        STORE_NUMBER(table->refused),
        STORE_NUMBER(table->gone),
    };
    return change(db, sql_query_store_put_undo_table, sizeof values / sizeof values[0], values,
                  err);
}

bool
store_set_undo_state(struct db *db, const char *run_id, const char *state, struct error *err)
{
    const char *const values[] = {run_id, state};
    return change(db, sql_query_store_set_undo_state, 2, values, err);
}

bool
store_set_undo_outcome(struct db *db, const char *run_id, const char *state, int exit_status,
                       const char *outcome, struct error *err)
{
    const char *const values[] = {run_id, state,
                                  exit_status >= 0 ? STORE_NUMBER(exit_status) : NULL, outcome};
    return change(db, sql_query_store_set_undo_outcome, 4, values, err);
}

/* ---- what was left ---- */

static char *
take_sample(const struct db_result *result, size_t row)
{
    char hex[DIGEST_HEX_SIZE];
    if (db_result_bool(result, row, 5))
        return store_take_text(result, row, 4);
    digest_to_hex(digest_bytes(db_result_text(result, row, 4), db_result_length(result, row, 4)),
                  hex);
    return memory_printf("digest:%s", hex);
}

bool
store_load_undo_refusals(struct db *db, const char *run_id, size_t samples,
                         struct store_undo_refusal **refusals, size_t *count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {run_id, STORE_NUMBER((int64_t)samples)};
    *refusals = NULL;
    *count = 0;
    if (!db_query(db, sql_query_store_load_undo_refusals, 2, values, &result, err))
        return error_context(err, "undo of run %s", run_id);
    *count = db_result_rows(result);
    *refusals = memory_realloc_array(NULL, *count, sizeof **refusals);
    for (size_t i = 0; i < *count; i++)
        (*refusals)[i] = (struct store_undo_refusal){
            .label = store_take_text(result, i, 0),
            .reason_code = store_take_text(result, i, 1),
            .detail = store_take_text(result, i, 2),
            .rows = db_result_int64(result, i, 3),
            .sample = take_sample(result, i),
        };
    return true;
}

void
store_undo_refusals_free(struct store_undo_refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(refusals[i].label);
        free(refusals[i].reason_code);
        free(refusals[i].detail);
        free(refusals[i].sample);
    }
    free(refusals);
}
