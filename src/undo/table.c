/* The tables of the run as the store has them, put together with what the target is now. */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static bool
refuse_change(const struct undo_table *table, const char *what, const char *name, struct error *err)
{
    error_set(err, EXIT_REFUSED, "table %s: the target has no %s \"%s\" any more",
              table->stored->label, what, name);
    return error_hint(err,
                      "what the run wrote cannot be told from what is there now; put the schema "
                      "back as it was, or restore a backup");
}

static void
put_at(const struct catalog_column **list, size_t *count, const json_t *place,
       const struct catalog_column *column)
{
    json_int_t number = json_integer_value(place);
    if (number < 1)
        return;
    list[number - 1] = column;
    if ((size_t)number > *count)
        *count = (size_t)number;
}

static bool
take_column(struct undo_table *table, const json_t *described, struct error *err)
{
    const struct catalog_table *target = table->plan->target;
    const char *name = json_string_value(json_object_get(described, "to"));
    int position = name != NULL ? catalog_find_column(target, name) : -1;
    if (position < 0)
        return refuse_change(table, "column", name != NULL ? name : "", err);
    const struct catalog_column *column = &target->columns[position];
    table->columns[table->column_count++] = column;
    put_at(table->key, &table->key_count, json_object_get(described, "key"), column);
    put_at(table->former_key, &table->former_key_count, json_object_get(described, "conflict_key"),
           column);
    table->key_is_shown |= json_is_true(json_object_get(described, "is_shown"));
    return true;
}

static bool
take_columns(struct undo_table *table, struct error *err)
{
    json_t *columns = json_loads(table->stored->columns, 0, NULL);
    size_t count = json_array_size(columns) + 1, i;
    json_t *described;
    bool good = true;
    table->columns = memory_zalloc(count * sizeof *table->columns);
    table->key = memory_zalloc(count * sizeof *table->key);
    table->former_key = memory_zalloc(count * sizeof *table->former_key);
    json_array_foreach(columns, i, described) good = good && take_column(table, described, err);
    json_decref(columns);
    /* As former.c of the room migrate has it. */
    if (table->key_count > 0) {
        memcpy(table->former_key, table->key, table->key_count * sizeof *table->key);
        table->former_key_count = table->key_count;
    }
    return good;
}

static void
take_tenant(struct undo_table *table)
{
    const char *tenant = table->plan->spec->tenant;
    for (size_t i = 0; tenant != NULL && i < table->column_count; i++)
        if (strcmp(table->columns[i]->name, tenant) == 0)
            table->tenant = table->columns[i];
}

static bool
open_table(struct undo *undo, size_t number, struct error *err)
{
    struct undo_table *table = &undo->tables[number];
    struct strbuf name = STRBUF_INIT;
    *table =
        (struct undo_table){.plan = &undo->plan->tables[number], .stored = &undo->stored[number]};
    const struct mapping_table *spec = table->plan->spec;
    if (table->plan->target == NULL)
        return refuse_change(table, "table", table->stored->target_table, err);
    table->is_self = spec->audit_self;
    table->has_history = table->stored->pass > 0 || table->stored->rows_removed > 0;
    table->is_binary = strcmp(table->stored->codec, plan_codec_name(PLAN_CODEC_BINARY)) == 0;
    table->resource_type =
        spec->resource_type != NULL ? spec->resource_type : table->plan->target->name;
    audit_target_name(&name, table->plan);
    table->target_name = strbuf_take(&name);
    audit_source_name(&name, undo->plan, table->plan);
    table->source_name = strbuf_take(&name);
    if (!take_columns(table, err))
        return false;
    take_tenant(table);
    return true;
}

bool
undo_load_tables(struct undo *undo, struct error *err)
{
    if (!store_load_tables(undo->target, undo->run_id, &undo->stored, &undo->table_count, err))
        return false;
    if (undo->table_count != undo->plan->table_count)
        return error_set(err, EXIT_REFUSED, "run %s has %zu tables, its mapping has %zu",
                         undo->run_id, undo->table_count, undo->plan->table_count);
    undo->tables = memory_zalloc((undo->table_count + 1) * sizeof *undo->tables);
    for (size_t i = 0; i < undo->table_count; i++)
        if (!open_table(undo, i, err))
            return false;
    return undo_load_states(undo, err);
}

void
undo_release_tables(struct undo *undo)
{
    for (size_t i = 0; undo->tables != NULL && i < undo->table_count; i++) {
        struct undo_table *table = &undo->tables[i];
        free(table->columns);
        free(table->key);
        free(table->former_key);
        free(table->target_name);
        free(table->source_name);
        db_result_free(&table->former_columns);
    }
    free(undo->tables);
    store_tables_free(undo->stored, undo->table_count);
    undo->tables = NULL;
    undo->stored = NULL;
}

/* ---- how far it is ---- */

static bool
count_former(struct undo *undo, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(undo->target, sql_query_undo_count_former, 1, &undo->run_id, &result, err))
        return false;
    for (size_t i = 0; i < db_result_rows(result); i++) {
        size_t number = (size_t)db_result_int64(result, i, 0);
        if (number < undo->table_count)
            undo->tables[number].former_rows = db_result_int64(result, i, 1);
    }
    return true;
}

bool
undo_load_states(struct undo *undo, struct error *err)
{
    struct store_undo_table *states;
    size_t count;
    if (!count_former(undo, err) ||
        !store_load_undo_tables(undo->target, undo->run_id, &states, &count, err))
        return false;
    for (size_t i = 0; i < undo->table_count; i++)
        undo->tables[i].state =
            (struct store_undo_table){.table_no = (int)i, .state = STORE_UNDO_PENDING};
    for (size_t i = 0; i < count; i++) {
        if (states[i].table_no < 0 || (size_t)states[i].table_no >= undo->table_count)
            continue;
        struct store_undo_table *state = &undo->tables[states[i].table_no].state;
        *state = states[i];
        state->label = NULL;
    }
    store_undo_tables_free(states, count);
    return true;
}

bool
undo_put_state(struct undo *undo, const struct undo_table *table, struct error *err)
{
    return store_put_undo_table(undo->target, undo->run_id, &table->state, err);
}
