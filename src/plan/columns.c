/*
 * Which target column is written, and from what.
 *
 * A column is fed by the mapping's entry for it, or by the source column of the same name, or by
 * the one whose name in snake_case is the target's name. Columns the target computes itself are
 * never written.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

int
plan_find_column(const struct plan_table *table, const char *target_name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].target->name, target_name) == 0)
            return (int)i;
    return -1;
}

static const struct mapping_column *
find_spec(const struct mapping_table *spec, const char *name)
{
    for (size_t i = 0; i < spec->column_count; i++)
        if (strcmp(spec->columns[i].to, name) == 0)
            return &spec->columns[i];
    return NULL;
}

static bool
is_listed(const struct mapping_reason *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return true;
    return false;
}

static const struct catalog_column *
find_source(const struct plan_table *table, const char *name)
{
    int position = catalog_find_column(table->source, name);
    return position < 0 ? NULL : &table->source->columns[position];
}

/* The source column that feeds a target column by its name. */
static const struct catalog_column *
match_by_name(const struct plan_table *table, const char *name, enum plan_match *match)
{
    const struct mapping_table *spec = table->spec;
    const struct catalog_column *same = find_source(table, name);
    if (same != NULL && !is_listed(spec->drop, spec->drop_count, name)) {
        *match = PLAN_SAME_NAME;
        return same;
    }
    for (size_t i = 0; table->source->columns != NULL && i < table->source->column_count; i++) {
        const char *candidate = table->source->columns[i].name;
        CLEANUP(memory_free_string) char *snake = mapping_snake_case(candidate);
        if (strcmp(snake, name) == 0 && !is_listed(spec->drop, spec->drop_count, candidate)) {
            *match = PLAN_SNAKE_CASE;
            return &table->source->columns[i];
        }
    }
    return NULL;
}

static void
set_maps(const struct plan_inputs *inputs, struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    const struct mapping *mapping = inputs->mapping;

    column->resolve_count = spec->resolve_count;
    column->resolve = memory_alloc((spec->resolve_count + 1) * sizeof *column->resolve);
    for (size_t i = 0; i < spec->resolve_count; i++)
        column->resolve[i] = inputs->ids[spec->resolve[i]];

    if (spec->rewrite == MAPPING_REWRITE_NONE)
        return;
    column->rewrite =
        memory_alloc((mapping->id_count + spec->rewrite_id_count + 1) * sizeof *column->rewrite);
    for (size_t i = 0; i < spec->rewrite_id_count; i++)
        column->rewrite[column->rewrite_count++] = inputs->ids[spec->rewrite_ids[i]];
    for (size_t i = 0; i < mapping->id_count && spec->rewrite_id_count == 0; i++)
        if (mapping->ids[i].kind != MAPPING_IDS_UNION && !mapping->ids[i].derived)
            column->rewrite[column->rewrite_count++] = inputs->ids[i];
    column->matcher = idmap_matcher_new(column->rewrite, column->rewrite_count);
    column->sorts_json_keys = spec->rewrite == MAPPING_REWRITE_JSON &&
                              strcmp(column->target->type.base_text_plain, "jsonb") == 0;
}

static void
report_unknown_column(struct plan *plan, const struct plan_table *table, const char *side,
                      const char *name, const char *pointer)
{
    struct finding *finding =
        findings_add(&plan->findings, "E-COLUMN-UNKNOWN", table->label, name,
                     "%s: the %s table has no column \"%s\"", pointer, side, name);
    finding_set_hint(finding, "names are case-sensitive, as they are in the catalogue");
}

/* Fills in where the value comes from; false when the mapping names something that is not there. */
static bool
set_origin(struct plan *plan, struct plan_table *table, struct plan_column *column)
{
    const struct mapping_column *spec = find_spec(table->spec, column->target->name);
    column->spec = spec;
    column->match = PLAN_MAPPED;
    column->from_field = -1;
    if (spec == NULL) {
        column->source = match_by_name(table, column->target->name, &column->match);
        return column->source != NULL;
    }
    if (spec->from == NULL)
        return true;
    column->source = find_source(table, spec->from);
    if (column->source == NULL) {
        report_unknown_column(plan, table, "source", spec->from, spec->pointer);
        return false;
    }
    return true;
}

