/*
 * Opens everything a mapping names. The order matters: each source's snapshot is taken before its
 * catalogue is read, so that relation sizes are never smaller than what the snapshot sees.
 */
#include "workspace.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

static bool
open_source(struct workspace *workspace, int number, const struct workspace_request *request,
            struct error *err)
{
    const struct mapping_connection *source = &workspace->mapping->sources[number];
    CLEANUP(memory_free_string) char *what = memory_printf("source %s", source->name);
    const char *uri = connection_uri(request->connections, workspace->mapping, number, err);

    if (uri == NULL ||
        !db_open(&workspace->sources[number], uri, what, DB_SOURCE, request->purpose, err))
        return false;
    connection_announce(workspace->sources[number], what, false);
    return db_begin(&workspace->snapshots[number], workspace->sources[number],
                    DB_READ_ONLY_SNAPSHOT, err);
}

static bool
open_target(struct workspace *workspace, const struct workspace_request *request, struct error *err)
{
    workspace->target = request->target;
    if (workspace->target == NULL) {
        const char *uri = connection_uri(request->connections, workspace->mapping, -1, err);
        if (uri == NULL ||
            !db_open(&workspace->target, uri, "target", request->side, request->purpose, err))
            return false;
    }
    connection_announce(workspace->target, "target",
                        request->side == DB_TARGET && !request->only_looks);
    return true;
}

/* Schemas are few; each is named once. */
struct schema_list {
    const char **names;
    size_t count, capacity;
};

static void
add_schema(struct schema_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->names[i], name) == 0)
            return;
    *ARRAY_ADD(list->names, list->count, list->capacity) = name;
}

static bool
load_source_catalog(struct workspace *workspace, int number, struct error *err)
{
    const struct mapping *mapping = workspace->mapping;
    struct schema_list list = {0};
    add_schema(&list, mapping->sources[number].schema);
    for (size_t i = 0; i < mapping->table_count; i++)
        if (mapping->tables[i].source == number)
            add_schema(&list, mapping->tables[i].from_schema);
    for (size_t i = 0; i < mapping->left_behind_count; i++)
        if (mapping->left_behind[i].source == number)
            add_schema(&list, mapping->left_behind[i].schema);
    bool good = catalog_load(workspace->sources[number], list.names, list.count,
                             &workspace->source_catalogs[number], err);
    free(list.names);
    return good;
}

static bool
load_target_catalog(struct workspace *workspace, struct error *err)
{
    const struct mapping *mapping = workspace->mapping;
    struct schema_list list = {0};
    add_schema(&list, mapping->target.schema);
    add_schema(&list, mapping->audit.schema);
    for (size_t i = 0; i < mapping->table_count; i++)
        add_schema(&list, mapping->tables[i].to_schema);
    bool good =
        catalog_load(workspace->target, list.names, list.count, &workspace->target_catalog, err) &&
        catalog_put_back(workspace->target, &workspace->target_catalog, err);
    free(list.names);
    return good;
}

static bool
load_formats(struct workspace *workspace, struct error *err)
{
    return idmap_formats_new(embedded_formats_json, workspace->mapping->formats, "/formats",
                             &workspace->formats, err);
}

const struct catalog **
workspace_catalog_pointers(struct workspace *workspace,
                           const struct catalog *pointers[WORKSPACE_SOURCES])
{
    for (size_t i = 0; i < workspace->mapping->source_count; i++)
        pointers[i] = &workspace->source_catalogs[i];
    return pointers;
}

static void
build_plan(struct workspace *workspace)
{
    const struct catalog *catalogs[WORKSPACE_SOURCES];
    struct plan_inputs inputs = {
        .mapping = workspace->mapping,
        .sources = workspace_catalog_pointers(workspace, catalogs),
        .target = &workspace->target_catalog,
        .ids = (const struct idmap *const *)workspace->ids,
        .source_is_target = workspace->source_is_target,
    };
    workspace->plan = plan_new(&inputs);
}

bool
workspace_load_mapping(struct workspace *workspace, const char *path, struct error *err)
{
    if (!mapping_load(path, &workspace->mapping, err))
        /* Where the reader knows nothing better. */
        return error_hint(err, "mappings/README.md describes what a mapping may say");
    return true;
}

void
workspace_make_exclusive(struct workspace *workspace)
{
    for (size_t i = 0; i < workspace->mapping->table_count; i++)
        workspace->mapping->tables[i].exclusive = !workspace->mapping->tables[i].never_exclusive;
}

bool
workspace_open(struct workspace *workspace, const struct workspace_request *request,
               struct error *err)
{
    size_t count = workspace->mapping->source_count;
    if (count > WORKSPACE_SOURCES)
        return error_set(err, EXIT_INPUT, "mapping %s: more than %d sources",
                         workspace->mapping->path, WORKSPACE_SOURCES);
    if (!connection_check_names(request->connections, workspace->mapping, err) ||
        !workspace_check_given_maps(workspace, err))
        return false;
    workspace_warn_of_maps(workspace, request->run_id != NULL);
    if (!load_formats(workspace, err))
        return error_context(err, "mapping %s", workspace->mapping->path);
    for (size_t i = 0; i < count; i++)
        if (!open_source(workspace, (int)i, request, err) ||
            !load_source_catalog(workspace, (int)i, err))
            return false;
    if (!open_target(workspace, request, err) || !load_target_catalog(workspace, err))
        return false;
    for (size_t i = 0; i < count; i++)
        workspace->source_is_target[i] =
            db_is_same_database(workspace->sources[i], workspace->target);
    if (!workspace_load_maps(workspace, request->run_id, err))
        return error_context(err, "mapping %s", workspace->mapping->path);
    build_plan(workspace);
    return true;
}

/* Maps that nobody asks: the plan wants one for each of the mapping. */
static bool
make_empty_maps(struct workspace *workspace, struct error *err)
{
    size_t count = workspace->mapping->id_count;
    workspace->ids = memory_zalloc((count + 1) * sizeof(struct idmap *));
    for (size_t i = 0; i < count; i++) {
        workspace->ids[i] = idmap_new(workspace->mapping->ids[i].name);
        if (!idmap_freeze(workspace->ids[i], IDMAP_AMBIGUOUS_KEEP, err))
            return false;
    }
    return true;
}

bool
workspace_open_target(struct workspace *workspace, struct error *err)
{
    if (!load_target_catalog(workspace, err) || !make_empty_maps(workspace, err))
        return false;
    build_plan(workspace);
    return true;
}

void
workspace_forget_ids(struct workspace *workspace)
{
    for (size_t i = 0; i < workspace->mapping->id_count; i++)
        idmap_forget(workspace->ids[i]);
}

void
workspace_close(struct workspace *workspace)
{
    plan_free(&workspace->plan);
    for (size_t i = 0; workspace->ids != NULL && i < workspace->mapping->id_count; i++)
        idmap_free(&workspace->ids[i]);
    free(workspace->ids);
    idmap_formats_free(&workspace->formats);
    catalog_release(&workspace->target_catalog);
    db_close(&workspace->target);
    for (size_t i = 0; i < WORKSPACE_SOURCES; i++) {
        catalog_release(&workspace->source_catalogs[i]);
        db_transaction_release(&workspace->snapshots[i]);
        db_close(&workspace->sources[i]);
    }
    mapping_free(&workspace->mapping);
    *workspace = (struct workspace)WORKSPACE_INIT;
}
