/* Tables of the target that are given in place of ID maps: old IDs belong there, and are no
 * residue.
 */
#include "table_map.h"

#include "idmigrate/memory.h"

#include <stdlib.h>

void
map_tables_release(struct map_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        table_map_release(&tables->items[i]);
    free(tables->items);
    free(tables->names);
    *tables = (struct map_tables)MAP_TABLES_INIT;
}

/* Source and target may be one database. */
static bool
is_in_target(const struct workspace *workspace, const struct mapping_ids *spec)
{
    const struct db *source = spec->on != MAPPING_ON_TARGET ? workspace->sources[spec->on] : NULL;
    return spec->on == MAPPING_ON_TARGET ||
           (source != NULL && db_is_same_database(source, workspace->target));
}

bool
map_tables_find(const struct workspace *workspace, struct map_tables *tables, struct error *err)
{
    const struct mapping *mapping = workspace->mapping;
    tables->items = memory_zalloc((mapping->id_count + 1) * sizeof *tables->items);
    tables->names = memory_zalloc((mapping->id_count + 1) * sizeof *tables->names);
    for (size_t i = 0; i < mapping->id_count; i++) {
        const struct mapping_ids *spec = &mapping->ids[i];
        const char *given = workspace_given_file(workspace, spec->name);
        if (given == NULL || !table_map_is(given) || !is_in_target(workspace, spec))
            continue;
        const char *schema = spec->on == MAPPING_ON_TARGET ? mapping->target.schema
                                                           : mapping->sources[spec->on].schema;
        struct table_map *table = &tables->items[tables->count];
        if (!table_map_parse(given, schema, table, err))
            return false;
        tables->names[tables->count++] =
            (struct verify_table_name){.schema = table->schema, .name = table->table};
    }
    return true;
}
