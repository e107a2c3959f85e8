/*
 * IDs of more than one environment in a map, and IDs of nobody. Where IDs do not tell by themselves
 * which environment they are of, a column of the file may.
 */
#include "idmap_parts.h"

#include "idmigrate/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

/* How many IDs are of an environment of a provider. */
struct tally {
    const char *provider, *environment;
    size_t count;
};
struct tallies {
    struct tally items[MOST];
    size_t count;
};

static void
count_environment(struct tallies *tallies, const char *provider, const char *environment,
                  size_t count)
{
    size_t i = 0;
    while (i < tallies->count && (strcmp(tallies->items[i].provider, provider) != 0 ||
                                  strcmp(tallies->items[i].environment, environment) != 0))
        i++;
    if (i == MOST)
        return;
    if (i == tallies->count)
        tallies->items[tallies->count++] =
            (struct tally){.provider = provider, .environment = environment};
    tallies->items[i].count += count;
}

static void
count_side(struct idmap_check *check, const struct idmap *map, enum idmap_side side,
           struct tallies *tallies)
{
    const struct idmap_formats *formats = check->given.workspace.formats;
    size_t *counts = idmap_count_formats(map, side, formats);
    for (size_t i = 0; i < idmap_format_count(formats); i++) {
        const char *name = idmap_format_name(idmap_format_at(formats, i));
        const char *environment = idmap_traits_environment(check->traits, name);
        if (counts[i] > 0 && environment != NULL)
            count_environment(tallies, idmap_traits_provider_of(check->traits, name), environment,
                              counts[i]);
    }
    free(counts);
}

/* By what the IDs say themselves, over all maps: users of one environment and organizations of
 * another are mixed too. */
static void
judge_by_formats(struct idmap_check *check, struct tallies *tallies)
{
    for (size_t i = 0; i < check->given.count; i++) {
        const struct given_map *given = &check->given.maps[i];
        if (given->spec != NULL && given->spec->kind == MAPPING_IDS_UNION)
            continue;
        count_side(check, given->map, IDMAP_SIDE_OLD, tallies);
        count_side(check, given->map, IDMAP_SIDE_NEW, tallies);
    }
    for (size_t i = 0; i < tallies->count; i++) {
        CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
        const struct tally *first = &tallies->items[i];
        bool is_mixed = false, is_first = true;
        for (size_t j = 0; j < tallies->count; j++) {
            if (strcmp(tallies->items[j].provider, first->provider) != 0)
                continue;
            is_first = is_first && j >= i;
            is_mixed = is_mixed || j != i;
            strbuf_printf(&list, "%s%zu of %s", list.length > 0 ? ", " : "",
                          tallies->items[j].count, tallies->items[j].environment);
        }
        if (!is_mixed || !is_first)
            continue;
        struct finding *finding =
            findings_add(&check->findings, "E-IDMAP-ENVIRONMENTS", NULL, NULL,
                         "IDs of several environments of %s: %s", first->provider, list.data);
        finding_set_hint(finding, "make the map from exports of one environment");
    }
}

/* ---- by a column ---- */

static void
judge_column(struct idmap_check *check, const struct given_map *given, const char *column,
             const struct idmap *labels)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
    size_t groups = idmap_shared_count(labels), values = 0, others = 0;
    for (size_t i = 0, count; i < groups; i++) {
        const struct idmap_pair *const *pairs = idmap_shared(labels, i, &count);
        if (values++ < 5)
            strbuf_printf(&list, "%s%zu of %.*s", list.length > 0 ? ", " : "", count,
                          strchr(pairs[0]->new_id, '@') != NULL ? 0 : 60, pairs[0]->new_id);
        others += count;
    }
    /* A value that stands once is in no group. */
    others = idmap_count(labels) + idmap_ambiguous_count(labels) - others;
    if (values + others < 2)
        return;
    if (others > 0)
        strbuf_printf(&list, "%s%zu of others", list.length > 0 ? ", " : "", others);
    struct finding *finding =
        findings_add(&check->findings, "E-IDMAP-ENVIRONMENTS", idmap_name(given->map), NULL,
                     "column %s tells of several environments: %s", column, list.data);
    finding_set_hint(finding, "make the map from exports of one environment");
}

/* The pairs of old ID and environment are an ID map as well, as far as reading goes. `found` is
 * about a table: a file has the column, or reading fails. */
