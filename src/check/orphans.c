/* Foreign keys of the target: keys that are neither among the rows that would be written nor among
 * those that are there. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct catalog_column *
child_column(const struct plan_table *table, const struct catalog_foreign_key *key, size_t i)
{
    return &table->target->columns[key->columns[i]];
}

static bool
is_planned(const struct check *check, const struct catalog_table *target)
{
    for (size_t i = 0; i < check->plan->table_count; i++)
        if (check_is_usable(&check->plan->tables[i]) && check->plan->tables[i].target == target)
            return true;
    return false;
}

/* A row without a value in one of the columns refers to nothing (MATCH SIMPLE). A column that
 * nothing feeds is such a one. */
static bool
refers_at_all(const struct plan_table *table, const struct catalog_foreign_key *key)
{
    for (size_t i = 0; i < key->column_count; i++) {
        const struct catalog_column *column = child_column(table, key, i);
        if (check_find_column(table, column->name) < 0 && column->default_sql == NULL)
            return false;
    }
    return key->column_count > 0;
}

static void
add_match(struct strbuf *sql, const struct plan_table *table, const struct catalog_foreign_key *key)
{
    for (size_t i = 0; i < key->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? " AND p." : "p.");
        db_quote_identifier(sql, key->other_columns[i]);
        plan_sql_equals(sql, &child_column(table, key, i)->type);
        strbuf_add_string(sql, "k.");
        db_quote_identifier(sql, child_column(table, key, i)->name);
    }
}

static bool
add_question(struct strbuf *sql, const struct check *check, const struct plan_table *table,
             const struct catalog_foreign_key *key, const struct catalog_table *planned)
{
    const char **names = memory_alloc((key->column_count + 1) * sizeof *names);
    struct strbuf list = STRBUF_INIT;
    for (size_t i = 0; i < key->column_count; i++) {
        names[i] = child_column(table, key, i)->name;
        strbuf_add_string(&list, i > 0 ? ", k." : "k.");
        db_quote_identifier(&list, names[i]);
    }
    strbuf_add_string(sql, "SELECT pg_catalog.count(*) OVER (), "
                           "(pg_catalog.sum(pg_catalog.count(*)) OVER ())::bigint");
    for (size_t i = 0; i < key->column_count; i++) {
        strbuf_add_string(sql, ", k.");
        db_quote_identifier(sql, names[i]);
        strbuf_add_string(sql, "::text");
    }
    strbuf_add_string(sql, " FROM ");
    bool good = stage_add_rows_of(sql, check, table, names, key->column_count);
    strbuf_add_string(sql, " AS k WHERE NOT EXISTS (SELECT FROM ");
    db_quote_name(sql, key->other_schema, key->other_table);
    strbuf_add_string(sql, " AS p WHERE ");
    add_match(sql, table, key);
    strbuf_add_string(sql, ")");
    if (planned != NULL) {
        strbuf_add_string(sql, " AND NOT EXISTS (SELECT FROM ");
        good = stage_add_rows(sql, check, planned, (const char *const *)key->other_columns,
                              key->column_count) &&
               good;
        strbuf_add_string(sql, " AS p WHERE ");
        add_match(sql, table, key);
        strbuf_add_string(sql, ")");
    }
    for (size_t i = 0; i < key->column_count; i++) {
        strbuf_add_string(sql, " AND k.");
        db_quote_identifier(sql, names[i]);
        strbuf_add_string(sql, " IS NOT NULL");
    }
    strbuf_printf(sql, " GROUP BY %s ORDER BY ", list.data);
    for (size_t i = 0; i < key->column_count; i++)
        strbuf_printf(sql, "%s%zu", i > 0 ? ", " : "", i + 3);
    strbuf_printf(sql, " LIMIT %d", CHECK_SAMPLES);
    strbuf_release(&list);
    free(names);
    return good;
}

/* What the database does not enforce is enforced here, unless the mapping says why it need not be.
 */
static const char *
code_of(const struct mapping_reference *logical)
{
    return logical == NULL             ? "E-ORPHAN"
           : logical->dangling == NULL ? "E-ORPHAN-REFERENCE"
                                       : "W-ORPHAN-REFERENCE";
}

static const char *
hint_of(const struct mapping_reference *logical)
{
    if (logical == NULL)
        return "leave such rows out with \"where\", give NULL with \"sql\", or bring the missing "
               "rows";
    if (logical->dangling == NULL)
        return "leave such rows out with \"where\", bring the missing rows, or say in the "
               "reference "
               "why it may be: \"dangling\": \"reason\"";
    return logical->dangling;
}

