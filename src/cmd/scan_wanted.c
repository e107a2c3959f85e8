/* What a scan looks for: formats, ID maps, words, and what may stay. */
#include "scan_parts.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

static bool
load_mapping(const struct scan_settings *settings, struct workspace *workspace, struct error *err)
{
    const struct connection_options target_only = {.target = settings->connections.target};
    const char *own = NULL;
    if (settings->mapping != NULL) {
        if (!workspace_load_mapping(workspace, settings->mapping, err))
            return false;
        own = workspace->mapping->formats;
    }
    if (!idmap_formats_new(embedded_formats_json, own, "/formats", &workspace->formats, err))
        return false;
    return settings->mapping == NULL ||
           (workspace_open_map_sides(workspace, &target_only, "scan", err) &&
            workspace_load_maps(workspace, NULL, err)) ||
           error_context(err, "mapping %s", settings->mapping);
}

/* ---- formats ---- */

struct list {
    const struct idmap_format **formats;
    size_t count, capacity;
};

static bool
add_format(struct list *list, const struct scan_looked_for *looked_for, const char *name,
           struct error *err)
{
    const struct idmap_format *format = idmap_format_find(looked_for->workspace.formats, name);
    if (format == NULL) {
        error_set(err, EXIT_USAGE, "there is no ID format \"%s\"", name);
        return error_hint(err, "mappings/formats.json lists them; a mapping may have more");
    }
    if (idmap_format_prefix(format)[0] == '\0' && idmap_format_allows(format, ' '))
        return error_set(err, EXIT_USAGE, "format \"%s\" would find everything", name);
    for (size_t i = 0; i < list->count; i++)
        if (list->formats[i] == format)
            return true;
    *ARRAY_ADD(list->formats, list->count, list->capacity) = format;
    return true;
}

/* A format of plain UUIDs or numbers says nothing by itself: of a mapping's maps only their own IDs
 * are looked for then. */
static bool
add_if_distinctive(struct list *list, const struct scan_looked_for *looked_for, const char *name,
                   struct error *err)
{
    const struct idmap_format *format =
        name != NULL ? idmap_format_find(looked_for->workspace.formats, name) : NULL;
    return format == NULL || !scan_is_distinctive(format) ||
           add_format(list, looked_for, name, err);
}

static bool
add_named_formats(const struct scan_settings *settings, const struct scan_looked_for *looked_for,
                  struct list *list, struct error *err)
{
    const struct mapping *mapping = looked_for->workspace.mapping;
    bool good = true;
    for (size_t i = 0; i < settings->formats.count && good; i++)
        good = add_format(list, looked_for, settings->formats.items[i], err);
    for (size_t i = 0; i < settings->providers.count && good; i++)
        for (size_t j = 0; j < looked_for->providers[i].format_count && good; j++)
            good = add_format(list, looked_for, looked_for->providers[i].formats[j], err);
    for (size_t i = 0; mapping != NULL && i < mapping->id_count && good; i++)
        good = add_if_distinctive(list, looked_for, mapping->ids[i].old_format, err) &&
               add_if_distinctive(list, looked_for, mapping->ids[i].new_format, err);
    return good;
}

static void
add_distinctive_formats(const struct scan_looked_for *looked_for, struct list *list)
{
    const struct idmap_formats *formats = looked_for->workspace.formats;
    for (size_t i = 0; i < idmap_format_count(formats); i++)
        if (scan_is_distinctive(idmap_format_at(formats, i)))
            *ARRAY_ADD(list->formats, list->count, list->capacity) = idmap_format_at(formats, i);
}

/* ---- the finder ---- */

/* The old side of a derived map holds new IDs of another one: they are no legacy IDs. */
static bool
is_old_format(const struct mapping *mapping, const char *name)
{
    for (size_t i = 0; i < mapping->id_count; i++)
        if (!mapping->ids[i].derived && mapping->ids[i].old_format != NULL &&
            strcmp(mapping->ids[i].old_format, name) == 0)
            return true;
    return false;
}