static bool
read_column(const struct given_map *given, const char *column, struct idmap **labels,
            enum table_map_column *found, struct error *err)
{
    const struct map_place *place = &given->place;
    *labels = idmap_new(idmap_name(given->map));
    *found = TABLE_MAP_COLUMN;
    if (place->file.path != NULL) {
        struct idmap_file file = idmap_given_file(&place->file);
        file.new_column = column;
        if (!idmap_read_file(*labels, &file, NULL, err))
            return false;
    } else if (!table_map_read_labels(given->side, &place->table, column, *labels, found, err)) {
        return false;
    }
    return idmap_freeze(*labels, IDMAP_AMBIGUOUS_KEEP, err);
}

static struct finding *
add_gap(struct idmap_check *check, const struct given_map *given, const char *column,
        const char *reason)
{
    return findings_add(&check->findings, "N-IDMAP-COLUMN", idmap_name(given->map), NULL,
                        "column %s was not looked at: %s", column, reason);
}

/* Whether there is such a column; false with an error where it cannot be read. */
static bool
judge_one(struct idmap_check *check, const struct given_map *given, const char *column,
          bool *is_there, struct error *err)
{
    CLEANUP(idmap_free) struct idmap *labels = NULL;
    enum table_map_column found;
    *is_there = false;
    if (!read_column(given, column, &labels, &found, err))
        return false;
    if (found == TABLE_MAP_COLUMN)
        judge_column(check, given, column, labels);
    else if (found == TABLE_MAP_NO_PRIVILEGE)
        finding_set_hint(add_gap(check, given, column, "the role may not read it"),
                         "GRANT SELECT (%s) ON %s", column, given->shown);
    *is_there = found != TABLE_MAP_NO_COLUMN;
    return true;
}

static bool
judge_wanted(struct idmap_check *check, const struct given_map *given, const char *column,
             struct error *err)
{
    bool is_there;
    if (!judge_one(check, given, column, &is_there, err))
        return false;
    return is_there ||
           error_set(err, EXIT_INPUT, "%s: there is no column \"%.100s\"", given->shown, column);
}

/* What `idmap build` and people call such a column; one that is not there is no fault. */
static bool
judge_usual(struct idmap_check *check, const struct given_map *given, struct error *err)
{
    static const char *const usual[] = {"environment", "instance", "instance_id", "environment_id"};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        struct error missing = ERROR_INIT;
        bool is_there;
        if (judge_one(check, given, usual[i], &is_there, &missing) || given->path != NULL)
            continue;
        *err = missing;
        return false;
    }
    return true;
}

/* A JSON object, a query and what a run keeps are pairs and nothing else. */
static bool
judge_by_column(struct idmap_check *check, const struct given_map *given, struct error *err)
{
    const char *wanted = check->settings->environment;
    bool is_union = given->spec != NULL && given->spec->kind == MAPPING_IDS_UNION;
    if (given->old_column != NULL)
        return wanted != NULL ? judge_wanted(check, given, wanted, err) ||
                                    error_context(err, "--environment %s", wanted)
                              : judge_usual(check, given, err);
    if (wanted == NULL || is_union)
        return true;
    finding_set_hint(add_gap(check, given, wanted, "this map is pairs and has no other columns"),
                     "name the file or table that it was made of");
    return true;
}

/* ---- IDs of nobody ---- */

static void
judge_no_ids(struct idmap_check *check, const struct given_map *given)
{
    const struct idmap *map = given->map;
    const char *reason = NULL, *prefix = NULL, *first_reason = NULL, *first_prefix = NULL;
    size_t count = 0;
    for (size_t i = 0; i < idmap_count(map) + idmap_ambiguous_count(map); i++) {
        const struct idmap_pair *pair = i < idmap_count(map)
                                            ? idmap_pair_at(map, i)
                                            : idmap_ambiguous_pair(map, i - idmap_count(map));
        reason = idmap_traits_refusal(check->traits, pair->new_id, pair->new_length, &prefix);
        if (reason == NULL)
            reason = idmap_traits_refusal(check->traits, pair->old_id, pair->old_length, &prefix);
        if (reason == NULL)
            continue;
        if (count++ == 0) {
            first_reason = reason;
            first_prefix = prefix;
        }
    }
    if (count == 0)
        return;
    struct finding *finding = findings_add(
        &check->findings, "E-IDMAP-NOBODY", idmap_name(map), NULL, "%zu %s nobody's: %s...: %s",
        count, count == 1 ? "ID is" : "IDs are", first_prefix, first_reason);
    finding_set_hint(finding, "make the map from what really was created");
}

bool
idmap_judge_environments(struct idmap_check *check, struct error *err)
{
    struct tallies tallies = {.count = 0};
    for (size_t i = 0; i < check->given.count; i++) {
        judge_no_ids(check, &check->given.maps[i]);
        if (!judge_by_column(check, &check->given.maps[i], err))
            return false;
    }
    judge_by_formats(check, &tallies);
    return true;
}
