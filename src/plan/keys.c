/*
 * What identifies a row: in the source (the mapping's key, the primary key, a unique index over NOT
 * NULL columns) and in the target (the same of the written columns). Then the columns of
 * on_conflict, and further fields of the source row.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* A unique index that identifies every row: whole table, plain columns, none of them nullable. */
static bool
identifies_rows(const struct catalog_table *table, const struct catalog_index *index)
{
    if (!index->is_unique || !index->is_valid || index->predicate != NULL || index->is_exclusion ||
        index->key_count == 0)
        return false;
    for (size_t i = 0; i < index->key_count; i++)
        if (index->columns[i] < 0 || !table->columns[index->columns[i]].not_null)
            return false;
    return true;
}

static void
add_source_key(struct plan_table *table, const char *name)
{
    size_t count = table->source_key_count + 1;
    table->source_key = memory_realloc_array(table->source_key, count, sizeof *table->source_key);
    table->source_key_names =
        memory_realloc_array(table->source_key_names, count, sizeof *table->source_key_names);
    table->source_key[count - 1] = (int)table->field_count++;
    table->source_key_names[count - 1] = name;
    table->source_key_count = count;
}

static void
resolve_source_key(struct plan *plan, struct plan_table *table)
{
    const struct mapping_table *spec = table->spec;
    for (size_t i = 0; i < spec->key_count; i++) {
        int position = catalog_find_column(table->source, spec->key[i]);
        if (position < 0)
            findings_add(&plan->findings, "E-COLUMN-UNKNOWN", table->label, spec->key[i],
                         "%s/key: the source table has no column \"%s\"", spec->pointer,
                         spec->key[i]);
        else
            add_source_key(table, table->source->columns[position].name);
    }
    for (size_t i = 0; i < table->source->index_count && spec->key_count == 0; i++) {
        const struct catalog_index *index = &table->source->indexes[i];
        if (!identifies_rows(table->source, index))
            continue;
        for (size_t j = 0; j < index->key_count; j++)
            add_source_key(table, table->source->columns[index->columns[j]].name);
        break;
    }
    if (table->source_key_count == 0) {
        struct finding *finding =
            findings_add(&plan->findings, "W-NO-KEY", table->label, NULL,
                         "the source table has no key: rows are told apart by their content, and "
                         "the table cannot be resumed after it changed");
        finding_set_hint(finding, "name columns that identify a row in \"key\"");
    }
}

static bool
use_as_target_key(struct plan_table *table, const struct catalog_index *index)
{
    int *key = memory_alloc((index->key_count + 1) * sizeof *key);
    for (size_t i = 0; i < index->key_count; i++) {
        key[i] = plan_find_column(table, table->target->columns[index->columns[i]].name);
        if (key[i] < 0) {
            free(key);
            return false;
        }
    }
    table->target_key = key;
    table->target_key_count = index->key_count;
    table->target_key_is_primary = index->is_primary;
    return true;
}

static void
resolve_target_key(struct plan *plan, struct plan_table *table)
{
    for (size_t i = 0; i < table->target->index_count; i++) {
        const struct catalog_index *index = &table->target->indexes[i];
        if (identifies_rows(table->target, index) && use_as_target_key(table, index))
            return;
    }
    findings_add(&plan->findings, "W-NO-TARGET-KEY", table->label, NULL,
                 "no key of the target is written: rows are told apart by their content");
}

static int *
find_columns(struct plan *plan, const struct plan_table *table, char *const *names, size_t count,
             const char *what)
{
    int *positions = memory_alloc((count + 1) * sizeof *positions);
    for (size_t i = 0; i < count; i++) {
        positions[i] = plan_find_column(table, names[i]);
        if (positions[i] < 0)
            findings_add(&plan->findings, "E-COLUMN-UNKNOWN", table->label, names[i],
                         "%s/%s: \"%s\" is not a written column of the target",
                         table->spec->pointer, what, names[i]);
    }
    return positions;
}

/* Whether a unique index of the target has exactly these columns. */
static bool
is_unique_key(const struct plan_table *table)
{
    for (size_t i = 0; i < table->target->index_count; i++) {
        const struct catalog_index *index = &table->target->indexes[i];
        size_t same = 0;
        if (!index->is_unique || index->predicate != NULL ||
            index->key_count != table->conflict_key_count)
            continue;
        for (size_t j = 0; j < index->key_count; j++)
            for (size_t k = 0; k < table->conflict_key_count; k++)
                same += index->columns[j] >= 0 && table->conflict_key[k] >= 0 &&
                        &table->target->columns[index->columns[j]] ==
                            table->columns[table->conflict_key[k]].target;
        if (same == index->key_count)
            return true;
    }
    return false;
}

static void
resolve_conflict(struct plan *plan, struct plan_table *table)
{
    const struct mapping_table *spec = table->spec;
    if (!spec->has_on_conflict)
        return;
    table->conflict_key_count = spec->conflict_key_count;
    table->conflict_key =
        find_columns(plan, table, spec->conflict_key, spec->conflict_key_count, "on_conflict/key");
    table->conflict_set_count = spec->conflict_set_count;
    table->conflict_set =
        find_columns(plan, table, spec->conflict_set, spec->conflict_set_count, "on_conflict/set");
    if (!is_unique_key(table))
        findings_add(&plan->findings, "E-CONFLICT-KEY", table->label, NULL,
                     "on_conflict: no unique index of the target has exactly these columns, so "
                     "several rows could be meant");
}

/* Fields behind the key: values that generated UUIDs are made from, then what decides between rows
 * with one key. */
static void
add_further_fields(struct plan_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct plan_column *column = &table->columns[i];
        if (column->spec != NULL && column->spec->origin == MAPPING_UUID &&
            column->spec->from != NULL)
            column->from_field = (int)table->field_count++;
    }
    if (table->spec->winner_by != NULL &&
        catalog_find_column(table->source, table->spec->winner_by) >= 0)
        table->winner_field = (int)table->field_count++;
}

/* What may stand in an audit event. */
static bool
is_shown(const struct plan_table *table, const struct plan_column *column)
{
    static const char *const types[] = {"uuid", "smallint", "integer", "bigint"};
    bool shown = column->resolve_count > 0;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        shown = shown || strcmp(column->target->type.base_text_plain, types[i]) == 0;
    for (size_t i = 0; i < table->spec->harmless_count; i++)
        shown = shown || strcmp(table->spec->harmless[i], column->target->name) == 0;
    return shown;
}

void
plan_resolve_keys(struct plan *plan, struct plan_table *table)
{
    resolve_source_key(plan, table);
    add_further_fields(table);
    resolve_target_key(plan, table);
    resolve_conflict(plan, table);
    if (table->spec->tenant != NULL) {
        table->tenant = plan_find_column(table, table->spec->tenant);
        if (table->tenant < 0)
            findings_add(&plan->findings, "E-COLUMN-UNKNOWN", table->label, table->spec->tenant,
                         "%s/audit/tenant: \"%s\" is not a written column of the target",
                         table->spec->pointer, table->spec->tenant);
        else if (!is_shown(table, &table->columns[table->tenant]))
            findings_add(&plan->findings, "W-AUDIT-TENANT", table->label, table->spec->tenant,
                         "/audit/tenant: the column holds no resolved ID, uuid or number and is "
                         "not declared harmless; its values go into audit events as they are");
    }
}
