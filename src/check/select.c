/*
 * Columns that the source cannot evaluate: a value that cannot be cast, a cast that does not exist,
 * an expression that is wrong. Each column is tried alone; those that fail are told, with the
 * number of rows where it can be found, and left out of the next reading.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static bool
is_type(const struct catalog_type *type, const char *name)
{
    return strcmp(type->base_text_plain, name) == 0;
}

static bool
try_expression(struct check *check, const struct plan_table *table, const char *expression,
               struct db_result **result, struct error *failed, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    plan_sql_select_source(&sql, table, expression);
    return check_try(check->in->sources[table->spec->source], sql.data, result, failed, err);
}

/* The largest and smallest number of the target's type, or NULL. */
static bool
find_range(const struct catalog_type *to, const char **lowest, const char **highest)
{
    static const char *const types[][3] = {
        {"smallint", "-32768", "32767"},
        {"integer", "-2147483648", "2147483647"},
        {"bigint", "-9223372036854775808", "9223372036854775807"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (is_type(to, types[i][0])) {
            *lowest = types[i][1];
            *highest = types[i][2];
            return true;
        }
    return false;
}

/* Condition that holds for numbers which do not fit, or NULL. */
static char *
overflow_condition(const struct plan_column *column, const char *base)
{
    const struct catalog_type *to = &column->target->type;
    const char *lowest, *highest;
    if (column->source == NULL || column->source->type.category != 'N')
        return NULL;
    if (find_range(to, &lowest, &highest))
        return memory_printf("pg_catalog.round((%s)::numeric) NOT BETWEEN %s AND %s", base, lowest,
                             highest);
    if (is_type(to, "numeric") && to->modifier >= 4) {
        int precision = ((to->modifier - 4) >> 16) & 0xffff;
        int scale = (((to->modifier - 4) & 0x7ff) ^ 1024) - 1024;
        return memory_printf("pg_catalog.abs(pg_catalog.round((%s)::numeric, %d)) >= 1e%d::numeric",
                             base, scale, precision - scale);
    }
    return NULL;
}

static bool
count_overflow(struct check *check, const struct plan_table *table, const char *condition,
               struct finding *finding, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string)
    char *expression = memory_printf("pg_catalog.count(*) FILTER (WHERE %s)", condition);
    struct error failed = ERROR_INIT;
    if (!try_expression(check, table, expression, &result, &failed, err))
        return false;
    if (result != NULL)
        finding->rows = db_result_int64(result, 0, 0);
    return true;
}

static char *
base_expression(const struct plan_column *column)
{
    struct strbuf base = STRBUF_INIT;
    if (column->source != NULL) {
        strbuf_add_string(&base, "t.");
        db_quote_identifier(&base, column->source->name);
    } else {
        strbuf_printf(&base, "(%s\n)", column->spec->sql ? column->spec->sql : "NULL");
    }
    return strbuf_take(&base);
}

static const char *
failure_code(const struct plan_column *column, const char *sqlstate)
{
    bool is_data = strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0;
    if (strcmp(sqlstate, "22003") == 0)
        return "E-OUT-OF-RANGE";
    if (!is_data && column->spec != NULL && column->spec->origin == MAPPING_SQL)
        return "E-SQL-FAILS";
    return "E-CAST-FAILS";
}

static bool
report_failing(struct check *check, const struct plan_table *table,
               const struct plan_column *column, const struct error *failed, struct error *err)
{
    const struct catalog_type *to = &column->target->type;
    const char *code = failure_code(column, failed->sqlstate);
    CLEANUP(memory_free_string) char *base = base_expression(column);
    CLEANUP(memory_free_string) char *overflow = overflow_condition(column, base);
    bool is_data = strncmp(failed->sqlstate, "22", 2) == 0;
    bool is_open =
        check_column_is_open(table, catalog_find_column(table->target, column->target->name));

    struct finding *finding = findings_add(
        check->findings, code, table->label, column->target->name, "%s to %s: %s",
        column->source != NULL ? column->source->type.text : "expression", to->text, failed->text);
    finding_set_hint(finding, "%s",
                     strcmp(code, "E-SQL-FAILS") == 0
                         ? "correct \"sql\"; the source evaluates it over its row"
                         : "say with \"sql\" or \"values\" what becomes of such values, or change "
                           "the target's type");
    if (overflow != NULL && is_data)
        return count_overflow(check, table, overflow, finding, err);
    if (is_data)
        return valid_count(check, table, base, to->base_text_plain, finding, is_open, err);
    return true;
}

static void
copy_columns(struct plan_table *table)
{
    struct plan_column *columns = memory_alloc(table->column_count * sizeof *columns);
    memcpy(columns, table->columns, table->column_count * sizeof *columns);
    for (size_t i = 0; i < table->column_count; i++)
        columns[i].select = memory_strdup(columns[i].select);
    table->columns = columns;
}

void
select_leave_out(struct plan_table *table, const struct plan_table *original, size_t column)
{
    if (table->columns == original->columns)
        copy_columns(table);
    free(table->columns[column].select);
    table->columns[column].select = memory_strdup("NULL::text");
}

void
select_release(struct plan_table *table, const struct plan_table *original)
{
    if (table->columns == original->columns)
        return;
    for (size_t i = 0; i < table->column_count; i++)
        free(table->columns[i].select);
    free(table->columns);
}

bool
select_find_failing(struct check *check, struct plan_table *table, bool *found, struct error *err)
{
    const struct plan_table *original = &check->plan->tables[table->number];
    struct error failed = ERROR_INIT;
    *found = false;
    for (size_t i = 0; i < table->column_count; i++) {
        CLEANUP(db_result_free) struct db_result *result = NULL;
        CLEANUP(memory_free_string)
        char *expression = memory_printf("pg_catalog.count(%s)", table->columns[i].select);
        if (!try_expression(check, table, expression, &result, &failed, err))
            return false;
        if (!failed.is_set)
            continue;
        /* When the table itself cannot be read, no column is to blame. */
        CLEANUP(db_result_free) struct db_result *all = NULL;
        struct error whole = ERROR_INIT;
        if (!*found && !try_expression(check, table, "pg_catalog.count(*)", &all, &whole, err))
            return false;
        if (whole.is_set)
            return true;
        if (!report_failing(check, table, &table->columns[i], &failed, err))
            return false;
        select_leave_out(table, original, i);
        *found = true;
    }
    return true;
}
