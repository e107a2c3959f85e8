/* Exclusion constraints: each row against all others by the constraint's own operators. */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>

static void
add_side(struct strbuf *sql, const struct catalog_index *index, const char *row)
{
    strbuf_printf(sql, "(SELECT %s AS row_id", row);
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(sql, ", (%s) AS key_%zu", index->keys[k], k);
    strbuf_add_string(sql, " FROM ");
}

static void
add_meeting(struct strbuf *sql, const struct catalog_index *index,
            const struct db_result *operators)
{
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(sql, " AND b.key_%zu %s a.key_%zu", k, db_result_text(operators, k, 0), k);
}

static bool
add_question(struct strbuf *sql, const struct check *check, const struct plan_table *table,
             const struct catalog_index *index, const struct db_result *operators)
{
    const char **texts = memory_alloc((index->key_count + 1) * sizeof *texts);
    const char *predicate = index->predicate != NULL ? index->predicate : "true";
    for (size_t k = 0; k < index->key_count; k++)
        texts[k] = index->keys[k];
    texts[index->key_count] = predicate;

    strbuf_add_string(sql, "WITH idmigrate_rows AS MATERIALIZED ");
    add_side(sql, index, "pg_catalog.row_number() OVER ()");
    bool good = stage_add_rows(sql, check, table->target, texts, index->key_count + 1);
    strbuf_printf(
        sql,
        " AS fresh WHERE (%s)) SELECT pg_catalog.count(*) FILTER (WHERE meets), "
        "pg_catalog.count(*) FILTER (WHERE is_met)"
        " FROM (SELECT EXISTS (SELECT FROM idmigrate_rows AS b WHERE b.row_id <> a.row_id",
        predicate);
    add_meeting(sql, index, operators);
    strbuf_add_string(sql, ") AS meets, EXISTS (SELECT FROM ");
    add_side(sql, index, "0");
    plan_sql_target_name(sql, table);
    strbuf_printf(sql, " AS there WHERE (%s)) AS b WHERE true", predicate);
    add_meeting(sql, index, operators);
    strbuf_add_string(sql, ") AS is_met FROM idmigrate_rows AS a) AS met");
    free(texts);
    return good;
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

/* Every pair is looked at, unless all operators can be hashed: so the number of rows is limited. */
enum { MOST_ROWS = 20000 };

bool
exclusion_check(struct check *check, const struct plan_table *table,
                const struct catalog_index *index, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *operators = NULL;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    const char *values[] = {table->target->schema, index->name};
    const char *why = NULL;
    int64_t rows = check->tables[table->number].would_write;

    if (!db_query(check->in->target, sql_query_check_exclusion, 2, values, &operators, err))
        return false;
    if (rows > MOST_ROWS)
        why = "there are too many rows to compare each with each";
    else if (db_result_rows(operators) != index->key_count ||
             !add_question(&sql, check, table, index, operators))
        why = "the rows are in no temporary table";
    else if (!check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    else if (failed.is_set)
        why = failed.text;
    if (why != NULL) {
        struct finding *finding =
            findings_add(check->findings, "N-EXCLUSION", table->label, NULL,
                         "exclusion constraint %s was not checked: %s", index->name, why);
        finding_set_hint(finding, "a dry run tries it");
        return true;
    }
    report(check, table, index, db_result_int64(result, 0, 0), false);
    report(check, table, index, db_result_int64(result, 0, 1), true);
    return true;
}