static void
expect_new_formats(struct scan_looked_for *looked_for)
{
    const struct mapping *mapping = looked_for->workspace.mapping;
    for (size_t i = 0; mapping != NULL && i < mapping->id_count; i++) {
        const char *name = mapping->ids[i].new_format;
        if (name != NULL && !is_old_format(mapping, name))
            scan_finder_expect(looked_for->finder, name);
    }
}

static void
make_finder(struct scan_looked_for *looked_for, const struct list *list)
{
    const struct mapping *mapping = looked_for->workspace.mapping;
    size_t most = 1 + (mapping != NULL ? mapping->id_count : 0), count = 0;
    const struct idmap **maps = memory_zalloc((most + 1) * sizeof *maps);
    if (looked_for->ids != NULL)
        maps[count++] = looked_for->ids;
    for (size_t i = 0; mapping != NULL && i < mapping->id_count; i++)
        if (mapping->ids[i].kind != MAPPING_IDS_UNION && !mapping->ids[i].derived)
            maps[count++] = looked_for->workspace.ids[i];
    const struct scan_wanted wanted = {
        .formats = list->formats, .format_count = list->count, .maps = maps, .map_count = count};
    looked_for->finder = scan_finder_new(&wanted);
    expect_new_formats(looked_for);
    free(maps);
}

static void
make_words(const struct scan_settings *settings, struct scan_looked_for *looked_for)
{
    size_t capacity = 0;
    for (size_t i = 0; i < settings->words.count; i++)
        *ARRAY_ADD(looked_for->word_list, looked_for->word_count, capacity) =
            settings->words.items[i];
    for (size_t i = 0; i < settings->providers.count; i++)
        for (size_t j = 0; j < looked_for->providers[i].word_count; j++)
            *ARRAY_ADD(looked_for->word_list, looked_for->word_count, capacity) =
                looked_for->providers[i].words[j];
    if (looked_for->word_count > 0)
        looked_for->words = scan_words_new(looked_for->word_list, looked_for->word_count);
}

static bool
read_providers(const struct scan_settings *settings, struct scan_looked_for *looked_for,
               struct error *err)
{
    for (size_t i = 0; i < settings->providers.count; i++)
        if (!scan_provider_read(embedded_providers_json, settings->providers.items[i],
                                &looked_for->providers[i], err))
            return false;
    return true;
}

bool
scan_wanted_load(const struct scan_settings *settings, bool in_files,
                 struct scan_looked_for *looked_for, struct error *err)
{
    struct list list = {0};
    bool says =
        settings->formats.count + settings->providers.count > 0 || settings->mapping != NULL;
    if (in_files && !says && settings->words.count == 0 && settings->ids == NULL) {
        error_set(err, EXIT_USAGE, "nothing is said to look for");
        return error_hint(err, "say --provider, --word, --format, --ids or --mapping");
    }
    bool good =
        read_providers(settings, looked_for, err) &&
        (settings->allow == NULL || scan_allow_read(settings->allow, &looked_for->allow, err)) &&
        load_mapping(settings, &looked_for->workspace, err) &&
        (settings->ids == NULL || scan_ids_load(settings, in_files, looked_for, err)) &&
        add_named_formats(settings, looked_for, &list, err);
    if (good) {
        if (!says && !in_files)
            add_distinctive_formats(looked_for, &list);
        make_finder(looked_for, &list);
        make_words(settings, looked_for);
    }
    free(list.formats);
    return good;
}

void
scan_wanted_release(struct scan_looked_for *looked_for)
{
    scan_finder_free(&looked_for->finder);
    scan_words_free(&looked_for->words);
    idmap_free(&looked_for->ids);
    for (size_t i = 0; i < sizeof looked_for->providers / sizeof looked_for->providers[0]; i++)
        scan_provider_release(&looked_for->providers[i]);
    scan_allow_release(&looked_for->allow);
    free(looked_for->word_list);
    free(looked_for->ids_path);
    free(looked_for->ids_old);
    free(looked_for->ids_new);
    table_map_release(&looked_for->ids_table);
    workspace_close(&looked_for->workspace);
}
