/* ID maps from where the mapping says: files, tables and queries of either side, unions; or from
 * the store, as a run used them. */
#include "table_map.h"
#include "workspace.h"

#include "idmigrate/idmap_facts.h"
#include "idmigrate/memory.h"
#include "idmigrate/store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct db *
workspace_map_side(const struct workspace *workspace, const struct mapping_ids *ids)
{
    return ids->on == MAPPING_ON_TARGET ? workspace->target : workspace->sources[ids->on];
}

static const char *
side_schema(const struct mapping *mapping, const struct mapping_ids *ids)
{
    return ids->on == MAPPING_ON_TARGET ? mapping->target.schema : mapping->sources[ids->on].schema;
}

static const char *
schema_of(const struct workspace *workspace, const struct mapping_ids *ids)
{
    return ids->schema != NULL ? ids->schema : side_schema(workspace->mapping, ids);
}

static void
make_sql(const struct workspace *workspace, const struct mapping_ids *ids, struct strbuf *sql)
{
    if (ids->kind == MAPPING_IDS_QUERY) {
        table_map_add_copy(sql, ids->query);
        return;
    }
    CLEANUP(strbuf_release) struct strbuf from = STRBUF_INIT;
    table_map_add_select(&from, schema_of(workspace, ids), ids->table, ids->old_column,
                         ids->new_column);
    table_map_add_copy(sql, from.data);
}

/* A query names its tables as its author does, so it runs with the default schema of its side. */
static bool
set_search_path(struct db *db, const char *schema, struct error *err)
{
    struct strbuf path = STRBUF_INIT;
    if (schema != NULL)
        db_quote_identifier(&path, schema);
    const char *values[] = {path.data};
    bool good = db_command(db, "SELECT pg_catalog.set_config('search_path', $1, false)", 1, values,
                           NULL, err);
    strbuf_release(&path);
    return good;
}

static bool
read_database(struct workspace *workspace, const struct mapping_ids *ids, struct idmap *map,
              struct error *err)
{
    CLEANUP(map_place_release) struct map_place place = MAP_PLACE_INIT;
    struct strbuf sql = STRBUF_INIT;
    struct db *db = workspace_map_side(workspace, ids);
    bool is_query = ids->kind == MAPPING_IDS_QUERY;

    make_sql(workspace, ids, &sql);
    bool good = (!is_query || set_search_path(db, schema_of(workspace, ids), err)) &&
                table_map_copy(db, sql.data, map, !is_query, NULL, err) &&
                (!is_query || set_search_path(db, NULL, err));
    if (good && !is_query && map_place_find(workspace, ids, &place, err))
        table_map_warn_of_holes(map, place.table.shown);
    strbuf_release(&sql);
    if (!good && !is_query) {
        struct error ignored = ERROR_INIT;
        map_place_find(workspace, ids, &place, &ignored);
        table_map_hint_grant(db, &place.table, err);
    }
    if (!good && strncmp(err->sqlstate, "42", 2) == 0 && strcmp(err->sqlstate, "42501") != 0) {
        /* The table, a column or the query itself is wrong: that is the mapping's fault. */
        err->code = EXIT_INPUT;
        error_context(err, "/ids/%s/%s", ids->name, is_query ? "query" : "table");
        error_hint(err,
                   "names without a schema are looked up in the default schema of the side that "
                   "\"on\" names; a query gives the old ID first and the new one second");
    }
    return good;
}

static bool
read_file(struct idmap_file file, const char *name, struct idmap *map, struct error *err)
{
    if (!idmap_read_file(map, &file, NULL, err))
        /* Where the reader knows nothing better. */
        return error_hint(err,
                          "mend the file, or name another under /ids/%s/file; "
                          "mappings/README.md says what it may hold",
                          name);
    return true;
}

