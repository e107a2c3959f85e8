/* Where the ID maps of a mapping stand: in files and tables, and in those that are given in their
 * place. */
#include "table_map.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <unistd.h>

static const char *
side_schema(const struct mapping *mapping, const struct mapping_ids *ids)
{
    return ids->on == MAPPING_ON_TARGET ? mapping->target.schema : mapping->sources[ids->on].schema;
}

static char *
copy_or_null(const char *text)
{
    return text != NULL ? memory_strdup(text) : NULL;
}

static void
take_file(const struct mapping_ids *ids, const char *path, struct idmap_given *file)
{
    *file = (struct idmap_given){.path = memory_strdup(path),
                                 .old_column = copy_or_null(ids->old_column),
                                 .new_column = copy_or_null(ids->new_column),
                                 .format = (enum idmap_file_format)ids->format,
                                 .delimiter = ids->delimiter};
}

/* Where the mapping says `on`, and otherwise in the target: as with its own tables. The columns of
 * a file are the mapping's where it reads that map from a file and what is given names none. */
static bool
find_given(const struct workspace *workspace, const char *given, const struct mapping_ids *ids,
           struct map_place *place, struct error *err)
{
    if (table_map_is(given))
        return table_map_parse(given, side_schema(workspace->mapping, ids), &place->table, err);
    if (ids->kind != MAPPING_IDS_FILE || access(given, F_OK) != 0)
        return idmap_given_parse(given, &place->file, err);
    take_file(ids, given, &place->file);
    return true;
}

bool
map_place_find(const struct workspace *workspace, const struct mapping_ids *ids,
               struct map_place *place, struct error *err)
{
    const char *given = workspace_given_file(workspace, ids->name);
    const char *schema = ids->schema != NULL ? ids->schema : side_schema(workspace->mapping, ids);
    *place = (struct map_place)MAP_PLACE_INIT;
    if (given != NULL)
        return find_given(workspace, given, ids, place, err);
    if (ids->kind == MAPPING_IDS_FILE)
        take_file(ids, ids->resolved_path, &place->file);
    else if (ids->kind == MAPPING_IDS_TABLE)
        table_map_name(schema, ids->table, ids->old_column, ids->new_column, &place->table);
    return true;
}

void
map_place_release(struct map_place *place)
{
    idmap_given_release(&place->file);
    table_map_release(&place->table);
}

/* ---- tables of the target that are given in place of ID maps ---- */

void
map_tables_release(struct map_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        map_place_release(&tables->items[i]);
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
        struct map_place *place = &tables->items[tables->count];
        if (given == NULL || !table_map_is(given) || !is_in_target(workspace, spec))
            continue;
        if (!map_place_find(workspace, spec, place, err))
            return false;
        tables->names[tables->count++] =
            (struct verify_table_name){.schema = place->table.schema, .name = place->table.table};
    }
    return true;
}