static void
report_unfed(struct plan *plan, const struct plan_table *table, const struct catalog_column *column)
{
    if (!column->not_null || column->has_default || find_spec(table->spec, column->name) != NULL)
        return;
    struct finding *finding =
        findings_add(&plan->findings, "E-COLUMN-UNFED", table->label, column->name,
                     "the target column is NOT NULL without a default, and nothing feeds it");
    finding_set_hint(finding,
                     "give it {\"from\": ...}, {\"value\": ...} or {\"sql\": ...} in \"columns\"");
}

static bool
may_write(struct plan *plan, const struct plan_table *table, const struct catalog_column *column)
{
    if (column->generated == 0)
        return true;
    if (find_spec(table->spec, column->name) != NULL)
        findings_add(&plan->findings, "E-COLUMN-GENERATED", table->label, column->name,
                     "the target computes this column itself; it cannot be written");
    return false;
}

static void
check_named_columns(struct plan *plan, const struct plan_table *table)
{
    const struct mapping_table *spec = table->spec;
    for (size_t i = 0; i < spec->column_count; i++)
        if (catalog_find_column(table->target, spec->columns[i].to) < 0)
            report_unknown_column(plan, table, "target", spec->columns[i].to,
                                  spec->columns[i].pointer);
    for (size_t i = 0; i < spec->drop_count; i++)
        if (find_source(table, spec->drop[i].name) == NULL)
            report_unknown_column(plan, table, "source", spec->drop[i].name, spec->pointer);
    for (size_t i = 0; i < spec->default_count; i++)
        if (catalog_find_column(table->target, spec->defaults[i].name) < 0)
            report_unknown_column(plan, table, "target", spec->defaults[i].name, spec->pointer);
    for (size_t i = 0; i < spec->harmless_count; i++)
        if (catalog_find_column(table->target, spec->harmless[i]) < 0)
            report_unknown_column(plan, table, "target", spec->harmless[i], spec->pointer);
    for (size_t i = 0; i < spec->sensitive_count; i++)
        if (catalog_find_column(table->target, spec->sensitive[i]) < 0)
            report_unknown_column(plan, table, "target", spec->sensitive[i], spec->pointer);
    if (spec->winner_by != NULL && find_source(table, spec->winner_by) == NULL)
        report_unknown_column(plan, table, "source", spec->winner_by, spec->pointer);
}

static void
check_policy(struct plan *plan, const struct plan_table *table, const struct plan_column *column)
{
    if (column->spec == NULL || column->spec->unresolved != MAPPING_UNRESOLVED_NULL ||
        !column->target->not_null)
        return;
    struct finding *finding =
        findings_add(&plan->findings, "E-UNRESOLVED-NULL", table->label, column->target->name,
                     "\"unresolved\": \"null\", but the target column is NOT NULL");
    finding_set_hint(finding, "use \"reject\", \"keep\" or \"fail\", or make the column nullable");
}

void
plan_resolve_columns(struct plan *plan, struct plan_table *table, const struct plan_inputs *inputs)
{
    check_named_columns(plan, table);
    table->columns = memory_zalloc((table->target->column_count + 1) * sizeof *table->columns);
    for (size_t i = 0; i < table->target->column_count; i++) {
        struct plan_column *column = &table->columns[table->column_count];
        *column = (struct plan_column){.target = &table->target->columns[i]};
        if (!may_write(plan, table, column->target))
            continue;
        if (is_listed(table->spec->defaults, table->spec->default_count, column->target->name) ||
            !set_origin(plan, table, column)) {
            report_unfed(plan, table, column->target);
            continue;
        }
        column->field = (int)table->column_count++;
        if (column->spec != NULL)
            set_maps(inputs, column);
        plan_select_expression(plan, table, column);
        check_policy(plan, table, column);
    }
    table->field_count = table->column_count;
    if (table->column_count == 0)
        findings_add(&plan->findings, "E-COLUMN-UNFED", table->label, NULL,
                     "no column of the target is fed");
}
