/* Exclusion constraints: each row against all others by the constraint's own operators. */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void
add_keys(struct strbuf *sql, const struct catalog_index *index)
{
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(sql, "%s(%s) AS key_%zu", k > 0 ? ", " : "", index->keys[k], k);
}

/* The keys of the rows that would be written, with an index of the constraint's own kind. */
static bool
add_key_table(struct strbuf *sql, const struct check *check, const struct plan_table *table,
              const struct catalog_index *index)
{
    const char **texts = memory_alloc((index->key_count + 1) * sizeof *texts);
    const char *predicate = index->predicate != NULL ? index->predicate : "true";
    const char *method = strstr(index->definition, " USING ");
    for (size_t k = 0; k < index->key_count; k++)
        texts[k] = index->keys[k];
    texts[index->key_count] = predicate;

    strbuf_add_string(sql, "CREATE TEMPORARY TABLE idmigrate_check_keys AS SELECT "
                           "pg_catalog.row_number() OVER () AS row_id, ");
    add_keys(sql, index);
    strbuf_add_string(sql, " FROM ");
    bool good =
        stage_add_rows(sql, check, table->target, texts, index->key_count + 1) && method != NULL;
    strbuf_printf(sql, " AS fresh WHERE (%s); CREATE INDEX ON pg_temp.idmigrate_check_keys USING ",
                  predicate);
    strbuf_add(sql, method != NULL ? method + 7 : "",
               method != NULL ? strcspn(method + 7, " ") : 0);
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(sql, "%skey_%zu", k > 0 ? ", " : " (", k);
    strbuf_add_string(sql, "); ANALYZE pg_temp.idmigrate_check_keys");
    free(texts);
    return good;
}

static void
add_meeting(struct strbuf *sql, const struct catalog_index *index,
            const struct db_result *operators)
{
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(sql, " AND b.key_%zu %s a.key_%zu", k, db_result_text(operators, k, 0), k);
}

static void
add_question(struct strbuf *sql, const struct plan_table *table, const struct catalog_index *index,
             const struct db_result *operators)
{
    strbuf_reset(sql);
    strbuf_add_string(
        sql,
        "SELECT pg_catalog.count(*) FILTER (WHERE meets), pg_catalog.count(*) FILTER (WHERE is_met)"
        " FROM (SELECT EXISTS (SELECT FROM pg_temp.idmigrate_check_keys AS b WHERE b.row_id <> "
        "a.row_id");
    add_meeting(sql, index, operators);
    strbuf_add_string(sql, ") AS meets, EXISTS (SELECT FROM (SELECT ");
    add_keys(sql, index);
    strbuf_add_string(sql, " FROM ");
    plan_sql_target_name(sql, table);
    strbuf_printf(sql, " AS there WHERE (%s)) AS b WHERE true",
                  index->predicate != NULL ? index->predicate : "true");
    add_meeting(sql, index, operators);
    strbuf_add_string(sql, ") AS is_met FROM pg_temp.idmigrate_check_keys AS a) AS met");
}

static void
report(struct check *check, const struct plan_table *table, const struct catalog_index *index,
       int64_t rows, bool existing)
{
    if (rows == 0)
        return;
    struct finding *finding =
        findings_add(check->findings, existing ? "E-COLLISION-EXISTING" : "E-COLLISION",
                     table->label, NULL, "exclusion constraint %s: %" PRId64 " rows exclude %s",
                     index->name, rows, existing ? "rows that are there" : "each other");
    finding_set_hint(finding, "leave rows out with \"where\", or change the rows");
    finding->rows = rows;
}

static void
report_unchecked(struct check *check, const struct plan_table *table,
                 const struct catalog_index *index, const char *why)
{
    struct finding *finding =
        findings_add(check->findings, "N-EXCLUSION", table->label, NULL,
                     "exclusion constraint %s was not checked: %s", index->name, why);
    finding_set_hint(finding, "a dry run tries it");
}

static bool
ask(struct check *check, const struct plan_table *table, const struct catalog_index *index,
    struct strbuf *sql, const struct db_result *operators, struct error *failed, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_execute(check->in->target, sql->data, failed))
        return true;
    add_question(sql, table, index, operators);
    if (!db_query(check->in->target, sql->data, 0, NULL, &result, failed))
        return true;
    report(check, table, index, db_result_int64(result, 0, 0), false);
    report(check, table, index, db_result_int64(result, 0, 1), true);
    return !check_is_interrupted(err);
}

bool
exclusion_check(struct check *check, const struct plan_table *table,
                const struct catalog_index *index, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *operators = NULL;
    struct error failed = ERROR_INIT;
    const char *values[] = {table->target->schema, index->name};

    if (!db_query(check->in->target, sql_query_check_exclusion, 2, values, &operators, err))
        return false;
    if (db_result_rows(operators) != index->key_count ||
        !add_key_table(&sql, check, table, index)) {
        report_unchecked(check, table, index, "the rows are in no temporary table");
        return true;
    }
    db_savepoint(check->in->target, "idmigrate_exclusion");
    if (!db_flush(check->in->target, err) ||
        !ask(check, table, index, &sql, operators, &failed, err))
        return false;
    if (failed.is_set && check_must_stop(&failed)) {
        *err = failed;
        return false;
    }
    if (failed.is_set)
        report_unchecked(check, table, index, failed.text);
    return db_savepoint_rollback(check->in->target, "idmigrate_exclusion", err);
}
