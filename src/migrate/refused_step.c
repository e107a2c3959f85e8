/*
 * Rows that a step in one transaction was refused for. References between its tables are judged
 * when all of them are loaded, so what fails then is looked for in the target itself.
 */
#include "refused.h"

#include <string.h>

int64_t
refused_count(const struct migrate *m, const struct plan_step *step)
{
    int64_t count = 0;
    for (size_t i = 0; i < step->table_count; i++)
        count += m->shared->refused[step->tables[i]].total;
    return count;
}

static void
add_names(struct strbuf *sql, const struct plan_table *table, const int *columns, size_t count,
          const char *alias, const char *between, const char *after)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(sql, "%s%s.", i > 0 ? between : "", alias);
        db_quote_identifier(sql, table->columns[columns[i]].target->name);
        strbuf_add_string(sql, after);
    }
}

/* The rows as COPY prints what was written. */
static void
add_orphans_sql(struct strbuf *sql, const struct plan_table *table,
                const struct plan_reference *reference, const struct plan_table *parent)
{
    strbuf_add_string(sql, "COPY (SELECT ");
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? ", c." : "c.");
        db_quote_identifier(sql, table->columns[i].target->name);
    }
    strbuf_add_string(sql, " FROM ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS c WHERE ");
    add_names(sql, table, reference->columns, reference->count, "c", " AND ", " IS NOT NULL");
    strbuf_add_string(sql, " AND NOT EXISTS (SELECT FROM ");
    plan_sql_target_name(sql, parent);
    strbuf_add_string(sql, " AS p WHERE ");
    for (size_t i = 0; i < reference->count; i++) {
        strbuf_add_string(sql, i > 0 ? " AND " : "");
        add_names(sql, parent, &reference->parent_columns[i], 1, "p", "", "");
        plan_sql_equals(sql, &table->columns[reference->columns[i]].target->type);
        add_names(sql, table, &reference->columns[i], 1, "c", "", "");
    }
    strbuf_add_string(sql, ")) TO STDOUT");
    plan_sql_codec(sql, table);
}

static bool
find_orphans(struct migrate *m, const struct plan_table *table,
             const struct plan_reference *reference, struct error *err)
{
    const struct plan_table *parent = &m->plan->tables[reference->parent];
    struct db_place place = refused_place("23503", reference->key->name, NULL);
    struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length, newline = table->codec != PLAN_CODEC_BINARY;

    add_orphans_sql(&sql, table, reference, parent);
    bool good = db_copy_out_begin(m->target, sql.data, err);
    strbuf_release(&sql);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL)
        refused_add_all(&m->shared->refused[table->number], REFUSED_BY_TARGET,
                        row_target_digest(table, line, length - newline), &place);
    return good;
}

bool
refused_find_orphans(struct migrate *m, const struct plan_step *step, struct error *err)
{
    for (size_t i = 0; i < step->table_count; i++) {
        const struct plan_table *table = &m->plan->tables[step->tables[i]];
        for (size_t k = 0; k < table->reference_count; k++)
            if (m->plan->tables[table->references[k].parent].step == table->step &&
                !find_orphans(m, table, &table->references[k], err))
                return false;
    }
    return true;
}