static bool
read_mapped_file(const struct mapping_ids *ids, struct idmap *map, struct error *err)
{
    const struct idmap_file file = {
        .path = ids->resolved_path,
        .format = (enum idmap_file_format)ids->format,
        .old_column = ids->old_column,
        .new_column = ids->new_column,
        .delimiter = ids->delimiter,
    };
    return read_file(file, ids->name, map, err);
}

/* ---- maps that are given in place of those of a run ---- */

/* The file of NAME=FILE, "" of NAME alone (from where the mapping says), or NULL. */
static const char *
find_given(const struct workspace *workspace, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; workspace->given_maps != NULL && i < workspace->given_maps->count; i++) {
        const char *item = workspace->given_maps->items[i];
        if (strncmp(item, name, length) == 0 && item[length] == '=')
            return item + length + 1;
        if (strcmp(item, name) == 0)
            return "";
    }
    return NULL;
}

const char *
workspace_given_file(const struct workspace *workspace, const char *name)
{
    const char *given = find_given(workspace, name);
    return given != NULL && given[0] != '\0' ? given : NULL;
}

static bool
read_given(const struct workspace *workspace, const struct mapping_ids *ids, struct idmap *map,
           struct error *err)
{
    CLEANUP(map_place_release) struct map_place place = MAP_PLACE_INIT;
    struct table_map *table = &place.table;
    if (!map_place_find(workspace, ids, &place, err))
        return table_map_is(workspace_given_file(workspace, ids->name))
                   ? error_context(err, "--idmap %s", ids->name)
                   : false;
    if (place.file.path != NULL)
        return read_file(idmap_given_file(&place.file), ids->name, map, err);
    if (!table_map_read(workspace_map_side(workspace, ids), table, map, err))
        return error_context(err, "--idmap %s", ids->name);
    table_map_warn_of_holes(map, table->shown);
    return true;
}

bool
workspace_check_given_maps(const struct workspace *workspace, struct error *err)
{
    const struct mapping *mapping = workspace->mapping;
    for (size_t g = 0; workspace->given_maps != NULL && g < workspace->given_maps->count; g++) {
        const char *item = workspace->given_maps->items[g], *equals = strchr(item, '=');
        size_t length = equals != NULL ? (size_t)(equals - item) : strlen(item), i = 0;
        while (i < mapping->id_count && (strlen(mapping->ids[i].name) != length ||
                                         memcmp(mapping->ids[i].name, item, length) != 0 ||
                                         mapping->ids[i].kind == MAPPING_IDS_UNION))
            i++;
        if (i < mapping->id_count)
            continue;
        error_set(err, EXIT_USAGE, "--idmap %.200s: names no ID map of the mapping", item);
        return error_hint(err,
                          "say --idmap NAME=FILE or NAME=FILE:OLD,NEW, a table:... in place of "
                          "FILE, or NAME alone for where the "
                          "mapping reads it; the first map is %s",
                          mapping->id_count > 0 ? mapping->ids[0].name : "(none)");
    }
    return true;
}

static void
free_pointers(const struct idmap ***pointers)
{
    free(*pointers);
}

const struct idmap **
workspace_given_ids(const struct workspace *workspace)
{
    if (workspace->given_maps == NULL || workspace->given_maps->count == 0 ||
        workspace->ids == NULL)
        return NULL;
    size_t count = workspace->mapping->id_count;
    const struct idmap **given = memory_zalloc((count + 1) * sizeof *given);
    for (size_t i = 0; i < count; i++)
        if (find_given(workspace, workspace->mapping->ids[i].name) != NULL)
            given[i] = workspace->ids[i];
    return given;
}

