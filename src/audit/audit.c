/* What an event says about its row: which table it comes from, and whether its key may be seen. */
#include "idmigrate/audit.h"

#include <string.h>

static bool
is_listed(char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* IDs of the map, random and counted keys tell nothing about a person; everything else may. */
static bool
column_is_open(const struct plan_table *table, const struct plan_column *column)
{
    static const char *const types[] = {"uuid", "smallint", "integer", "bigint"};
    const char *type = column->target->type.base_text_plain;
    if (is_listed(table->spec->sensitive, table->spec->sensitive_count, column->target->name))
        return false;
    if (column->resolve_count > 0 ||
        is_listed(table->spec->harmless, table->spec->harmless_count, column->target->name))
        return true;
    if (column->spec != NULL && column->spec->origin == MAPPING_UUID)
        return true;
    for (size_t i = 0; type != NULL && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

bool
audit_key_is_open(const struct plan_table *table)
{
    for (size_t i = 0; i < table->target_key_count; i++)
        if (!column_is_open(table, &table->columns[table->target_key[i]]))
            return false;
    return true;
}

void
audit_source_name(struct strbuf *name, const struct plan *plan, const struct plan_table *table)
{
    strbuf_printf(name, "%s/%s.%s", plan->mapping->sources[table->spec->source].name,
                  table->spec->from_schema, table->spec->from);
}

void
audit_target_name(struct strbuf *name, const struct plan_table *table)
{
    strbuf_printf(name, "%s.%s", table->target->schema, table->target->name);
}
