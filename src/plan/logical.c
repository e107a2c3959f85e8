/* References that the mapping names and the database does not know, in the form of foreign keys;
 * and the column that tells when the application last changed a row. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static void
report_unknown(struct plan *plan, const struct plan_table *table, const char *code,
               const char *pointer, const char *what, const char *name)
{
    findings_add(&plan->findings, code, table->label, NULL,
                 "%s: there is no %s \"%s\" in the target", pointer, what, name);
}

static const struct catalog_index *
find_primary_key(const struct catalog_table *table)
{
    for (size_t i = 0; i < table->index_count; i++)
        if (table->indexes[i].is_primary)
            return &table->indexes[i];
    return NULL;
}

/* The key's columns: as named, or those of the primary key. */
static bool
set_other_columns(struct plan *plan, const struct plan_table *table,
                  const struct mapping_reference *spec, const struct catalog_table *other,
                  struct catalog_foreign_key *key)
{
    const struct catalog_index *primary = find_primary_key(other);
    if (spec->key_count == 0 && (primary == NULL || primary->key_count != spec->column_count)) {
        struct finding *finding =
            findings_add(&plan->findings, "E-REFERENCE-KEY", table->label, NULL,
                         "%s: %s.%s has no primary key of %zu columns", spec->pointer,
                         other->schema, other->name, spec->column_count);
        finding_set_hint(finding, "name the columns that are referred to as \"key\"");
        return false;
    }
    for (size_t i = 0; i < spec->column_count; i++) {
        const char *name =
            spec->key_count > 0 ? spec->key[i] : other->columns[primary->columns[i]].name;
        if (catalog_find_column(other, name) < 0) {
            report_unknown(plan, table, "E-COLUMN-UNKNOWN", spec->pointer, "column", name);
            return false;
        }
        key->other_columns[i] = memory_strdup(name);
    }
    return true;
}

static bool
set_columns(struct plan *plan, const struct plan_table *table, const struct mapping_reference *spec,
            struct catalog_foreign_key *key)
{
    for (size_t i = 0; i < spec->column_count; i++) {
        key->columns[i] = catalog_find_column(table->target, spec->columns[i]);
        if (key->columns[i] < 0) {
            report_unknown(plan, table, "E-COLUMN-UNKNOWN", spec->pointer, "column",
                           spec->columns[i]);
            return false;
        }
    }
    return true;
}

static void
resolve_reference(struct plan *plan, struct plan_table *table, const struct catalog *target,
                  const struct mapping_reference *spec)
{
    const struct catalog_table *other = catalog_find(target, spec->to_schema, spec->to);
    struct plan_logical *logical = &table->logicals[table->logical_count];
    if (other == NULL) {
        report_unknown(plan, table, "E-TABLE-UNKNOWN", spec->pointer, "table", spec->to);
        return;
    }
    *logical = (struct plan_logical){
        .spec = spec,
        .key = {.name = memory_printf("%s -> %s.%s", spec->columns[0], spec->to_schema, spec->to),
                .other_schema = memory_strdup(spec->to_schema),
                .other_table = memory_strdup(spec->to),
                .columns = memory_zalloc(spec->column_count * sizeof(int)),
                .other_columns = memory_zalloc(spec->column_count * sizeof(char *)),
                .column_count = spec->column_count,
                .is_validated = true}};
    table->logical_count++;
    if (!set_columns(plan, table, spec, &logical->key) ||
        !set_other_columns(plan, table, spec, other, &logical->key)) {
        table->logical_count--;
        plan_release_logical(logical);
    }
}

void
plan_resolve_logical(struct plan *plan, struct plan_table *table, const struct plan_inputs *inputs)
{
    table->logicals = memory_zalloc((table->spec->reference_count + 1) * sizeof *table->logicals);
    for (size_t i = 0; i < table->spec->reference_count; i++)
        resolve_reference(plan, table, inputs->target, &table->spec->references[i]);
}

size_t
plan_refers_count(const struct plan_table *table)
{
    return table->target->foreign_key_count + table->logical_count;
}

const struct catalog_foreign_key *
plan_refers_at(const struct plan_table *table, size_t index,
               const struct mapping_reference **logical)
{
    size_t declared = table->target->foreign_key_count;
    *logical = index < declared ? NULL : table->logicals[index - declared].spec;
    return index < declared ? &table->target->foreign_keys[index]
                            : &table->logicals[index - declared].key;
}

void
plan_release_logical(struct plan_logical *logical)
{
    struct catalog_foreign_key *key = &logical->key;
    for (size_t i = 0; key->other_columns != NULL && i < key->column_count; i++)
        free(key->other_columns[i]);
    free(key->other_columns);
    free(key->columns);
    free(key->name);
    free(key->other_schema);
    free(key->other_table);
    *logical = (struct plan_logical){.spec = NULL};
}

/* ---- when a row was changed ---- */

static bool
is_time(const struct catalog_column *column)
{
    return strcmp(column->type.base_text_plain, "timestamp with time zone") == 0 ||
           strcmp(column->type.base_text_plain, "timestamp without time zone") == 0;
}

void
plan_resolve_changed_at(struct plan *plan, struct plan_table *table)
{
    const char *name = table->spec->changed_at;
    if (name == NULL)
        return;
    table->changed_at = plan_find_column(table, name);
    if (table->changed_at < 0) {
        struct finding *finding =
            findings_add(&plan->findings, "E-CHANGED-AT", table->label, name,
                         "%s: \"changed_at\" is no column that is written", table->spec->pointer);
        finding_set_hint(finding, "name the target's column that the application sets whenever it "
                                  "changes a row, and give it a value in \"columns\"");
    } else if (!is_time(table->columns[table->changed_at].target)) {
        struct finding *finding = findings_add(
            &plan->findings, "E-CHANGED-AT", table->label, name, "%s: \"changed_at\" is of type %s",
            table->spec->pointer, table->columns[table->changed_at].target->type.text);
        finding_set_hint(finding, "a column of type timestamptz, or timestamp in UTC");
        table->changed_at = -1;
    } else if (strcmp(table->columns[table->changed_at].target->type.base_text_plain,
                      "timestamp without time zone") == 0 &&
               strcmp(table->spec->timezone, "UTC") != 0) {
        struct finding *finding =
            findings_add(&plan->findings, "E-CHANGED-AT", table->label, name,
                         "%s: \"changed_at\" has no time zone, and the mapping's is %s",
                         table->spec->pointer, table->spec->timezone);
        finding_set_hint(finding, "a column of type timestamptz, or timestamp in UTC");
        table->changed_at = -1;
    }
}
