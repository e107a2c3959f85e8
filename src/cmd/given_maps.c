/* The ID maps that an operand names: of a file, of a mapping, or of a run. */
#include "idmap_parts.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOKED_AT = 64 * 1024 };

/* A mapping begins as an object and says where it reads from; an ID map has no such keys. */
static bool
is_mapping(const char *path)
{
    char *start = memory_zalloc(LOOKED_AT + 1);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = descriptor >= 0 ? read(descriptor, start, LOOKED_AT) : 0;
    if (descriptor >= 0)
        close(descriptor);
    start[length > 0 ? length : 0] = '\0';
    const char *first = start + strspn(start, " \t\r\n");
    bool found = *first == '{' && strstr(first, "\"version\"") != NULL &&
                 (strstr(first, "\"sources\"") != NULL || strstr(first, "\"tables\"") != NULL);
    free(start);
    return found;
}

static struct given_map *
add_map(struct given_maps *given, const struct idmap *map)
{
    given->maps = memory_realloc_array(given->maps, given->count + 1, sizeof *given->maps);
    struct given_map *added = &given->maps[given->count++];
    *added = (struct given_map){.map = map, .place = MAP_PLACE_INIT};
    return added;
}

/* What its place says of a map. */
static void
describe_place(struct given_map *map)
{
    const struct map_place *place = &map->place;
    bool is_file = place->file.path != NULL;
    map->path = place->file.path;
    map->shown = is_file ? place->file.path : place->table.shown;
    map->old_column = is_file ? place->file.old_column : place->table.old_column;
    map->new_column = is_file ? place->file.new_column : place->table.new_column;
}

/* ---- a file, or a table ---- */

static void
take_place(struct given_map *map, struct map_place *place)
{
    map->place = *place;
    *place = (struct map_place)MAP_PLACE_INIT;
    describe_place(map);
}

static char *
stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t length = strcspn(name, ".");
    return length > 0 ? memory_strndup(name, length) : memory_strdup("ids");
}

static bool
load_file(const char *operand, struct given_maps *given, struct error *err)
{
    CLEANUP(map_place_release) struct map_place place = MAP_PLACE_INIT;
    if (!idmap_given_parse(operand, &place.file, err))
        return false;
    const struct idmap_file file = idmap_given_file(&place.file);
    CLEANUP(memory_free_string) char *name = stem_of(file.path);
    given->own = idmap_new(name);
    if (!idmap_read_file(given->own, &file, NULL, err) ||
        !idmap_freeze(given->own, IDMAP_AMBIGUOUS_KEEP, err))
        return error_hint(err, "name the columns as %.200s:OLD,NEW if they are others", file.path);
    take_place(add_map(given, given->own), &place);
    return true;
}

static bool
load_table(const char *operand, const struct connection_options *connections,
           struct given_maps *given, struct error *err)
{
    CLEANUP(map_place_release) struct map_place place = MAP_PLACE_INIT;
    struct table_map_side *side = &given->own_side;
    if (!table_map_parse(operand, "public", &place.table, err) ||
        !table_map_open(side, connections, err))
        return false;
    given->own = idmap_new(place.table.table);
    if (!table_map_read(side->db, &place.table, given->own, err) ||
        !idmap_freeze(given->own, IDMAP_AMBIGUOUS_KEEP, err))
        return false;
    struct given_map *map = add_map(given, given->own);
    map->side = side->db;
    take_place(map, &place);
    return true;
}

/* ---- a mapping, or a run's ---- */

/* The columns of a table are those by which it was read. */
static bool
find_place(const struct workspace *workspace, struct given_map *map, struct error *err)
{
    if (!map_place_find(workspace, map->spec, &map->place, err))
        return false;
    if (map->place.table.table != NULL) {
        map->side = workspace_map_side(workspace, map->spec);
        if (!table_map_find_columns(map->side, &map->place.table, err))
            return error_context(err, "ID map %s", map->spec->name);
    }
    describe_place(map);
    return true;
}

static bool
take_maps(struct given_maps *given, const char *only, struct error *err)
{
    const struct workspace *workspace = &given->workspace;
    const struct mapping *mapping = workspace->mapping;
    for (size_t i = 0; i < mapping->id_count; i++) {
        const struct mapping_ids *spec = &mapping->ids[i];
        if (only != NULL && strcmp(only, spec->name) != 0)
            continue;
        struct given_map *map = add_map(given, workspace->ids[i]);
        map->spec = spec;
        if (!given->is_of_run && !find_place(workspace, map, err))
            return false;
    }
    if (given->count > 0)
        return true;
    if (only == NULL)
        return error_set(err, EXIT_INPUT, "%s: the mapping has no ID maps", given->operand);
    error_set(err, EXIT_USAGE, "%s: there is no ID map \"%s\"", given->operand, only);
    return error_hint(err, "the first one is %s",
                      mapping->id_count > 0 ? mapping->ids[0].name : "(there is none)");
}

static bool
load_formats(struct workspace *workspace, struct error *err)
{
    const char *own = workspace->mapping != NULL ? workspace->mapping->formats : NULL;
    return idmap_formats_new(embedded_formats_json, own, "/formats", &workspace->formats, err);
}

