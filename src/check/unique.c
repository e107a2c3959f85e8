/*
 * Unique keys of the target: the rows that would be written and those that are there, grouped by
 * each index's definition.
 *
 * Grouping, unlike a join by "=", compares as the type's own index does, whatever schema its
 * operators are in.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys that cannot break ---- */

static bool
is_copied_as_it_is(const struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    const struct catalog_type *to = &column->target->type;
    if (column->source == NULL || column->resolve_count > 0 ||
        !column->target->is_collation_deterministic)
        return false;
    if (spec != NULL && (spec->origin != MAPPING_FROM || spec->value_count > 0 ||
                         spec->rewrite != MAPPING_REWRITE_NONE))
        return false;
    return column->source->type.base_oid == to->base_oid && to->base_oid < 16384 &&
           (to->modifier < 0 || to->modifier == column->source->type.modifier);
}

/* Whether a merge somewhere may give the column another value: rows follow the row that stays. */
static bool
may_follow(const struct check *check, const struct plan_table *table,
           const struct plan_column *column)
{
    bool refers = false, merges = false;
    for (size_t i = 0; i < table->reference_count; i++)
        for (size_t c = 0; c < table->references[i].count; c++)
            refers |= &table->columns[table->references[i].columns[c]] == column;
    for (size_t i = 0; i < check->plan->table_count && refers; i++)
        merges |= check_is_usable(&check->plan->tables[i]) && check_merges(&check->plan->tables[i]);
    return merges;
}

/* Whether the source has a unique index over some of these source columns. */
static bool
is_unique_in_source(const struct plan_table *table, const struct catalog_column *const *columns,
                    size_t count)
{
    for (size_t i = 0; i < table->source->index_count; i++) {
        const struct catalog_index *index = &table->source->indexes[i];
        bool covers =
            index->is_unique && index->is_valid && index->predicate == NULL && index->key_count > 0;
        for (size_t k = 0; k < index->key_count && covers; k++) {
            bool found = false;
            for (size_t c = 0; c < count; c++)
                found |= index->columns[k] >= 0 &&
                         &table->source->columns[index->columns[k]] == columns[c];
            covers = found;
        }
        if (covers)
            return true;
    }
    return false;
}

static bool
is_fed_once(const struct check *check, const struct plan_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < check->plan->table_count; i++)
        count += check->plan->tables[i].target == table->target;
    return count == 1;
}

/* The target is empty, and the source holds the same columns under a unique index of its own. Heirs
 * have indexes of their own. */
static bool
is_proved(const struct check *check, const struct plan_table *table,
          const struct catalog_index *index)
{
    const struct catalog_column *columns[32];
    bool is_one_relation = table->source->kind == 'p' ||
                           (table->source->kind == 'r' && table->source->leaf_count == 1);
    if (check->tables[table->number].target_rows > 0 || index->is_exclusion ||
        index->predicate != NULL || index->nulls_not_distinct || index->key_count > 32 ||
        !is_one_relation || !is_fed_once(check, table))
        return false;
    for (size_t k = 0; k < index->key_count; k++) {
        int position =
            index->columns[k] < 0
                ? -1
                : check_find_column(table, table->target->columns[index->columns[k]].name);
        if (position < 0 || !is_copied_as_it_is(&table->columns[position]) ||
            may_follow(check, table, &table->columns[position]))
            return false;
        columns[k] = table->columns[position].source;
    }
    return is_unique_in_source(table, columns, index->key_count);
}

/* A key with a number that the target draws itself for every row. */
static bool
is_drawn(const struct plan_table *table, const struct catalog_index *index)
{
    for (size_t k = 0; k < index->key_count; k++) {
        if (index->columns[k] < 0)
            continue;
        const struct catalog_column *column = &table->target->columns[index->columns[k]];
        if (check_find_column(table, column->name) < 0 &&
            (column->identity != 0 || column->sequence != NULL))
            return true;
    }
    return false;
}

bool
unique_needs_rows(const struct check *check, const struct plan_table *table,
                  const struct catalog_index *index)
{
    return (index->is_unique || index->is_exclusion) && index->is_valid &&
           !is_drawn(table, index) && !is_proved(check, table, index);
}

/* ---- the question ---- */

static void
add_keys(struct strbuf *sql, const struct catalog_index *index)
{
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(sql, ", (%s) AS key_%zu", index->keys[k], k);
}

static void
add_condition(struct strbuf *sql, const struct catalog_index *index)
{
    strbuf_printf(sql, " WHERE (%s)", index->predicate != NULL ? index->predicate : "true");
    for (size_t k = 0; k < index->key_count && !index->nulls_not_distinct; k++)
        strbuf_printf(sql, " AND (%s) IS NOT NULL", index->keys[k]);
}

/* Rows there that an update changes count as they would be afterwards. */
static void
add_unless_updated(struct strbuf *sql, const struct check *check, const struct plan_table *table)
{
    for (size_t i = 0; i < check->plan->table_count; i++) {
        const struct plan_table *other = &check->plan->tables[i];
        if (!check_is_usable(other) || other->target != table->target ||
            !check->stages[i].has_merges)
            continue;
        strbuf_printf(
            sql,
            " AND NOT EXISTS (SELECT FROM pg_temp.%s AS u WHERE u.idmigrate_state = '" STAGE_UPDATES
            "'",
            check->stages[i].name);
        for (size_t k = 0; k < other->conflict_key_count; k++) {
            const struct plan_column *column = &other->columns[other->conflict_key[k]];
            strbuf_add_string(sql, " AND u.");
            db_quote_identifier(sql, column->target->name);
            plan_sql_equals(sql, &column->target->type);
            strbuf_add_string(sql, "idmigrate_there.");
            db_quote_identifier(sql, column->target->name);
        }
        strbuf_add_string(sql, ")");
    }
}

