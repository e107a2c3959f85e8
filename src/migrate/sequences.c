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

/* The highest number on one side as text, or NULL; to be freed. */
static bool
read_highest(struct db *db, const char *sql, char **highest, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, sql, 0, NULL, &result, err))
        return false;
    *highest = memory_strdup(db_result_text(result, 0, 0));
    return true;
}

static bool
read_source(struct migrate *m, const struct plan_table *table, const struct plan_column *column,
            char **highest, struct error *err)
{
    CLEANUP(memory_free_string)
    char *expression = memory_printf("pg_catalog.max(%s)::bigint", column->select);
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    plan_sql_select_source(&sql, table, expression);
    return read_highest(migrate_source(m, table), sql.data, highest, err);
}

/* Rows that are there may be past their own sequence, which then gives out a number twice. */
static bool
read_target(struct migrate *m, const struct plan_table *table, const struct plan_column *column,
            char **highest, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "SELECT pg_catalog.max(");
    db_quote_identifier(&sql, column->target->name);
    strbuf_add_string(&sql, ")::bigint FROM ");
    plan_sql_target_name(&sql, table);
    return read_highest(m->target, sql.data, highest, err);
}

static bool
raise_sequence(struct migrate *m, const struct plan_table *table, const struct plan_column *column,
               struct error *err)
{
    CLEANUP(memory_free_string) char *source = NULL;
    CLEANUP(memory_free_string) char *target = NULL;
    if (!read_source(m, table, column, &source, err) ||
        !read_target(m, table, column, &target, err))
        return false;
    const char *values[] = {column->target->sequence, source, target};
    return db_command(m->target, sql_query_migrate_raise_sequence, 3, values, NULL, err);
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