/* Another map than the one that was used would prove nothing, and find everything different. */
bool
workspace_check_given_digests(const struct workspace *workspace, const char *recorded,
                              struct error *err)
{
    CLEANUP(free_pointers) const struct idmap **given = workspace_given_ids(workspace);
    json_t *digests = json_loads(recorded != NULL ? recorded : "{}", 0, NULL);
    bool good = true;
    for (size_t i = 0; given != NULL && i < workspace->mapping->id_count && good; i++) {
        char hex[DIGEST_HEX_SIZE];
        const char *name = workspace->mapping->ids[i].name;
        const char *wanted = json_string_value(json_object_get(digests, name));
        if (given[i] == NULL || wanted == NULL)
            continue;
        digest_to_hex(idmap_digest(given[i]), hex);
        good = strcmp(hex, wanted) == 0;
        if (good)
            continue;
        error_set(err, EXIT_INPUT,
                  "--idmap %s: not the map that the run used: its pairs have the digest "
                  "%.12s, the run's had %.12s",
                  name, hex, wanted);
        error_hint(err, "idmigrate idmap stats FILE tells a file's digest");
    }
    json_decref(digests);
    return good;
}

/* ---- one map ---- */

static bool
check_format_name(const struct workspace *workspace, const char *name, struct error *err)
{
    if (name == NULL || idmap_format_find(workspace->formats, name) != NULL)
        return true;
    error_set(err, EXIT_INPUT, "there is no ID format \"%s\"", name);
    return error_hint(err, "describe it under /formats in the mapping, or leave it out");
}

static bool
load_map(struct workspace *workspace, size_t number, const char *run_id, struct error *err)
{
    const struct mapping_ids *ids = &workspace->mapping->ids[number];
    struct idmap *map = idmap_new(ids->name);
    workspace->ids[number] = map;
    if (!check_format_name(workspace, ids->old_format, err) ||
        !check_format_name(workspace, ids->new_format, err))
        return error_context(err, "ID map %s", ids->name);
    const char *given = workspace_given_file(workspace, ids->name);
    bool is_given = given != NULL;
    bool is_anew = run_id == NULL || (!is_given && find_given(workspace, ids->name) != NULL);
    bool is_file = is_given || (is_anew && ids->kind == MAPPING_IDS_FILE);
    bool good = is_given   ? read_given(workspace, ids, map, err)
                : !is_anew ? store_load_idmap(workspace->target, run_id, ids->name, map, err)
                : is_file  ? read_mapped_file(ids, map, err)
                           : read_database(workspace, ids, map, err);
    /* A file with two answers is wrong; a query may have them for people nobody asks about. */
    enum idmap_ambiguous policy = ids->kind == MAPPING_IDS_FILE && !workspace->keeps_ambiguous
                                      ? IDMAP_AMBIGUOUS_ERROR
                                      : IDMAP_AMBIGUOUS_KEEP;
    good = good && idmap_freeze(map, policy, err);
    /* Errors of a file name the map themselves. */
    return good || is_file ? good : error_context(err, "ID map %s", ids->name);
}

/* A union's members come first; the mapping has made sure that there is no circle. */
static bool
load_union(struct workspace *workspace, size_t number, struct error *err)
{
    const struct mapping_ids *ids = &workspace->mapping->ids[number];
    const struct idmap **members = memory_alloc((ids->member_count + 1) * sizeof *members);
    bool good = true;

    if (workspace->ids[number] != NULL) {
        free(members);
        return true;
    }
    for (size_t i = 0; i < ids->member_count && good; i++) {
        size_t member = (size_t)ids->members[i];
        if (workspace->mapping->ids[member].kind == MAPPING_IDS_UNION)
            good = load_union(workspace, member, err);
        members[i] = workspace->ids[member];
    }
    if (good) {
        workspace->ids[number] = idmap_new_union(ids->name, members, ids->member_count);
        good =
            idmap_freeze(workspace->ids[number],
                         workspace->keeps_ambiguous ? IDMAP_AMBIGUOUS_KEEP : IDMAP_AMBIGUOUS_ERROR,
                         err) ||
            error_context(err, "ID map %s", ids->name);
    }
    free(members);
    return good;
}

