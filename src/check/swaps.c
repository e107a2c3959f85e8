/*
 * Unique keys that updates would break for a moment: a row, updated or new, takes a key which
 * another row gives up in the same run. The end would be right, but the server looks after each
 * update, and new rows come before updates.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

static bool
is_set(const struct plan_table *table, const struct catalog_column *column)
{
    for (size_t i = 0; i < table->conflict_set_count; i++)
        if (table->columns[table->conflict_set[i]].target == column)
            return true;
    return false;
}

/* Over plain columns, all of them staged, and one of them is updated. */
static bool
concerns(const struct check *check, const struct plan_table *table,
         const struct catalog_index *index)
{
    const struct stage *stage = &check->stages[table->number];
    bool is_updated = false;
    if (!index->is_unique || index->is_exclusion || index->predicate != NULL ||
        index->is_deferrable || !stage->has_merges)
        return false;
    for (size_t k = 0; k < index->key_count; k++) {
        if (index->columns[k] < 0)
            return false;
        const struct catalog_column *column = &table->target->columns[index->columns[k]];
        int position = check_find_column(table, column->name);
        if (position < 0 || !stage->needs[position])
            return false;
        is_updated = is_updated || is_set(table, column);
    }
    return is_updated;
}

static void
add_equal(struct strbuf *sql, const char *alias, const struct catalog_column *column)
{
    strbuf_printf(sql, "%s.", alias);
    db_quote_identifier(sql, column->name);
    plan_sql_equals(sql, &column->type);
    strbuf_add_string(sql, "t.");
    db_quote_identifier(sql, column->name);
}

static void
add_same_row(struct strbuf *sql, const char *alias, const struct plan_table *table)
{
    for (size_t k = 0; k < table->conflict_key_count; k++) {
        strbuf_add_string(sql, k > 0 ? " AND " : "");
        add_equal(sql, alias, table->columns[table->conflict_key[k]].target);
    }
}

/* A row that keeps its key is another matter: who wants it meets a row that is there. */
static void
add_question(struct strbuf *sql, const struct check *check, const struct plan_table *table,
             const struct catalog_index *index)
{
    strbuf_printf(sql, "SELECT pg_catalog.count(*) FROM pg_temp.%s AS i JOIN ",
                  check->stages[table->number].name);
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS t ON ");
    for (size_t k = 0; k < index->key_count; k++) {
        strbuf_add_string(sql, k > 0 ? " AND " : "");
        add_equal(sql, "i", &table->target->columns[index->columns[k]]);
    }
    strbuf_add_string(sql, " WHERE i.idmigrate_state IN ('" STAGE_IMAGE "', '" STAGE_GOOD
                           "') AND NOT (");
    add_same_row(sql, "i", table);
    strbuf_printf(sql,
                  ") AND EXISTS (SELECT FROM pg_temp.%s AS o WHERE o.idmigrate_state = '%s' AND ",
                  check->stages[table->number].name, STAGE_IMAGE);
    add_same_row(sql, "o", table);
    strbuf_add_string(sql, ")");
}

bool
swaps_check(struct check *check, const struct plan_table *table, const struct catalog_index *index,
            struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    if (!concerns(check, table, index))
        return true;
    add_question(&sql, check, table, index);
    if (!check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    int64_t rows = result != NULL ? db_result_int64(result, 0, 0) : 0;
    if (rows == 0)
        return true;
    struct finding *finding = findings_add(
        check->findings, "E-COLLISION-ORDER", table->label, NULL,
        "unique key %s: rows would take over the key that another row has until it is updated",
        index->name);
    finding_set_hint(finding,
                     "make the constraint DEFERRABLE, or leave its columns out of \"set\"");
    finding->rows = rows;
    return true;
}
