/* The tables of a run, with what their chunks add up to. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <stdlib.h>

/* In the order of the columns of store_load_tables.sql. */
static void
take_table(struct store_table *table, const struct db_result *result, size_t row)
{
    *table = (struct store_table){
        .table_no = (int)db_result_int64(result, row, 0),
        .step = (int)db_result_int64(result, row, 1),
        .pass = (int)db_result_int64(result, row, 2),
        .label = store_take_text(result, row, 3),
        .source_name = store_take_text(result, row, 4),
        .source_schema = store_take_text(result, row, 5),
        .source_table = store_take_text(result, row, 6),
        .target_schema = store_take_text(result, row, 7),
        .target_table = store_take_text(result, row, 8),
        .state = store_take_text(result, row, 9),
        .columns = store_take_text(result, row, 10),
        .dropped = store_take_text(result, row, 11),
        .column_counts = store_take_text(result, row, 12),
        .rows_estimated = db_result_int64(result, row, 13),
        .target_rows_before = db_result_int64(result, row, 14),
        .chunks = db_result_int64(result, row, 15),
        .chunks_done = db_result_int64(result, row, 16),
        .rows_read = db_result_int64(result, row, 17),
        .rows_written = db_result_int64(result, row, 18),
        .rows_merged = db_result_int64(result, row, 19),
        .rows_skipped = db_result_int64(result, row, 20),
        .rows_rejected = db_result_int64(result, row, 21),
        .rows_updated = db_result_int64(result, row, 22),
        .rows_removed = db_result_int64(result, row, 23),
        .seconds = store_take_double(result, row, 24),
        .codec = store_take_text(result, row, 25),
        .began = db_result_text(result, row, 26) != NULL ? store_take_double(result, row, 26) : -1,
    };
}

bool
store_load_tables(struct db *db, const char *run_id, struct store_table **tables, size_t *count,
                  struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *tables = NULL;
    *count = 0;
    if (!db_query(db, sql_query_store_load_tables, 1, &run_id, &result, err))
        return error_context(err, "tables of run %s", run_id);
    *count = db_result_rows(result);
    *tables = memory_realloc_array(NULL, *count, sizeof **tables);
    for (size_t i = 0; i < *count; i++)
        take_table(&(*tables)[i], result, i);
    return true;
}

void
store_tables_free(struct store_table *tables, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct store_table *table = &tables[i];
        char **const texts[] = {&table->label,         &table->source_name,   &table->source_schema,
                                &table->source_table,  &table->target_schema, &table->target_table,
                                &table->state,         &table->columns,       &table->dropped,
                                &table->column_counts, &table->codec};
        for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++)
            memory_free_string(texts[j]);
    }
    free(tables);
}

bool
store_describe_structure(struct db *db, const char *schema, const char *table, char **structure,
                         struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {schema, table};
    if (!db_query(db, sql_query_store_structure, 2, values, &result, err))
        return error_context(err, "describing %s.%s", schema, table);
    *structure = memory_strdup(db_result_text(result, 0, 0));
    return true;
}

bool
store_put_table(struct db *db, const char *run_id, const struct store_table *table,
                struct error *err)
{
    const char *const values[] = {
        run_id,
        STORE_NUMBER(table->table_no),
        STORE_NUMBER(table->step),
        table->label,
        table->source_name,
        table->source_schema,
        table->source_table,
        table->target_schema,
        table->target_table,
        table->state,
        STORE_NUMBER(table->pass),
        table->columns,
        table->dropped,
        STORE_NUMBER(table->rows_estimated),
        STORE_NUMBER(table->target_rows_before),
        table->column_counts,
        table->codec,
        table->structure,
    };
    if (!db_command(db, sql_query_store_put_table, sizeof values / sizeof values[0], values, NULL,
                    err))
        return error_context(err, "table %s of run %s", table->label, run_id);
    return true;
}

bool
store_lock_table(struct db *db, const char *run_id, int table_no, bool *locked, char **state,
                 int *pass, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {run_id, STORE_NUMBER(table_no)};
    *locked = false;
    *state = NULL;
    if (!db_query(db, sql_query_store_lock_table, 2, values, &result, err))
        return error_context(err, "table %d of run %s", table_no, run_id);
    *locked = db_result_rows(result) > 0;
    if (*locked) {
        *state = memory_strdup(db_result_text(result, 0, 0));
        *pass = (int)db_result_int64(result, 0, 1);
    }
    return true;
}

bool
store_set_table_state(struct db *db, const char *run_id, int table_no, const char *state, int pass,
                      struct error *err)
{
    int64_t changed = 0;
    const char *const values[] = {run_id, STORE_NUMBER(table_no), state, STORE_NUMBER(pass)};
    if (!db_command(db, sql_query_store_set_table_state, 4, values, &changed, err))
        return error_context(err, "table %d of run %s", table_no, run_id);
    return changed == 1 ||
           error_set(err, EXIT_BUG, "run %s has no table %d in %s", run_id, table_no, db_what(db));
}