static bool
add_question(struct strbuf *sql, const struct check *check, const struct plan_table *table,
             const struct catalog_index *index)
{
    const char **texts = memory_alloc((index->key_count + 1) * sizeof *texts);
    struct strbuf list = STRBUF_INIT;
    for (size_t k = 0; k < index->key_count; k++) {
        texts[k] = index->keys[k];
        strbuf_printf(&list, "%skey_%zu", k > 0 ? ", " : "", k);
    }
    texts[index->key_count] = index->predicate != NULL ? index->predicate : "";

    strbuf_add_string(sql,
                      "SELECT fresh, there, pg_catalog.count(*) FILTER (WHERE fresh > 1) OVER (),"
                      " (pg_catalog.sum(fresh) FILTER (WHERE fresh > 1) OVER ())::bigint,"
                      " (pg_catalog.sum(fresh) FILTER (WHERE there > 0) OVER ())::bigint");
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(sql, ", key_%zu::text AS text_%zu", k, k);
    strbuf_printf(
        sql,
        " FROM (SELECT %s, pg_catalog.count(*) FILTER (WHERE is_fresh) AS fresh,"
        " pg_catalog.count(*) FILTER (WHERE NOT is_fresh) AS there FROM (SELECT true AS is_fresh",
        list.data);
    add_keys(sql, index);
    strbuf_add_string(sql, " FROM ");
    bool good = stage_add_rows(sql, check, table->target, texts, index->key_count + 1);
    strbuf_add_string(sql, " AS idmigrate_rows");
    add_condition(sql, index);
    strbuf_add_string(sql, " UNION ALL SELECT false");
    add_keys(sql, index);
    strbuf_add_string(sql, " FROM ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS idmigrate_there");
    add_condition(sql, index);
    add_unless_updated(sql, check, table);
    strbuf_printf(sql,
                  ") AS both_sides GROUP BY %s HAVING pg_catalog.count(*) > 1 AND "
                  "pg_catalog.bool_or(is_fresh)) AS groups"
                  " ORDER BY ",
                  list.data);
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(sql, "%skey_%zu::text COLLATE \"C\"", k > 0 ? ", " : "", k);
    strbuf_add_string(sql, " LIMIT 1000");
    strbuf_release(&list);
    free(texts);
    return good;
}

/* ---- the answer ---- */

static bool
holds_ids(const struct plan_table *table, const struct catalog_index *index)
{
    for (size_t k = 0; k < index->key_count; k++) {
        int position =
            index->columns[k] < 0
                ? -1
                : check_find_column(table, table->target->columns[index->columns[k]].name);
        if (position >= 0 && table->columns[position].resolve_count > 0)
            return true;
    }
    return false;
}

static void
report(struct check *check, const struct plan_table *table, const struct catalog_index *index,
       const struct db_result *result, bool existing)
{
    enum { FRESH, THERE, GROUPS, ROWS, ROWS_EXISTING, FIRST_KEY };
    int64_t rows = db_result_int64(result, 0, existing ? ROWS_EXISTING : ROWS);
    size_t samples = 0;
    if (rows == 0)
        return;
    struct finding *finding =
        existing
            ? findings_add(check->findings, "E-COLLISION-EXISTING", table->label, NULL,
                           "unique key %s: %" PRId64 " rows have the key of a row that is there",
                           index->name, rows)
            : findings_add(check->findings, "E-COLLISION", table->label, NULL,
                           "unique key %s: %" PRId64 " rows would share %" PRId64 " key%s%s",
                           index->name, rows, db_result_int64(result, 0, GROUPS),
                           db_result_int64(result, 0, GROUPS) == 1 ? "" : "s",
                           holds_ids(table, index)
                               ? ", where several old IDs have one new ID or rows met before"
                               : "");
    finding_set_hint(
        finding,
        "say \"on_conflict\" for this key, leave rows out with \"where\", or change the rows");
    finding->rows = rows;
    for (size_t row = 0; row < db_result_rows(result) && samples < CHECK_SAMPLES; row++) {
        if (existing ? db_result_int64(result, row, THERE) == 0
                     : db_result_int64(result, row, FRESH) < 2)
            continue;
        check_add_row_sample(finding, table, result, row, FIRST_KEY, index->columns,
                             index->key_count);
        samples++;
    }
}

static void
report_unchecked(struct check *check, const struct plan_table *table,
                 const struct catalog_index *index, const char *why)
{
    struct finding *finding = findings_add(check->findings, "N-UNIQUE", table->label, NULL,
                                           "unique key %s was not checked: %s", index->name, why);
    finding_set_hint(finding, "a dry run tries it");
}

static bool
check_index(struct check *check, const struct plan_table *table, const struct catalog_index *index,
            struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    if (!add_question(&sql, check, table, index)) {
        report_unchecked(check, table, index, "the rows are in no temporary table");
        return true;
    }
    if (!check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    if (failed.is_set) {
        report_unchecked(check, table, index, failed.text);
        return true;
    }
    if (db_result_rows(result) == 0)
        return true;
    report(check, table, index, result, false);
    report(check, table, index, result, true);
    return true;
}

bool
unique_check(struct check *check, const struct plan_table *table, struct error *err)
{
    if (!stage_is_last(check, table) || !check->can_stage)
        return true;
    for (size_t i = 0; i < table->target->index_count; i++) {
        const struct catalog_index *index = &table->target->indexes[i];
        if (!unique_needs_rows(check, table, index))
            continue;
        if (!(index->is_exclusion ? exclusion_check : check_index)(check, table, index, err) ||
            !swaps_check(check, table, index, err))
            return false;
    }
    return true;
}
