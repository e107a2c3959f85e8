/*
 * Unique keys of the target that several old IDs with one new ID would break: asked of both servers
 * by what looks at rows before a run. Without such pairs there is nothing to ask.
 */
#include "idmap_parts.h"
#include "steps.h"

#include "idmigrate/memory.h"

#include <string.h>

static bool
has_shared(const struct idmap_check *check)
{
    for (size_t i = 0; i < check->given.count; i++)
        if (idmap_shared_count(check->given.maps[i].map) > 0)
            return true;
    return false;
}

/* What is about keys, and what kept keys from being looked at. */
static const char *
code_of(const struct finding *finding)
{
    static const char *const codes[] = {"E-COLLISION",
                                        "E-COLLISION-EXISTING",
                                        "E-COLLISION-ORDER",
                                        "W-MERGE",
                                        "N-TEMP",
                                        "N-TABLE",
                                        "N-STAGE",
                                        "N-MERGE",
                                        "N-UNIQUE",
                                        "N-EXCLUSION"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(codes[i], finding->code) == 0)
            return codes[i];
    return NULL;
}

static void
take_findings(struct idmap_check *check, const struct findings *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct finding *finding = &found->items[i];
        const char *code = code_of(finding);
        if (code == NULL)
            continue;
        struct finding *copy = findings_add(&check->findings, code, finding->table, finding->column,
                                            "%s", finding->text);
        copy->rows = finding->rows;
        if (finding->hint != NULL)
            finding_set_hint(copy, "%s", finding->hint);
        for (size_t j = 0; j < finding->sample_count; j++)
            finding_add_sample(copy, finding->samples[j]);
    }
}

/* Without the tables and columns that the mapping names there are no rows to compare. */
static void
judge_plan(struct idmap_check *check, const struct findings *found)
{
    static const char *const spoilers[] = {"E-TABLE-UNKNOWN", "E-COLUMN-UNKNOWN", "E-TARGET-KIND",
                                           "E-SELECT-FAILS",  "E-SQL-FAILS",      "E-ROW-SECURITY",
                                           "E-PRIVILEGE"};
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++)
        for (size_t s = 0; s < sizeof spoilers / sizeof spoilers[0]; s++)
            count += strcmp(found->items[i].code, spoilers[s]) == 0;
    if (count > 0)
        finding_set_hint(
            findings_add(&check->findings, "N-IDMAP-KEYS", NULL, NULL,
                         "keys of the target may be missing here: the mapping does not "
                         "fit the databases in %zu %s",
                         count, count == 1 ? "place" : "places"),
            "idmigrate check %s says where", check->given.workspace.mapping->path);
}

static bool
look(struct idmap_check *check, struct progress *progress, struct error *err)
{
    CLEANUP(preflight_release) struct preflight preflight = PREFLIGHT_INIT;
    struct workspace *sides = &check->sides;
    const struct workspace_request request = {.connections = &check->settings->connections,
                                              .side = DB_TARGET,
                                              .only_looks = true,
                                              .purpose = "idmap"};
    const struct preflight_request looks = {.strict = check->settings->strict};
    sides->given_maps = check->given.workspace.given_maps;
    if (!workspace_load_mapping(sides, check->given.workspace.mapping->path, err) ||
        !workspace_open(sides, &request, err) ||
        !preflight_run(sides, &looks, progress, &preflight, err))
        return false;
    check->keys_were_looked_at = true;
    take_findings(check, &preflight.findings);
    judge_plan(check, &preflight.findings);
    return true;
}

/* ---- whether they can be looked at ---- */

static struct finding *
add_gap(struct idmap_check *check, const char *reason)
{
    return findings_add(&check->findings, "N-IDMAP-KEYS", NULL, NULL,
                        "keys of the target were not looked at: %s", reason);
}

/* A key breaks where rows of two old IDs meet in it: which columns these rows get, and of which
 * rows, only a mapping says. */
static void
say_what_is_missing(struct idmap_check *check)
{
    finding_set_hint(
        add_gap(check, "several old IDs have one new ID, and which columns of the target get it is "
                       "said by a mapping only"),
        "idmigrate idmap check MAPPING --idmap NAME=%.200s --source URI --target URI",
        check->given.operand);
}

/* The rows of all sources meet in the target. */
static bool
has_connections(struct idmap_check *check)
{
    const struct connection_options *connections = &check->settings->connections;
    const struct mapping *mapping = check->given.workspace.mapping;
    struct error unknown = ERROR_INIT;
    bool is_known = connection_uri(connections, mapping, -1, &unknown) != NULL;
    for (size_t i = 0; i < mapping->source_count && is_known; i++)
        is_known = connection_uri(connections, mapping, (int)i, &unknown) != NULL;
    if (!is_known) {
        struct finding *finding = add_gap(check, unknown.text);
        if (unknown.hint[0] != '\0')
            finding_set_hint(finding, "%s", unknown.hint);
    }
    return is_known;
}

static bool
has_ambiguous(struct idmap_check *check)
{
    for (size_t i = 0; i < check->given.count; i++)
        if (idmap_ambiguous_count(check->given.maps[i].map) > 0) {
            finding_set_hint(add_gap(check, "an old ID has several new ones"),
                             "correct the map first");
            return true;
        }
    return false;
}

bool
idmap_look_at_keys(struct idmap_check *check, struct error *err)
{
    struct progress progress;
    if (check->given.is_of_run || !has_shared(check))
        return true;
    if (check->given.workspace.mapping == NULL) {
        if (check->settings->connections.target != NULL)
            say_what_is_missing(check);
        return true;
    }
    if (!has_connections(check) || has_ambiguous(check))
        return true;
    return progress_begin(&progress, check->settings->progress, err) && look(check, &progress, err);
}
