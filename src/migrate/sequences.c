/*
 * Sequences are moved past the furthest legacy number before loading: a live application would take
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

/* The number furthest along on one side as text, or NULL; to be freed. */
static bool
read_furthest(struct db *db, const char *sql, char **furthest, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, sql, 0, NULL, &result, err))
        return false;
    *furthest = memory_strdup(db_result_text(result, 0, 0));
    return true;
}

static bool
read_source(struct migrate *m, const struct plan_table *table, const struct plan_column *column,
            const char *aggregate, char **furthest, struct error *err)
{
    CLEANUP(memory_free_string)
    char *expression = memory_printf("pg_catalog.%s(%s)::bigint", aggregate, column->select);
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    plan_sql_select_source(&sql, table, expression);
    return read_furthest(migrate_source(m, table), sql.data, furthest, err);
}

/* Rows that are there may be past their own sequence, which then gives out a number twice. */
static bool
read_target(struct migrate *m, const struct plan_table *table, const struct plan_column *column,
            const char *aggregate, char **furthest, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_printf(&sql, "SELECT pg_catalog.%s(", aggregate);
    db_quote_identifier(&sql, column->target->name);
    strbuf_add_string(&sql, ")::bigint FROM ");
    plan_sql_target_name(&sql, table);
    return read_furthest(m->target, sql.data, furthest, err);
}

static bool
read_direction(struct migrate *m, const char *sequence, bool *rises, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(m->target, sql_query_migrate_sequence_rises, 1, &sequence, &result, err))
        return false;
    *rises = db_result_bool(result, 0, 0);
    return true;
}

/* Sets the sequence so that its next number is past both, unless it is there already. What was set
 * with is_called false is given out next, and so not taken yet. */
static bool
set_sequence(struct migrate *m, const char *sequence, bool rises, const char *source,
             const char *target, struct error *err)
{
    const char *values[] = {sequence, source, target};
    CLEANUP(memory_free_string)
    char *sql = memory_printf(
        "SELECT pg_catalog.setval($1::text::regclass, furthest) FROM %s AS s,"
        " (SELECT %s($2::bigint, $3::bigint) AS furthest) AS f"
        " WHERE s.last_value %s (CASE WHEN s.is_called THEN 0 ELSE 1 END) %s furthest",
        sequence, rises ? "GREATEST" : "LEAST", rises ? "-" : "+", rises ? "<" : ">");
    return db_command(m->target, sql, 3, values, NULL, err);
}

static bool
raise_sequence(struct migrate *m, const struct plan_table *table, const struct plan_column *column,
               struct error *err)
{
    const char *sequence = column->target->sequence;
    CLEANUP(memory_free_string) char *source = NULL;
    CLEANUP(memory_free_string) char *target = NULL;
    bool rises;
    if (!read_direction(m, sequence, &rises, err) ||
        !read_source(m, table, column, rises ? "max" : "min", &source, err) ||
        !read_target(m, table, column, rises ? "max" : "min", &target, err))
        return false;
    return set_sequence(m, sequence, rises, source, target, err);
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
