/* What `idmap build` wrote beside a map, its manifest, against the map. */
#include "idmap_parts.h"

#include "idmigrate/memory.h"
#include "idmigrate/sha256.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

/* What `idmap build` wrote beside the map; a manifest of something else has no such mark. One that
 * is there and no JSON, or closed to us, is damaged: nobody knows what it told. */
static json_t *
read_manifest(const char *path, bool *is_damaged)
{
    const char *slash = strrchr(path, '/');
    CLEANUP(memory_free_string)
    char *beside =
        memory_printf("%.*smanifest.json", slash != NULL ? (int)(slash + 1 - path) : 0, path);
    json_t *manifest = json_load_file(beside, 0, NULL);
    *is_damaged = manifest == NULL && access(beside, F_OK) == 0;
    if (json_object_get(manifest, "idmigrate_idmap") != NULL)
        return manifest;
    json_decref(manifest);
    return NULL;
}

/* Maps that were built of different environments do not belong into one mapping. */
static void
judge_environments(struct idmap_check *check)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
    CLEANUP(memory_free_string) char *first = NULL;
    bool is_mixed = false;
    for (size_t i = 0; i < check->given.count; i++) {
        const struct given_map *given = &check->given.maps[i];
        bool ignored;
        CLEANUP(json_decrefp)
        json_t *manifest = given->path != NULL ? read_manifest(given->path, &ignored) : NULL;
        const char *environment = json_string_value(json_object_get(manifest, "environment"));
        if (environment == NULL)
            continue;
        is_mixed = is_mixed || (first != NULL && strcmp(first, environment) != 0);
        if (first == NULL)
            first = memory_strdup(environment);
        strbuf_printf(&list, "%s%s of %.60s", list.length > 0 ? ", " : "", idmap_name(given->map),
                      environment);
    }
    if (is_mixed)
        finding_set_hint(findings_add(&check->findings, "E-IDMAP-ENVIRONMENTS", NULL, NULL,
                                      "the maps were built of several environments: %s", list.data),
                         "build all maps from exports of one environment");
}

/* ---- the file itself ---- */

static const char *
name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The digest that the manifest has of a file, or NULL. */
static const char *
recorded_digest(const json_t *manifest, const char *name)
{
    size_t i;
    json_t *output;
    json_array_foreach(json_object_get(manifest, "outputs"), i, output)
    {
        const char *file = json_string_value(json_object_get(output, "file"));
        if (file != NULL && strcmp(file, name) == 0)
            return json_string_value(json_object_get(output, "sha256"));
    }
    return NULL;
}

/*
 * A build gives its files their names one behind the other, the manifest's last: killed between
 * two, it leaves a new map beside the manifest of an earlier one. Somebody who edits a map by hand
 * leaves the same.
 */
const char *
manifest_complaint(const char *path)
{
    char hex[SHA256_HEX_SIZE];
    bool is_damaged;
    CLEANUP(json_decrefp) json_t *manifest = read_manifest(path, &is_damaged);
    const char *recorded = manifest != NULL ? recorded_digest(manifest, name_in(path)) : NULL;
    if (is_damaged)
        return "stands beside a manifest.json that cannot be read";
    return recorded != NULL && sha256_of_file(path, hex) && strcmp(recorded, hex) != 0
               ? "is not the file that the manifest.json beside it tells of"
               : NULL;
}

static void
judge_digest(struct idmap_check *check, const struct given_map *given)
{
    const char *complaint = given->path != NULL ? manifest_complaint(given->path) : NULL;
    if (complaint == NULL)
        return;
    struct finding *finding =
        findings_add(&check->findings, "W-IDMAP-MANIFEST", idmap_name(given->map), NULL, "%s %s",
                     given->path, complaint);
    finding_set_hint(finding, "a build was interrupted at its end, or the file was changed: build "
                              "it again, with what was settled by hand in a file for --hand");
}

void
idmap_judge_manifests(struct idmap_check *check)
{
    for (size_t i = 0; i < check->given.count; i++)
        judge_digest(check, &check->given.maps[i]);
    judge_environments(check);
}