static bool
load_mapping(const char *path, const char *only, const struct connection_options *connections,
             struct given_maps *given, struct error *err)
{
    struct workspace *workspace = &given->workspace;
    workspace->keeps_ambiguous = true;
    workspace->given_maps = given->instead;
    return workspace_load_mapping(workspace, path, err) &&
           ((load_formats(workspace, err) && workspace_check_given_maps(workspace, err) &&
             workspace_open_map_sides(workspace, connections, "idmap", err) &&
             workspace_load_maps(workspace, NULL, err)) ||
            error_context(err, "mapping %s", path)) &&
           take_maps(given, only, err);
}

static bool
load_run(const char *which, const struct connection_options *connections, struct given_maps *given,
         struct error *err)
{
    struct workspace *workspace = &given->workspace;
    CLEANUP(store_run_release) struct store_run run = {0};
    const char *colon = strchr(which, ':');
    const char *only = colon != NULL ? colon + 1 : NULL;
    CLEANUP(memory_free_string)
    char *name =
        colon != NULL ? memory_strndup(which, (size_t)(colon - which)) : memory_strdup(which);
    const char *uri = connection_target(connections, err);
    given->is_of_run = workspace->keeps_ambiguous = true;
    if (uri == NULL || !db_open(&workspace->target, uri, "target", DB_TARGET_READER, "idmap", err))
        return false;
    connection_announce(workspace->target, "target", false);
    return store_need_installed(workspace->target, err) &&
           store_find_run(workspace->target, name, &run, err) &&
           mapping_parse(run.mapping_path, run.mapping_text, strlen(run.mapping_text),
                         &workspace->mapping, err) &&
           load_formats(workspace, err) && workspace_load_maps(workspace, run.run_id, err) &&
           kept_maps_check(workspace, &run, only, err) && take_maps(given, only, err);
}

/* ---- what they look like ---- */

static const struct idmap_format *
format_named(const struct given_maps *given, const char *name)
{
    return name != NULL ? idmap_format_find(given->workspace.formats, name) : NULL;
}

static void
find_formats(struct given_maps *given)
{
    for (size_t i = 0; i < given->count; i++) {
        struct given_map *map = &given->maps[i];
        const struct idmap_formats *formats = given->workspace.formats;
        map->old_format = map->spec != NULL ? format_named(given, map->spec->old_format) : NULL;
        map->new_format = map->spec != NULL ? format_named(given, map->spec->new_format) : NULL;
        map->old_is_guessed = map->old_format == NULL;
        map->new_is_guessed = map->new_format == NULL;
        if (map->old_is_guessed)
            map->old_format = idmap_guess_format(map->map, IDMAP_SIDE_OLD, formats);
        if (map->new_is_guessed)
            map->new_format = idmap_guess_format(map->map, IDMAP_SIDE_NEW, formats);
    }
}

/* "mapping.json:user": the file is what stands before the last colon. */
static bool
load_part(const char *operand, const struct connection_options *connections,
          struct given_maps *given, struct error *err, bool *is_part)
{
    const char *colon = strrchr(operand, ':');
    *is_part = false;
    if (colon == NULL || access(operand, F_OK) == 0 || strchr(colon, ',') != NULL)
        return true;
    CLEANUP(memory_free_string) char *path = memory_strndup(operand, (size_t)(colon - operand));
    *is_part = is_mapping(path);
    return !*is_part || load_mapping(path, colon + 1, connections, given, err);
}

bool
given_maps_load(const char *operand, const struct connection_options *connections,
                struct given_maps *given, struct error *err)
{
    bool is_part;
    given->operand = operand;
    if (!load_part(operand, connections, given, err, &is_part))
        return false;
    bool good = is_part                            ? true
                : strncmp(operand, "run:", 4) == 0 ? load_run(operand + 4, connections, given, err)
                : is_mapping(operand) ? load_mapping(operand, NULL, connections, given, err)
                : !load_formats(&given->workspace, err) ? false
                : table_map_is(operand) ? load_table(operand, connections, given, err)
                                        : load_file(operand, given, err);
    if (good && given->instead != NULL && given->instead->count > 0 &&
        (given->workspace.mapping == NULL || given->is_of_run)) {
        error_set(err, EXIT_USAGE, "--idmap is for a map of a mapping, and %.200s is none",
                  operand);
        return error_hint(err, "idmigrate idmap check MAPPING --idmap NAME=FILE");
    }
    if (good)
        find_formats(given);
    return good;
}

void
given_maps_warn_of_modes(const struct given_maps *given)
{
    for (size_t i = 0; i < given->count; i++)
        if (given->maps[i].path != NULL)
            maps_warn_of_mode(idmap_name(given->maps[i].map), given->maps[i].path);
}

void
given_maps_release(struct given_maps *given)
{
    idmap_free(&given->own);
    for (size_t i = 0; i < given->count; i++)
        map_place_release(&given->maps[i].place);
    free(given->maps);
    table_map_close(&given->own_side);
    workspace_close(&given->workspace);
    *given = (struct given_maps)GIVEN_MAPS_INIT;
}
