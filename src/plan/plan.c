/*
 * The plan, table by table.
 *
 * Nothing here stops at the first thing that is wrong: each part adds its findings and leaves what
 * it could not resolve out of the plan, so that one `check` shows everything.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* The target table: as named, or by the source's name, then by that name in snake_case. */
static const struct catalog_table *
find_target(const struct mapping_table *spec, const struct catalog *target, const char **wanted)
{
    *wanted = spec->to ? spec->to : spec->from;
    const struct catalog_table *found = catalog_find(target, spec->to_schema, *wanted);
    if (found != NULL || spec->to != NULL)
        return found;
    CLEANUP(memory_free_string) char *snake = mapping_snake_case(spec->from);
    return catalog_find(target, spec->to_schema, snake);
}

/* The table that a partition or an heir is a part of, or NULL. */
static const struct catalog_table *
find_whole(const struct catalog *catalog, const char *schema, const char *name)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        for (size_t j = 0; j < catalog->tables[i].leaf_count; j++)
            if (strcmp(catalog->tables[i].leaves[j].schema, schema) == 0 &&
                strcmp(catalog->tables[i].leaves[j].name, name) == 0)
                return &catalog->tables[i];
    return NULL;
}

static void
report_unknown_table(struct plan *plan, const struct mapping_table *spec,
                     const struct catalog *catalog, const char *side, const char *schema,
                     const char *name)
{
    const struct catalog_table *whole = find_whole(catalog, schema, name);
    struct finding *finding;
    if (whole != NULL) {
        finding = findings_add(&plan->findings, "E-TABLE-UNKNOWN", name, NULL,
                               "%s: \"%s\".\"%s\" is a part of table \"%s\".\"%s\" of the %s",
                               spec->pointer, schema, name, whole->schema, whole->name, side);
        finding_set_hint(finding,
                         "name the whole table: its rows are those of its parts; \"where\" "
                         "leaves some of them out");
        return;
    }
    finding = findings_add(&plan->findings, "E-TABLE-UNKNOWN", name, NULL,
                           "%s: there is no table \"%s\".\"%s\" in the %s", spec->pointer, schema,
                           name, side);
    finding_set_hint(finding,
                     "names are case-sensitive; check the schema and that the role may use it");
}

static void
set_label(struct plan_table *table)
{
    const struct catalog_table *from = table->source, *to = table->target;
    if (strcmp(from->name, to->name) == 0 && strcmp(from->schema, to->schema) == 0)
        table->label = memory_strdup(to->name);
    else if (strcmp(from->schema, to->schema) == 0)
        table->label = memory_printf("%s -> %s", from->name, to->name);
    else
        table->label =
            memory_printf("%s.%s -> %s.%s", from->schema, from->name, to->schema, to->name);
}

static void
resolve_table(struct plan *plan, int number, const struct plan_inputs *inputs)
{
    const struct mapping_table *spec = &inputs->mapping->tables[number];
    struct plan_table *table = &plan->tables[number];
    const char *wanted;

    *table = (struct plan_table){.number = number,
                                 .spec = spec,
                                 .winner_field = -1,
                                 .tenant = -1,
                                 .changed_at = -1,
                                 .step = -1};
    table->source = catalog_find(inputs->sources[spec->source], spec->from_schema, spec->from);
    table->target = find_target(spec, inputs->target, &wanted);
    if (table->source == NULL)
        report_unknown_table(plan, spec, inputs->sources[spec->source], "source", spec->from_schema,
                             spec->from);
    if (table->target == NULL)
        report_unknown_table(plan, spec, inputs->target, "target", spec->to_schema, wanted);
    if (table->source == NULL || table->target == NULL) {
        table->label = memory_strdup(spec->from);
        return;
    }
    set_label(table);
    if (table->target->kind != 'r' && table->target->kind != 'p' && table->target->kind != 'f')
        findings_add(&plan->findings, "E-TARGET-KIND", table->label, NULL,
                     "the target is a view; rows can only be copied into a table");
    plan_resolve_columns(plan, table, inputs);
    plan_resolve_keys(plan, table);
    plan_resolve_logical(plan, table, inputs);
    plan_resolve_changed_at(plan, table);
}

struct plan *
plan_new(const struct plan_inputs *inputs)
{
    struct plan *plan = memory_zalloc(sizeof *plan);
    plan->mapping = inputs->mapping;
    plan->table_count = inputs->mapping->table_count;
    plan->tables = memory_zalloc(plan->table_count * sizeof *plan->tables);
    for (size_t i = 0; i < plan->table_count; i++)
        resolve_table(plan, (int)i, inputs);
    plan_resolve_audit(plan, inputs);
    plan_resolve_references(plan);
    plan_order_steps(plan);
    plan_check_coverage(plan, inputs);
    plan_check_same_tables(plan, inputs);
    plan_check_privileges(plan, inputs);
    plan_judge_codecs(plan);
    return plan;
}

static void
release_table(struct plan_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct plan_column *column = &table->columns[i];
        free(column->select);
        free(column->loss);
        free(column->resolve);
        free(column->rewrite);
        idmap_matcher_free(&column->matcher);
    }
    for (size_t i = 0; i < table->reference_count; i++) {
        free(table->references[i].columns);
        free(table->references[i].parent_columns);
    }
    for (size_t i = 0; i < table->logical_count; i++)
        plan_release_logical(&table->logicals[i]);
    free(table->logicals);
    free(table->columns);
    free(table->source_key);
    free(table->source_key_names);
    free(table->target_key);
    free(table->conflict_key);
    free(table->conflict_set);
    free(table->references);
    free(table->text_reason);
    free(table->label);
}

void
plan_free(struct plan **plan)
{
    if (*plan == NULL)
        return;
    for (size_t i = 0; i < (*plan)->table_count; i++)
        release_table(&(*plan)->tables[i]);
    for (size_t i = 0; i < (*plan)->step_count; i++)
        free((*plan)->steps[i].tables);
    free((*plan)->tables);
    free((*plan)->steps);
    findings_release(&(*plan)->findings);
    free(*plan);
    *plan = NULL;
}
