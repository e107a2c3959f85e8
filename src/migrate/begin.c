/*
 * The run in the store: begun in one transaction with its ID maps, tables and chunks, or found
 * there by a later attempt.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* In words, for reports. */
static json_t *
describe_column(const struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    const char *how = spec == NULL                            ? "copied"
                      : spec->resolve_count > 0               ? "resolved"
                      : spec->rewrite != MAPPING_REWRITE_NONE ? "rewritten"
                      : spec->value_count > 0                 ? "values"
                      : spec->origin == MAPPING_VALUE         ? "constant"
                      : spec->origin == MAPPING_UUID          ? "generated"
                      : spec->origin == MAPPING_SQL           ? "expression"
                                                              : "copied";
    return json_pack("{ss ss? ss ss?}", "to", column->target->name, "from",
                     column->source ? column->source->name : NULL, "how", how, "reason",
                     spec ? spec->reason : NULL);
}

static char *
describe_columns(const struct plan_table *table)
{
    json_t *all = json_array();
    for (size_t i = 0; i < table->column_count; i++)
        json_array_append_new(all, describe_column(&table->columns[i]));
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text;
}

static char *
describe_dropped(const struct plan_table *table)
{
    json_t *all = json_object();
    for (size_t i = 0; i < table->spec->drop_count; i++)
        json_object_set_new(all, table->spec->drop[i].name,
                            json_string(table->spec->drop[i].reason));
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text;
}

static int64_t
estimate_rows(const struct plan_table *table)
{
    double rows = 0;
    for (size_t i = 0; i < table->source->leaf_count; i++) {
        if (table->source->leaves[i].rows < 0)
            return -1;
        rows += table->source->leaves[i].rows;
    }
    return table->source->leaf_count > 0 ? (int64_t)rows : -1;
}

static bool
count_target(struct migrate *m, const struct plan_table *table, int64_t *count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM ");
    plan_sql_target_name(&sql, table);
    bool good = db_query(m->target, sql.data, 0, NULL, &result, err);
    strbuf_release(&sql);
    if (good)
        *count = db_result_int64(result, 0, 0);
    return good;
}

static bool
put_table(struct migrate *m, const struct plan_table *table, struct error *err)
{
    const struct mapping *mapping = m->plan->mapping;
    CLEANUP(memory_free_string) char *columns = describe_columns(table);
    CLEANUP(memory_free_string) char *dropped = describe_dropped(table);
    CLEANUP(memory_free_string) char *state = memory_strdup("pending");
    struct store_table stored = {
        .table_no = table->number,
        .step = table->step,
        .label = table->label,
        .source_name = mapping->sources[table->spec->source].name,
        .source_schema = table->source->schema,
        .source_table = table->source->name,
        .target_schema = table->target->schema,
        .target_table = table->target->name,
        .state = state,
        .columns = columns,
        .dropped = dropped,
        .rows_estimated = estimate_rows(table),
    };
    return count_target(m, table, &stored.target_rows_before, err) &&
           store_put_table(m->target, m->run_id, &stored, err) && split_table(m, table, 1, 0, err);
}

static bool
put_maps(struct migrate *m, struct error *err)
{
    for (size_t i = 0; i < m->plan->mapping->id_count; i++)
        /* A union is made of others. */
        if (m->plan->mapping->ids[i].kind != MAPPING_IDS_UNION &&
            !store_put_idmap(m->target, m->run_id, m->in->ids[i], err))
            return false;
    return true;
}

static bool
begin_new(struct migrate *m, struct error *err)
{
    bool installed;
    if (!store_is_installed(m->target, &installed, err) ||
        (!installed && !store_install(m->target, err)))
        return false;
    if (!audit_install(m->target, m->plan, err) || !store_begin_run(m->target, m->in->run, err) ||
        !put_maps(m, err))
        return false;
    for (size_t i = 0; i < m->plan->table_count; i++)
        if (!put_table(m, &m->plan->tables[i], err))
            return error_context(err, "table %s", m->plan->tables[i].label);
    return true;
}

static bool
begin_again(struct migrate *m, struct error *err)
{
    /* A resume next month needs next month's partition. */
    return audit_install(m->target, m->plan, err) && store_resume_run(m->target, m->run_id, err);
}

bool
migrate_begin_run(struct migrate *m, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    if (!migrate_begin(m, &unit, err) || !(m->in->resume ? begin_again(m, err) : begin_new(m, err)))
        return false;
    failpoint("run-begun");
    return migrate_commit(m, &unit, err);
}
