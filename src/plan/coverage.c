/*
 * Nothing is forgotten: every table of the source's schemas is mapped or left behind with a reason,
 * every source column is used or dropped with a reason.
 */
#include "internal.h"

#include "idmigrate/utf8.h"

#include <string.h>

/* Whether `name` stands in an SQL text as a word. Expressions are not parsed; a mention counts as
 * use. */
static bool
mentions(const char *sql, const char *name)
{
    size_t length = strlen(sql), name_length = strlen(name);
    for (const char *at = strstr(sql, name); at != NULL; at = strstr(at + 1, name)) {
        size_t start = (size_t)(at - sql);
        if (!utf8_word_ends_at(sql, start) &&
            !utf8_word_starts_at(sql, length, start + name_length))
            return true;
    }
    return false;
}

static bool
uses_column(const struct plan_table *table, const struct catalog_column *column)
{
    const struct mapping_table *spec = table->spec;
    for (size_t i = 0; i < spec->drop_count; i++)
        if (strcmp(spec->drop[i].name, column->name) == 0)
            return true;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct plan_column *written = &table->columns[i];
        if (written->source == column)
            return true;
        if (written->spec != NULL && written->spec->sql != NULL &&
            mentions(written->spec->sql, column->name))
            return true;
    }
    /* A generated column whose counterpart is computed by the target needs no transport. */
    int position = catalog_find_column(table->target, column->name);
    return position >= 0 && table->target->columns[position].generated != 0;
}

/* A column counts as used when any entry for the same source table uses it. */
static bool
is_used_somewhere(const struct plan *plan, const struct catalog_table *source,
                  const struct catalog_column *column)
{
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].source == source && plan->tables[i].target != NULL &&
            uses_column(&plan->tables[i], column))
            return true;
    return false;
}

static void
check_columns(struct plan *plan, const struct plan_table *table)
{
    for (size_t i = 0; i < table->source->column_count; i++) {
        const struct catalog_column *column = &table->source->columns[i];
        if (is_used_somewhere(plan, table->source, column))
            continue;
        struct finding *finding = findings_add(
            &plan->findings, "E-COLUMN-UNMAPPED", table->label, column->name,
            "the source column is neither mapped nor dropped, and no target column has its name");
        finding_set_hint(finding, "map it in \"columns\", or say \"drop\": {\"%s\": \"reason\"}",
                         column->name);
    }
}

static bool
is_mapped(const struct plan *plan, const struct catalog_table *source)
{
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].source == source)
            return true;
    return false;
}

static bool
is_left_behind(const struct mapping *mapping, int source, const struct catalog_table *table)
{
    for (size_t i = 0; i < mapping->left_behind_count; i++) {
        const struct mapping_left_behind *left = &mapping->left_behind[i];
        if (left->source == source && strcmp(left->schema, table->schema) == 0 &&
            strcmp(left->table, table->name) == 0)
            return true;
    }
    return false;
}

static bool
is_schema_of_source(const struct mapping *mapping, int source, const char *schema)
{
    if (strcmp(mapping->sources[source].schema, schema) == 0)
        return true;
    for (size_t i = 0; i < mapping->table_count; i++)
        if (mapping->tables[i].source == source &&
            strcmp(mapping->tables[i].from_schema, schema) == 0)
            return true;
    return false;
}

/* In one database, tables that the run writes, its ID maps and its state are no legacy tables. */
static bool
belongs_to_target(const struct plan *plan, const struct catalog_table *table)
{
    const struct mapping *mapping = plan->mapping;
    if (strcmp(table->schema, "idmigrate") == 0 || strcmp(table->schema, "idmigrate_audit") == 0)
        return true;
    if (strcmp(table->schema, mapping->audit.schema) == 0 &&
        strcmp(table->name, mapping->audit.table) == 0)
        return true;
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].target != NULL &&
            strcmp(plan->tables[i].target->name, table->name) == 0 &&
            strcmp(plan->tables[i].target->schema, table->schema) == 0)
            return true;
    return false;
}

static bool
is_id_map(const struct mapping *mapping, int source, const struct catalog_table *table)
{
    for (size_t i = 0; i < mapping->id_count; i++)
        if (mapping->ids[i].kind == MAPPING_IDS_TABLE && mapping->ids[i].on == source &&
            strcmp(mapping->ids[i].table, table->name) == 0)
            return true;
    return false;
}

static void
check_tables(struct plan *plan, int source, const struct catalog *catalog, bool is_target)
{
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct catalog_table *table = &catalog->tables[i];
        bool holds_rows = table->kind == 'r' || table->kind == 'p';
        if (!holds_rows || table->is_extension_member ||
            !is_schema_of_source(plan->mapping, source, table->schema) || is_mapped(plan, table) ||
            is_left_behind(plan->mapping, source, table) ||
            is_id_map(plan->mapping, source, table) ||
            (is_target && belongs_to_target(plan, table)))
            continue;
        struct finding *finding = findings_add(
            &plan->findings, "E-TABLE-UNMAPPED", table->name, NULL,
            "source table %s.%s is neither mapped nor left behind", table->schema, table->name);
        finding_set_hint(finding,
                         "add it to \"tables\", or say \"left_behind\": {\"%s\": \"reason\"}",
                         table->name);
    }
}

static void
check_left_behind(struct plan *plan, const struct plan_inputs *inputs)
{
    for (size_t i = 0; i < plan->mapping->left_behind_count; i++) {
        const struct mapping_left_behind *left = &plan->mapping->left_behind[i];
        if (catalog_find(inputs->sources[left->source], left->schema, left->table) == NULL)
            findings_add(&plan->findings, "W-LEFT-BEHIND-UNKNOWN", left->table, NULL,
                         "/left_behind: there is no table \"%s\".\"%s\" in source %s", left->schema,
                         left->table, plan->mapping->sources[left->source].name);
    }
}

void
plan_check_coverage(struct plan *plan, const struct plan_inputs *inputs)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];
        bool first = true;
        for (size_t j = 0; j < i; j++)
            first = first && plan->tables[j].source != table->source;
        if (first && table->source != NULL && table->target != NULL)
            check_columns(plan, table);
    }
    for (size_t i = 0; i < plan->mapping->source_count; i++)
        check_tables(plan, (int)i, inputs->sources[i], inputs->source_is_target[i]);
    check_left_behind(plan, inputs);
}
