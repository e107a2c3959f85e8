/*
 * Casts that change a value without an error: nothing afterwards would tell, since verification
 * casts in the same way. The source counts the rows, all columns of a table in one reading.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Between local and absolute times, in a zone that has changes of the clock. */
static bool
is_shift(const struct plan_column *column)
{
    return strncmp(column->source->type.base_text_plain, "timestamp", 9) == 0 &&
           strncmp(column->target->type.base_text_plain, "timestamp", 9) == 0;
}

static void
report_shifted(struct check *check, const struct plan_table *table,
               const struct plan_column *column, int64_t rows)
{
    struct finding *finding =
        findings_add(check->findings, "W-TIME-SHIFTED", table->label, column->target->name,
                     "local times that a change of the clock leaves out, or has twice: they move, "
                     "or cannot be told from each other");
    finding_set_hint(finding, "see whether \"timezone\" is the zone these times were written in");
    finding->rows = rows;
}

static void
report_lost(struct check *check, const struct plan_table *table, const struct plan_column *column,
            int64_t rows)
{
    if (is_shift(column)) {
        report_shifted(check, table, column, rows);
        return;
    }
    struct finding *finding =
        findings_add(check->findings, "E-NARROWING", table->label, column->target->name,
                     "%s to %s: the target would hold another value than the source, without an "
                     "error",
                     column->source->type.text, column->target->type.text);
    finding_set_hint(finding, "change the target's type, convert the value with \"sql\", or say "
                              "\"allow_narrowing\": \"reason\"");
    finding->rows = rows;
}

static void
report_possible(struct check *check, const struct plan_table *table,
                const struct plan_column *column, const char *why)
{
    struct finding *finding =
        findings_add(check->findings, "W-NARROWING-POSSIBLE", table->label, column->target->name,
                     "%s to %s: the cast may change values without an error; not all rows were "
                     "compared: %s",
                     column->source->type.text, column->target->type.text, why);
    finding_set_hint(finding, "check all rows, convert the value with \"sql\", or say "
                              "\"allow_narrowing\": \"reason\"");
}

/* A value that cannot be cast at all was told by the reading. */
static bool
is_told(const struct check *check, const struct plan_table *table, const struct plan_column *column)
{
    for (size_t i = 0; i < check->findings->count; i++) {
        const struct finding *finding = &check->findings->items[i];
        bool is_cast = strcmp(finding->code, "E-CAST-FAILS") == 0 ||
                       strcmp(finding->code, "E-OUT-OF-RANGE") == 0;
        if (is_cast && finding->table != NULL && strcmp(finding->table, table->label) == 0 &&
            finding->column != NULL && strcmp(finding->column, column->target->name) == 0)
            return true;
    }
    return false;
}

static bool
ask(struct check *check, const struct plan_table *table, const char *expressions,
    struct db_result **result, struct error *failed, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    plan_sql_select_source(&sql, table, expressions);
    return check_try(check->in->sources[table->spec->source], sql.data, result, failed, err);
}

static void
add_count(struct strbuf *expressions, const struct plan_column *column)
{
    strbuf_printf(expressions, "%spg_catalog.count(*) FILTER (WHERE %s)",
                  expressions->length > 0 ? ", " : "", column->loss);
}

static bool
check_alone(struct check *check, const struct plan_table *table, const struct plan_column *column,
            struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf expression = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    add_count(&expression, column);
    if (!ask(check, table, expression.data, &result, &failed, err))
        return false;
    if (failed.is_set)
        report_possible(check, table, column, failed.text);
    else if (db_result_int64(result, 0, 0) > 0)
        report_lost(check, table, column, db_result_int64(result, 0, 0));
    return true;
}

static bool
check_together(struct check *check, const struct plan_table *table,
               const struct plan_column *const *columns, size_t count, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf expressions = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    for (size_t i = 0; i < count; i++)
        add_count(&expressions, columns[i]);
    if (!ask(check, table, expressions.data, &result, &failed, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (failed.is_set && !check_alone(check, table, columns[i], err))
            return false;
        if (!failed.is_set && db_result_int64(result, 0, (int)i) > 0)
            report_lost(check, table, columns[i], db_result_int64(result, 0, (int)i));
    }
    return true;
}

bool
losses_check(struct check *check, const struct plan_table *table, struct error *err)
{
    const struct plan_column **columns = memory_alloc((table->column_count + 1) * sizeof *columns);
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct plan_column *column = &table->columns[i];
        if (column->loss == NULL || is_told(check, table, column))
            continue;
        if (check->in->row_limit > 0)
            report_possible(check, table, column, "a limit was asked for");
        else
            columns[count++] = column;
    }
    bool good = count == 0 || check_together(check, table, columns, count, err);
    free(columns);
    return good;
}
