/* CHECK constraints of the target's tables and domains, on the rows that would be written. */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "CHECK ((a > 0)) NOT VALID" -> "((a > 0))"; to be freed. */
static char *
inner_expression(const char *definition)
{
    const char *open = strchr(definition, '('), *close = strrchr(definition, ')');
    if (open == NULL || close == NULL || close < open)
        return memory_strdup("true");
    return memory_strndup(open, (size_t)(close - open) + 1);
}

static void
report(struct check *check, const struct plan_table *table, const char *column, const char *what,
       const char *name, const struct db_result *result, const struct error *failed)
{
    if (failed->is_set) {
        struct finding *finding =
            findings_add(check->findings, "N-CHECK", table->label, column,
                         "%s %s was not checked: %s", what, name, failed->text);
        finding_set_hint(finding, "a dry run tries it");
        return;
    }
    int64_t rows = db_result_int64(result, 0, 0);
    if (rows == 0)
        return;
    struct finding *finding =
        findings_add(check->findings, "E-CHECK-VIOLATED", table->label, column,
                     "%s %s: %" PRId64 " rows break it", what, name, rows);
    finding_set_hint(
        finding,
        "change the values with \"sql\" or \"values\", or leave such rows out with \"where\"");
    finding->rows = rows;
}

static bool
ask(struct check *check, const struct strbuf *sql, bool is_asked, struct db_result **result,
    struct error *failed, struct error *err)
{
    if (is_asked)
        return check_try(check->in->target, sql->data, result, failed, err);
    error_set(failed, EXIT_NOT_CHECKED, "the rows are in no temporary table");
    return true;
}

static bool
check_table_constraint(struct check *check, const struct plan_table *table,
                       const struct catalog_check *constraint, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *expression = inner_expression(constraint->definition);
    const char *texts[] = {expression};
    struct error failed = ERROR_INIT;
    bool is_fed = false;
    for (size_t i = 0; i < table->column_count; i++)
        is_fed |= check_mentions(expression, table->columns[i].target->name);
    if (!is_fed)
        return true; /* of columns that the target fills itself */
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM ");
    bool is_asked = stage_add_rows_of(&sql, check, table, texts, 1);
    strbuf_printf(&sql, " AS k WHERE NOT %s", expression);
    if (!ask(check, &sql, is_asked, &result, &failed, err))
        return false;
    report(check, table, NULL, "check", constraint->name, result, &failed);
    return true;
}

static bool
check_domain(struct check *check, const struct plan_table *table, const struct plan_column *column,
             struct error *err)
{
    CLEANUP(db_result_free) struct db_result *constraints = NULL;
    CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, column->target->type.oid);
    const char *values[] = {oid}, *texts[] = {column->target->name};
    if (!db_query(check->in->target, sql_query_check_domains, 1, values, &constraints, err))
        return false;
    for (size_t row = 0; row < db_result_rows(constraints); row++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
        CLEANUP(db_result_free) struct db_result *result = NULL;
        struct error failed = ERROR_INIT;
        strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM (SELECT k.");
        db_quote_identifier(&sql, column->target->name);
        strbuf_add_string(&sql, " AS value FROM "); /* the expression calls it VALUE */
        bool is_asked = stage_add_rows_of(&sql, check, table, texts, 1);
        strbuf_printf(&sql, " AS k) AS d WHERE NOT (%s)", db_result_text(constraints, row, 1));
        if (!ask(check, &sql, is_asked, &result, &failed, err))
            return false;
        report(check, table, column->target->name, "domain check",
               db_result_text(constraints, row, 0), result, &failed);
    }
    return true;
}

bool
constraints_check(struct check *check, const struct plan_table *table, struct error *err)
{
    if (!check->can_stage)
        return true;
    for (size_t i = 0; i < table->target->check_count; i++)
        if (!check_table_constraint(check, table, &table->target->checks[i], err))
            return false;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].target->type.kind == 'd' &&
            !check_domain(check, table, &table->columns[i], err))
            return false;
    return true;
}
