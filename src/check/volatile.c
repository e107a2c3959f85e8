/*
 * Expressions of the mapping that do not give the same value, or the same number of rows, each time
 * they are asked: what a run wrote could never be proved.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <string.h>

/* "random(" as a word, blanks before the bracket allowed. Expressions are not parsed. */
static bool
calls(const char *sql, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(sql, name); at != NULL; at = strstr(at + 1, name)) {
        bool is_inside = at > sql && strchr("abcdefghijklmnopqrstuvwxyz_0123456789'", at[-1]);
        const char *behind = at + length + strspn(at + length, " \n\t");
        if (!is_inside && *behind == '(')
            return true;
    }
    return false;
}

/* The server's own functions are what they are called; a user's may only lack a better word. */
static void
report_call(struct check *check, const struct plan_table *table, const char *column,
            const char *name, bool is_own)
{
    const char *place = column != NULL ? "\"sql\"" : "\"where\"";
    if (is_own) {
        struct finding *finding =
            findings_add(check->findings, "E-VOLATILE", table->label, column,
                         "%s calls %s(), which gives another result each time", place, name);
        finding_set_hint(finding, "use what is in the row; \"generate\": \"uuid\" makes keys that "
                                  "are the same each time");
    } else {
        struct finding *finding =
            findings_add(check->findings, "W-VOLATILE", table->label, column,
                         "%s calls %s(), which is declared volatile: if it gives another result "
                         "each time, the result cannot be proved",
                         place, name);
        finding_set_hint(finding, "look at the function; if it depends on its arguments alone, "
                                  "declare it IMMUTABLE, and if it only reads tables, STABLE");
    }
}

static void
look_for_calls(struct check *check, const struct plan_table *table, const char *column,
               const char *sql, const struct db_result *names)
{
    for (size_t row = 0; sql != NULL && row < db_result_rows(names); row++)
        if (calls(sql, db_result_text(names, row, 0)))
            report_call(check, table, column, db_result_text(names, row, 0),
                        db_result_bool(names, row, 1));
}

/* A set is refused inside CASE, by name. */
static bool
look_for_sets(struct check *check, const struct plan_table *table, const struct plan_column *column,
              struct error *err)
{
    CLEANUP(memory_free_string)
    char *expression = memory_printf("CASE WHEN true THEN (%s\n) END", column->spec->sql);
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    strbuf_add_string(&sql, "EXPLAIN ");
    plan_sql_select_source(&sql, table, expression);
    if (!check_try(check->in->sources[table->spec->source], sql.data, &result, &failed, err))
        return false;
    if (strcmp(failed.sqlstate, "0A000") != 0)
        return true; /* anything else is told when the rows are read */
    struct finding *finding =
        findings_add(check->findings, "E-SQL-FAILS", table->label, column->target->name,
                     "\"sql\" gives a set: one row of the source would become several");
    finding_set_hint(finding, "give one value, such as (SELECT min(x) FROM unnest(...) AS x)");
    return true;
}

static bool
check_table(struct check *check, const struct plan_table *table, const struct db_result *names,
            struct error *err)
{
    look_for_calls(check, table, NULL, table->spec->where, names);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct plan_column *column = &table->columns[i];
        if (column->spec == NULL || column->spec->origin != MAPPING_SQL)
            continue;
        look_for_calls(check, table, column->target->name, column->spec->sql, names);
        if (!look_for_sets(check, table, column, err))
            return false;
    }
    return true;
}

static bool
has_expression(const struct plan_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].spec != NULL && table->columns[i].spec->origin == MAPPING_SQL)
            return true;
    return table->spec->where != NULL;
}

static bool
check_source(struct check *check, size_t source, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *names = NULL;
    for (size_t i = 0; i < check->plan->table_count; i++) {
        const struct plan_table *table = &check->plan->tables[i];
        if ((size_t)table->spec->source != source || !check_is_usable(table) ||
            !has_expression(table))
            continue;
        if (names == NULL &&
            !db_query(check->in->sources[source], sql_query_check_volatile, 0, NULL, &names, err))
            return false;
        if (!check_table(check, table, names, err))
            return false;
    }
    return true;
}

bool
volatile_check(struct check *check, struct error *err)
{
    for (size_t i = 0; i < check->plan->mapping->source_count; i++)
        if (!check_source(check, i, err))
            return false;
    return true;
}
