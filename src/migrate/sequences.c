/*
 * Sequences are raised past the highest legacy number before loading: a live application would take
 * the legacy numbers otherwise. setval is not undone by a rollback, so a dry run leaves them alone.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

/* Only numbers that are copied as they are; what a sequence is for cannot be an ID of the map. */
static bool
is_copied_number(const struct plan_column *column)
{
    return column->target->sequence != NULL && column->target->type.category == 'N' &&
           column->resolve_count == 0;
}

static bool
raise_sequence(struct migrate *m, const struct plan_table *table, const struct plan_column *column,
               struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string)
    char *expression = memory_printf("pg_catalog.max(%s)", column->select);
    struct strbuf sql = STRBUF_INIT;

    plan_sql_select_source(&sql, table, expression);
    bool good = db_query(migrate_source(m, table), sql.data, 0, NULL, &result, err);
    strbuf_release(&sql);
    if (!good)
        return false;
    const char *values[] = {column->target->sequence, db_result_text(result, 0, 0)};
    if (values[1] == NULL)
        return true;
    return db_command(m->target, sql_query_migrate_raise_sequence, 2, values, NULL, err);
}

bool
migrate_raise_sequences(struct migrate *m, struct error *err)
{
    for (size_t i = 0; i < m->plan->table_count && !m->in->dry_run; i++) {
        const struct plan_table *table = &m->plan->tables[i];
        for (size_t j = 0; j < table->column_count; j++)
            if (is_copied_number(&table->columns[j]) &&
                !raise_sequence(m, table, &table->columns[j], err))
                return error_context(err, "table %s, column %s: raising its sequence", table->label,
                                     table->columns[j].target->name);
    }
    return true;
}