static void
report(struct check *check, const struct plan_table *table, const struct catalog_foreign_key *key,
       const struct mapping_reference *logical, const struct db_result *result)
{
    if (db_result_rows(result) == 0)
        return;
    const char *column = key->column_count == 1 ? child_column(table, key, 0)->name : NULL;
    struct finding *finding =
        findings_add(check->findings, code_of(logical), table->label, column,
                     "%s %s: %" PRId64 " keys refer to no row of %s.%s, neither there nor to come",
                     logical != NULL ? "reference" : "foreign key", key->name,
                     db_result_int64(result, 0, 0), key->other_schema, key->other_table);
    finding_set_hint(finding, "%s", hint_of(logical));
    finding->rows = db_result_int64(result, 0, 1);
    for (size_t row = 0; row < db_result_rows(result); row++)
        check_add_row_sample(finding, table, result, row, 2, key->columns, key->column_count);
}

/* MATCH FULL: no row may have a part of the key only. */
static bool
check_full(struct check *check, const struct plan_table *table,
           const struct catalog_foreign_key *key, struct error *err)
{
    const char **names = memory_alloc((key->column_count + 1) * sizeof *names);
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, list = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    for (size_t i = 0; i < key->column_count; i++) {
        names[i] = child_column(table, key, i)->name;
        strbuf_add_string(&list, i > 0 ? ", k." : "k.");
        db_quote_identifier(&list, names[i]);
    }
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM ");
    bool good = stage_add_rows_of(&sql, check, table, names, key->column_count);
    free(names);
    strbuf_printf(&sql, " AS k WHERE pg_catalog.num_nulls(%s) BETWEEN 1 AND %zu", list.data,
                  key->column_count - 1);
    /* What cannot be asked is told by the question about orphans. */
    if (good && !check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    if (result == NULL || db_result_int64(result, 0, 0) == 0)
        return true;
    struct finding *finding = findings_add(
        check->findings, "E-ORPHAN", table->label, NULL,
        "foreign key %s is MATCH FULL: rows have NULL in a part of its columns only", key->name);
    finding_set_hint(finding, "give all of its columns or none, with \"sql\", or reject what does "
                              "not resolve");
    finding->rows = db_result_int64(result, 0, 0);
    return true;
}

static bool
check_key(struct check *check, const struct plan_table *table,
          const struct catalog_foreign_key *key, const struct mapping_reference *logical,
          struct error *err)
{
    const struct catalog_table *other =
        catalog_find(check->in->target_catalog, key->other_schema, key->other_table);
    const struct catalog_table *planned = other != NULL && is_planned(check, other) ? other : NULL;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    const char *why = NULL;
    if (key->is_match_full && key->column_count > 1 && !check_full(check, table, key, err))
        return false;
    if (!refers_at_all(table, key))
        return true;
    if (check->was_sampled && planned != NULL)
        why = "not all rows were read";
    else if (!add_question(&sql, check, table, key, planned))
        why = "the rows are in no temporary table";
    else if (!check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    else if (failed.is_set)
        why = failed.text;
    if (logical != NULL && failed.is_set && strcmp(failed.sqlstate, "42883") == 0) {
        struct finding *unlike =
            findings_add(check->findings, "E-REFERENCE-KEY", table->label, NULL,
                         "reference %s: its columns cannot be compared with the key's: %s",
                         key->name, failed.text);
        finding_set_hint(unlike, "name columns of types that can be compared");
        return true;
    }
    if (why == NULL) {
        report(check, table, key, logical, result);
        return true;
    }
    struct finding *finding =
        findings_add(check->findings, "N-ORPHAN", table->label, NULL, "%s %s was not checked: %s",
                     logical != NULL ? "reference" : "foreign key", key->name, why);
    finding_set_hint(finding,
                     logical != NULL ? "verify looks at it after the run" : "a dry run tries it");
    return true;
}

bool
orphans_check(struct check *check, const struct plan_table *table, struct error *err)
{
    const struct mapping_reference *logical;
    for (size_t i = 0; i < plan_refers_count(table) && check->can_stage; i++) {
        const struct catalog_foreign_key *key = plan_refers_at(table, i, &logical);
        if (!check_key(check, table, key, logical, err))
            return false;
    }
    return true;
}
