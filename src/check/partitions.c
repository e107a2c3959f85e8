/* Rows that no partition of the target takes. */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool
partitions_prepare(struct check *check, struct error *err)
{
    check->partitions = memory_zalloc((check->plan->table_count + 1) * sizeof *check->partitions);
    for (size_t i = 0; i < check->plan->table_count; i++) {
        const struct plan_table *table = &check->plan->tables[i];
        CLEANUP(db_result_free) struct db_result *result = NULL;
        if (!check_is_usable(table) || table->target->kind != 'p')
            continue;
        CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, table->target->oid);
        const char *values[] = {oid};
        if (!db_query(check->in->target, sql_query_check_partitions, 1, values, &result, err))
            return false;
        const char *condition = db_result_text(result, 0, 0);
        check->partitions[i] = memory_strdup(condition != NULL ? condition : "false");
    }
    return true;
}

void
partitions_release(struct check *check)
{
    for (size_t i = 0; check->partitions != NULL && i < check->plan->table_count; i++)
        free(check->partitions[i]);
    free(check->partitions);
}

static void
report_unchecked(struct check *check, const struct plan_table *table, const char *why)
{
    struct finding *finding =
        findings_add(check->findings, "N-CHECK", table->label, NULL,
                     "whether a partition takes each row was not checked: %s", why);
    finding_set_hint(finding, "a dry run tries it");
}

bool
partitions_check(struct check *check, const struct plan_table *table, struct error *err)
{
    const char *condition = check->partitions[table->number];
    const char *texts[] = {condition};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    if (condition == NULL || !check->can_stage)
        return true;
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM ");
    if (!stage_add_rows_of(&sql, check, table, texts, 1)) {
        report_unchecked(check, table, "the rows are in no temporary table");
        return true;
    }
    strbuf_printf(&sql, " AS k WHERE (%s) IS NOT TRUE", condition);
    if (!check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    if (failed.is_set) {
        report_unchecked(check, table, failed.text);
        return true;
    }
    int64_t rows = db_result_int64(result, 0, 0);
    if (rows == 0)
        return true;
    struct finding *finding = findings_add(check->findings, "E-NO-PARTITION", table->label, NULL,
                                           "no partition of the target takes these rows");
    finding_set_hint(finding,
                     "create the missing partitions, or a DEFAULT one, or leave rows out with "
                     "\"where\"");
    finding->rows = rows;
    return true;
}
