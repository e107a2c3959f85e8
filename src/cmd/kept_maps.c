/* Whether a run still keeps the ID maps that it used: what has expired is no empty map. */
#include "idmap_parts.h"

#include "idmigrate/memory.h"

#include <jansson.h>
#include <string.h>

/* Who took the maps away, where that is known. */
static bool
fail_expired(const struct store_run *run, const char *name, struct error *err)
{
    CLEANUP(json_decrefp)
    json_t *settings = json_loads(run->settings != NULL ? run->settings : "{}", 0, NULL);
    const json_t *list = json_object_get(settings, "idmaps_expired");
    const json_t *last = json_array_get(list, json_array_size(list) - 1);
    const char *by = json_string_value(json_object_get(last, "by"));
    const char *at = json_string_value(json_object_get(last, "at"));
    if (by != NULL && at != NULL)
        error_set(err, EXIT_NOT_CHECKED,
                  "run %s: the ID map %s is no longer kept: it expired %.19s, by %.100s",
                  run->run_id, name, at, by);
    else
        error_set(err, EXIT_NOT_CHECKED, "run %s: the ID map %s is no longer kept", run->run_id,
                  name);
    return error_hint(err,
                      "name the file that it was read from; its digest tells whether it is the "
                      "one");
}

/* An empty map of a run that used an empty one is whole. */
static bool
is_gone(const struct idmap *map, const json_t *recorded)
{
    char nothing[DIGEST_HEX_SIZE];
    digest_to_hex((struct digest){0, 0}, nothing);
    return idmap_count(map) + idmap_ambiguous_count(map) == 0 && json_is_string(recorded) &&
           strcmp(json_string_value(recorded), nothing) != 0;
}

static bool
is_asked_for(const struct mapping *mapping, const struct mapping_ids *spec, const char *only)
{
    if (only == NULL || strcmp(only, spec->name) == 0)
        return true;
    for (size_t i = 0; i < mapping->id_count; i++)
        if (strcmp(mapping->ids[i].name, only) == 0)
            return mapping->ids[i].kind == MAPPING_IDS_UNION;
    return false;
}

bool
kept_maps_check(const struct workspace *workspace, const struct store_run *run, const char *only,
                struct error *err)
{
    const struct mapping *mapping = workspace->mapping;
    CLEANUP(json_decrefp)
    json_t *recorded = json_loads(run->idmap_digests != NULL ? run->idmap_digests : "{}", 0, NULL);
    for (size_t i = 0; i < mapping->id_count; i++) {
        const struct mapping_ids *spec = &mapping->ids[i];
        if (spec->kind != MAPPING_IDS_UNION && is_asked_for(mapping, spec, only) &&
            is_gone(workspace->ids[i], json_object_get(recorded, spec->name)))
            return fail_expired(run, spec->name, err);
    }
    return true;
}
