/*
 * The run in the store: begun in one transaction with its ID maps, tables and chunks, or found
 * there by a later attempt.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static int
place_in(const int *positions, size_t count, size_t column)
{
    for (size_t i = 0; i < count; i++)
        if (positions[i] == (int)column)
            return (int)i + 1;
    return 0;
}

/* In words, for reports; and, for an undo, its place in the key, counted from 1. */
static json_t *
describe_column(const struct plan_table *table, size_t position)
{
    const struct plan_column *column = &table->columns[position];
    const struct mapping_column *spec = column->spec;
    const char *how = spec == NULL                            ? "copied"
                      : spec->resolve_count > 0               ? "resolved"
                      : spec->rewrite != MAPPING_REWRITE_NONE ? "rewritten"
                      : spec->value_count > 0                 ? "values"
                      : spec->origin == MAPPING_VALUE         ? "constant"
                      : spec->origin == MAPPING_UUID          ? "generated"
                      : spec->origin == MAPPING_SQL           ? "expression"
                                                              : "copied";
    json_t *described = json_pack("{ss ss? ss ss?}", "to", column->target->name, "from",
                                  column->source ? column->source->name : NULL, "how", how,
                                  "reason", spec ? spec->reason : NULL);
    int in_key = place_in(table->target_key, table->target_key_count, position);
    int in_conflict = place_in(table->conflict_key, table->conflict_key_count, position);
    if (in_key > 0)
        json_object_set_new(described, "key", json_integer(in_key));
    if (in_conflict > 0)
        json_object_set_new(described, "conflict_key", json_integer(in_conflict));
    if (in_key > 0 && audit_key_is_open(table))
        json_object_set_new(described, "is_shown", json_true());
    return described;
}

static char *
describe_columns(const struct plan_table *table)
{
    json_t *all = json_array();
    for (size_t i = 0; i < table->column_count; i++)
        json_array_append_new(all, describe_column(table, i));
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
estimate_rows(const struct migrate *m, const struct plan_table *table)
{
    double rows = 0;
    if (m->in->table_rows != NULL && m->in->table_rows[table->number] >= 0)
        return m->in->table_rows[table->number];
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
    CLEANUP(memory_free_string) char *codec = memory_strdup(plan_codec_name(table->codec));
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
        .codec = codec,
        .rows_estimated = estimate_rows(m, table),
    };
    bool good = count_target(m, table, &stored.target_rows_before, err) &&
                store_describe_structure(m->target, stored.target_schema, stored.target_table,
                                         &stored.structure, err) &&
                store_put_table(m->target, m->run_id, &stored, err) &&
                split_table(m, table, 1, 0, err);
    memory_free_string(&stored.structure);
    return good;
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

/* Tables of another mapping are another run; their columns may be filled in another way. */
static bool
change_table(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(memory_free_string) char *columns = describe_columns(table);
    CLEANUP(memory_free_string) char *dropped = describe_dropped(table);
    CLEANUP(memory_free_string) char *number = memory_printf("%d", table->number);
    CLEANUP(memory_free_string) char *step = memory_printf("%d", table->step);
    const char *values[] = {m->run_id,
                            number,
                            step,
                            table->source->schema,
                            table->source->name,
                            table->target->schema,
                            table->target->name,
                            columns,
                            dropped};
    int64_t changed;

    if (!db_command(m->target, sql_query_migrate_change_table, 9, values, &changed, err))
        return false;
    if (changed == 1)
        return true;
    error_set(err, EXIT_REFUSED, "run %s did not move table %s as number %d of its mapping",
              m->run_id, table->label, table->number + 1);
    return error_hint(err,
                      "keep the tables of the mapping and their order, or restore the target and "
                      "begin a new run");
}

/* The run goes on with what the mapping and the ID maps say now; all of it is judged anew. */
static bool
change_run(struct migrate *m, struct error *err)
{
    const struct store_run *run = m->in->run;
    const char *values[] = {m->run_id,
                            run->mapping_path,
                            run->mapping_text,
                            run->mapping_digest,
                            run->idmap_digests,
                            run->tool_version,
                            m->in->rejects_only ? "done" : "stopped"};

    if (!db_command(m->target, sql_query_migrate_change_run, 7, values, NULL, err) ||
        !db_command(m->target, sql_query_migrate_forget_idmaps, 1, values, NULL, err) ||
        !put_maps(m, err))
        return false;
    for (size_t i = 0; i < m->plan->table_count; i++)
        if (!change_table(m, &m->plan->tables[i], err))
            return false;
    return true;
}

/* What held a run up may have been mended by another trigger or constraint: what counts for the
 * proof is what there was when it was taken up last. */
static bool
note_structure(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(memory_free_string) char *structure = NULL;
    CLEANUP(memory_free_string) char *number = memory_printf("%d", table->number);
    if (!store_describe_structure(m->target, table->target->schema, table->target->name, &structure,
                                  err))
        return false;
    const char *values[] = {m->run_id, number, structure};
    return db_command(m->target, sql_query_migrate_note_structure, 3, values, NULL, err);
}

static bool
note_structures(struct migrate *m, struct error *err)
{
    for (size_t i = 0; i < m->plan->table_count; i++)
        if (!note_structure(m, &m->plan->tables[i], err))
            return false;
    return true;
}

static bool
begin_again(struct migrate *m, struct error *err)
{
    /* A resume next month needs next month's partition. */
    return audit_install(m->target, m->plan, err) && (!m->in->changed || change_run(m, err)) &&
           note_structures(m, err) && store_resume_run(m->target, m->run_id, err);
}

/* The run stays done while its rejects are tried again: what an end half-way leaves is whole. */
static bool
begin_rejects(struct migrate *m, struct error *err)
{
    return audit_install(m->target, m->plan, err) && (!m->in->changed || change_run(m, err)) &&
           note_structures(m, err);
}

bool
migrate_begin_run(struct migrate *m, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    if (!migrate_begin(m, &unit, err) || !(m->in->rejects_only ? begin_rejects(m, err)
                                           : m->in->resume     ? begin_again(m, err)
                                                               : begin_new(m, err)))
        return false;
    failpoint("run-begun");
    return migrate_commit(m, &unit, err);
}