bool
workspace_load_maps(struct workspace *workspace, const char *run_id, struct error *err)
{
    size_t count = workspace->mapping->id_count;
    workspace->ids = memory_zalloc((count + 1) * sizeof(struct idmap *));
    for (size_t i = 0; i < count; i++)
        if (workspace->mapping->ids[i].kind != MAPPING_IDS_UNION &&
            !load_map(workspace, i, run_id, err))
            return false;
    for (size_t i = 0; i < count; i++)
        if (workspace->mapping->ids[i].kind == MAPPING_IDS_UNION && !load_union(workspace, i, err))
            return false;
    return true;
}

/* The connections that ID maps are read through; files need none. */
bool
workspace_open_map_sides(struct workspace *workspace, const struct connection_options *connections,
                         const char *purpose, struct error *err)
{
    const struct mapping *mapping = workspace->mapping;
    if (mapping->source_count > WORKSPACE_SOURCES)
        return error_set(err, EXIT_INPUT, "mapping %s: more than %d sources", mapping->path,
                         WORKSPACE_SOURCES);
    for (size_t i = 0; i < mapping->id_count; i++) {
        const struct mapping_ids *ids = &mapping->ids[i];
        bool is_target = ids->on == MAPPING_ON_TARGET;
        const char *given = workspace_given_file(workspace, ids->name);
        if (given != NULL ? !table_map_is(given)
                          : ids->kind == MAPPING_IDS_FILE || ids->kind == MAPPING_IDS_UNION)
            continue;
        struct db **db = is_target ? &workspace->target : &workspace->sources[ids->on];
        if (*db != NULL)
            continue;
        const char *what = is_target ? "target" : mapping->sources[ids->on].name;
        const char *uri = connection_uri(connections, mapping, ids->on, err);
        if (uri == NULL ||
            !db_open(db, uri, what, is_target ? DB_TARGET_READER : DB_SOURCE, purpose, err))
            return error_context(err, "ID map %s", ids->name);
        connection_announce(*db, what, false);
    }
    return true;
}

/* A map is personal data: it tells who somebody was. */
void
maps_warn_of_mode(const char *name, const char *path)
{
    unsigned mode = idmap_exposed_mode(path);
    if (mode != 0)
        fprintf(stderr,
                "warning: ID map %s: everybody on this machine can read %s (mode %04o)\n"
                "hint: chmod 600 %s\n",
                name, path, mode, path);
}

static void
warn_of_file(const char *name, const char *path)
{
    maps_warn_of_mode(name, path);
    const char *complaint = manifest_complaint(path);
    if (complaint != NULL)
        fprintf(stderr,
                "warning: ID map %s: %s %s\n"
                "hint: a build was interrupted at its end, or the file was changed; idmigrate "
                "idmap check says more\n",
                name, path, complaint);
}

void
workspace_warn_of_maps(const struct workspace *workspace, bool only_given)
{
    for (size_t i = 0; i < workspace->mapping->id_count; i++) {
        const struct mapping_ids *ids = &workspace->mapping->ids[i];
        CLEANUP(map_place_release) struct map_place place = MAP_PLACE_INIT;
        struct error ignored = ERROR_INIT; /* whoever reads the map says it */
        if (only_given && find_given(workspace, ids->name) == NULL)
            continue;
        if (map_place_find(workspace, ids, &place, &ignored) && place.file.path != NULL)
            warn_of_file(ids->name, place.file.path);
    }
}

char *
workspace_map_digests(const struct workspace *workspace)
{
    json_t *digests = json_object();
    for (size_t i = 0; i < workspace->mapping->id_count; i++) {
        char hex[DIGEST_HEX_SIZE];
        if (workspace->mapping->ids[i].kind == MAPPING_IDS_UNION)
            continue;
        digest_to_hex(idmap_digest(workspace->ids[i]), hex);
        json_object_set_new(digests, workspace->mapping->ids[i].name, json_string(hex));
    }
    char *text = json_dumps(digests, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(digests);
    return text;
}
