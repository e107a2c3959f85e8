/* What a finished ID map shows by itself: nobody becomes two people, nobody goes round in circles,
 * and IDs look as they should. */
#include "idmap_parts.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 5 };

/* ---- samples ---- */

static void
sample_pair(struct finding *finding, const struct idmap_pair *pair)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    if (pair == NULL || finding->sample_count == SAMPLES)
        return;
    idmap_add_shown(&text, pair->old_id, pair->old_length);
    strbuf_add_string(&text, " -> ");
    idmap_add_shown(&text, pair->new_id, pair->new_length);
    finding_add_sample(finding, text.data);
}

static const char *
plural(size_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

/* ---- duplicates ---- */

static size_t
count_ambiguous_ids(const struct idmap *map)
{
    size_t ids = 0;
    for (size_t i = 0; i < idmap_ambiguous_count(map); i++) {
        const struct idmap_pair *pair = idmap_ambiguous_pair(map, i);
        const struct idmap_pair *last = i > 0 ? idmap_ambiguous_pair(map, i - 1) : NULL;
        ids += last == NULL || strcmp(last->old_id, pair->old_id) != 0;
    }
    return ids;
}

static void
judge_ambiguous(struct idmap_check *check, const struct given_map *given)
{
    const struct idmap *map = given->map;
    size_t ids = count_ambiguous_ids(map);
    if (ids == 0)
        return;
    struct finding *finding =
        findings_add(&check->findings, "E-IDMAP-TWO", idmap_name(map), NULL,
                     "%zu %s more than one new ID each: %s as good as missing", ids,
                     plural(ids, "old ID has", "old IDs have"), plural(ids, "it is", "they are"));
    for (size_t i = 0; i < idmap_ambiguous_count(map); i++)
        sample_pair(finding, idmap_ambiguous_pair(map, i));
    finding_set_hint(finding, "keep the right pair of each; nobody can become two people");
}

static void
judge_repeated(struct idmap_check *check, const struct given_map *given)
{
    size_t count = idmap_repeated_count(given->map);
    if (count == 0)
        return;
    struct finding *finding =
        findings_add(&check->findings, "W-IDMAP-REPEATED", idmap_name(given->map), NULL,
                     "%zu %s there twice", count, plural(count, "pair is", "pairs are"));
    finding_set_hint(finding, "harmless; but was something joined twice?");
}

static void
judge_shared(struct idmap_check *check, const struct given_map *given)
{
    const struct idmap *map = given->map;
    size_t groups = idmap_shared_count(map), olds = 0;
    if (groups == 0 || (given->spec != NULL && given->spec->many_to_one != NULL))
        return;
    for (size_t i = 0, count; i < groups; i++) {
        idmap_shared(map, i, &count);
        olds += count;
    }
    struct finding *finding =
        findings_add(&check->findings, "W-IDMAP-SHARED", idmap_name(map), NULL,
                     "%zu old IDs become %zu new %s: their rows become one owner's", olds, groups,
                     plural(groups, "ID", "IDs"));
    for (size_t i = 0, count; i < groups; i++) {
        const struct idmap_pair *const *pairs = idmap_shared(map, i, &count);
        for (size_t j = 0; j < count; j++)
            sample_pair(finding, pairs[j]);
    }
    finding_set_hint(finding,
                     "where that is meant, say \"many_to_one\": REASON in the mapping; with the "
                     "mapping, --source and --target the unique keys that break are named");
}

/* ---- chains ---- */

static void
judge_chains(struct idmap_check *check, const struct given_map *given,
             const struct idmap_chains *chains)
{
    const char *name = idmap_name(given->map);
    if (chains->cycles > 0) {
        struct finding *finding = findings_add(
            &check->findings, "E-IDMAP-CYCLE", name, NULL, "%zu %s back to where %s",
            chains->cycles, plural(chains->cycles, "chain of pairs leads", "chains of pairs lead"),
            plural(chains->cycles, "it begins", "they begin"));
        sample_pair(finding, chains->cycle_example);
        finding_set_hint(finding, "old and new IDs are mixed up; make the map anew");
    }
    if (chains->linked > 0) {
        struct finding *finding =
            findings_add(&check->findings, "E-IDMAP-CHAIN", name, NULL,
                         "%zu new %s also %s: a value would be migrated again by the next run",
                         chains->linked, plural(chains->linked, "ID is", "IDs are"),
                         plural(chains->linked, "an old one", "old ones"));
        sample_pair(finding, chains->link_example);
        finding_set_hint(finding, "make one step of it: from the first old ID to the last new one");
    }
    if (chains->selves > 0)
        finding_set_hint(findings_add(&check->findings, "W-IDMAP-SELF", name, NULL,
                                      "%zu %s the same old and new ID", chains->selves,
                                      plural(chains->selves, "pair has", "pairs have")),
                         "nothing, when these people keep their IDs");
}

/* ---- formats ---- */

static void
judge_side(struct idmap_check *check, const struct given_map *given, size_t outside,
           const struct idmap_pair *example, bool is_new)
{
    const struct idmap_format *format = is_new ? given->new_format : given->old_format;
    bool is_strict = check->settings->strict || (given->spec != NULL && given->spec->strict);
    if (outside == 0 || format == NULL)
        return;
    struct finding *finding =
        findings_add(&check->findings,
                     is_new ? (is_strict ? "E-ID-FORMAT-NEW" : "W-ID-FORMAT-NEW")
                            : (is_strict ? "E-ID-FORMAT" : "W-ID-FORMAT"),
                     idmap_name(given->map), NULL, "%zu %s %s no %s (%s)", outside,
                     is_new ? "new" : "old", plural(outside, "ID is", "IDs are"),
                     idmap_format_name(format), idmap_format_describe(format));
    sample_pair(finding, example);
    finding_set_hint(finding, (is_new ? given->new_is_guessed : given->old_is_guessed)
                                  ? "most of them look like that; correct the others, or say "
                                    "--old-format and --new-format"
                                  : "correct them, or the format that the mapping names");
}

/* Columns speak of one provider, and the IDs in them are another's. */
static bool
is_named_for_another(const struct idmap_check *check, const char *column,
                     const struct idmap_format *format, const struct idmap_format *other)
{
    const char *named = column != NULL ? idmap_traits_provider_in(check->traits, column) : NULL;
    if (named == NULL || format == NULL || other == NULL)
        return false;
    const char *is = idmap_traits_provider_of(check->traits, idmap_format_name(format));
    const char *others = idmap_traits_provider_of(check->traits, idmap_format_name(other));
    return is != NULL && others != NULL && strcmp(is, others) != 0 && strcmp(named, others) == 0;
}

static bool
is_swapped_by_names(const struct idmap_check *check, const struct given_map *given)
{
    return is_named_for_another(check, given->old_column, given->old_format, given->new_format) ||
           is_named_for_another(check, given->new_column, given->new_format, given->old_format);
}

/* Whether an ID has any of the forms that the format's provider gives to IDs. */
static bool
is_of_provider(const struct idmap_check *check, const struct idmap_format *format, const char *id,
               size_t length)
{
    const struct idmap_formats *formats = check->given.workspace.formats;
    const char *provider = idmap_traits_provider_of(check->traits, idmap_format_name(format));
    for (size_t i = 0; provider != NULL && i < idmap_format_count(formats); i++) {
        const struct idmap_format *other = idmap_format_at(formats, i);
        const char *others = idmap_traits_provider_of(check->traits, idmap_format_name(other));
        if (others != NULL && strcmp(provider, others) == 0 &&
            idmap_format_matches(other, id, length))
            return true;
    }
    return false;
}

/* Where nobody says which format, a provider's other forms (of another connection, say) are as good
 * as the one that most IDs have. */
static size_t
count_strangers(const struct idmap_check *check, const struct given_map *given,
                enum idmap_side side, const struct idmap_pair **example)
{
    const struct idmap_format *format =
        side == IDMAP_SIDE_OLD ? given->old_format : given->new_format;
    size_t count = 0;
    for (size_t i = 0; format != NULL && i < idmap_count(given->map); i++) {
        const struct idmap_pair *pair = idmap_pair_at(given->map, i);
        const char *id = side == IDMAP_SIDE_OLD ? pair->old_id : pair->new_id;
        size_t length = side == IDMAP_SIDE_OLD ? pair->old_length : pair->new_length;
        if (idmap_format_matches(format, id, length) || is_of_provider(check, format, id, length))
            continue;
        if (count++ == 0)
            *example = pair;
    }
    return count;
}

static void
judge_formats(struct idmap_check *check, const struct given_map *given)
{
    struct error swapped = ERROR_INIT;
    struct idmap_outside outside;
    bool good =
        idmap_check_formats(given->map, given->old_format, given->new_format, &outside, &swapped);
    if (!good || is_swapped_by_names(check, given)) {
        struct finding *finding = findings_add(
            &check->findings, "E-ID-SWAPPED", idmap_name(given->map), NULL, "%s",
            good ? "the columns are named for the other provider's IDs: old and new are swapped"
                 : swapped.text);
        sample_pair(finding, idmap_count(given->map) > 0 ? idmap_pair_at(given->map, 0) : NULL);
        finding_set_hint(finding, "exchange the columns of old and new IDs");
        if (!good)
            return;
    }
    if (given->old_is_guessed)
        outside.old_count = count_strangers(check, given, IDMAP_SIDE_OLD, &outside.old_example);
    if (given->new_is_guessed)
        outside.new_count = count_strangers(check, given, IDMAP_SIDE_NEW, &outside.new_example);
    judge_side(check, given, outside.old_count, outside.old_example, false);
    judge_side(check, given, outside.new_count, outside.new_example, true);
}

/* ---- all of it ---- */

static bool
set_format(struct idmap_check *check, const char *name, bool is_new, struct error *err)
{
    const struct idmap_format *format =
        name != NULL ? idmap_format_find(check->given.workspace.formats, name) : NULL;
    if (name == NULL)
        return true;
    if (format == NULL) {
        error_set(err, EXIT_USAGE, "there is no ID format \"%s\"", name);
        return error_hint(err, "mappings/formats.json lists them; a mapping may have more");
    }
    for (size_t i = 0; i < check->given.count; i++) {
        struct given_map *map = &check->given.maps[i];
        *(is_new ? &map->new_format : &map->old_format) = format;
        *(is_new ? &map->new_is_guessed : &map->old_is_guessed) = false;
    }
    return true;
}

static void
judge_mode(struct idmap_check *check, const struct given_map *given)
{
    unsigned mode = given->path != NULL ? idmap_exposed_mode(given->path) : 0;
    if (mode == 0)
        return;
    struct finding *finding =
        findings_add(&check->findings, "W-IDMAP-READABLE", idmap_name(given->map), NULL,
                     "everybody on this machine can read %s (mode %04o)", given->path, mode);
    finding_set_hint(finding, "an ID map is personal data: chmod 600 %s", given->path);
}

static void
judge_holes(struct idmap_check *check, const struct given_map *given)
{
    size_t holes = idmap_hole_count(given->map);
    char count[32];
    if (holes == 0)
        return;
    struct finding *finding = findings_add(
        &check->findings, "W-IDMAP-HOLE", idmap_name(given->map), NULL,
        "%s %s of %s %s one ID of the two", clock_format_count((int64_t)holes, count, sizeof count),
        plural(holes, "row", "rows"), given->shown, plural(holes, "lacks", "lack"));
    finding->rows = (int64_t)holes;
    finding_set_hint(finding, check->weighed > 0
                                  ? "they are no pairs; what old IDs among them own is weighed"
                                  : "they are no pairs; with --source what they own is weighed");
}

static void
judge_map(struct idmap_check *check, size_t number)
{
    const struct given_map *given = &check->given.maps[number];
    judge_mode(check, given);
    judge_ambiguous(check, given);
    judge_repeated(check, given);
    judge_shared(check, given);
    judge_chains(check, given, &check->chains[number]);
    judge_formats(check, given);
}

static bool
is_union(const struct given_map *given)
{
    return given->spec != NULL && given->spec->kind == MAPPING_IDS_UNION;
}

/* What a union's members show by themselves is said of them; what only their meeting makes is said
 * here. */
static void
judge_union(struct idmap_check *check, size_t number)
{
    const struct given_map *given = &check->given.maps[number];
    const struct idmap_chains *chains = &check->chains[number];
    struct idmap_chains of_members = {.linked = 0}, own = *chains;
    for (size_t i = 0; i < check->given.count; i++) {
        if (is_union(&check->given.maps[i]))
            continue;
        of_members.linked += check->chains[i].linked;
        of_members.cycles += check->chains[i].cycles;
    }
    judge_ambiguous(check, given);
    own.selves = 0;
    own.linked = chains->linked > of_members.linked ? chains->linked - of_members.linked : 0;
    own.cycles = chains->cycles > of_members.cycles ? chains->cycles - of_members.cycles : 0;
    judge_chains(check, given, &own);
}

bool
idmap_judge(struct idmap_check *check, struct error *err)
{
    if (!set_format(check, check->settings->old_format, false, err) ||
        !set_format(check, check->settings->new_format, true, err))
        return false;
    check->chains = memory_zalloc((check->given.count + 1) * sizeof *check->chains);
    for (size_t i = 0; i < check->given.count; i++)
        idmap_find_chains(check->given.maps[i].map, &check->chains[i]);
    for (size_t i = 0; i < check->given.count; i++)
        if (is_union(&check->given.maps[i]))
            judge_union(check, i);
        else
            judge_map(check, i);
    return true;
}

void
idmap_judge_holes(struct idmap_check *check)
{
    for (size_t i = 0; i < check->given.count; i++)
        if (!is_union(&check->given.maps[i]))
            judge_holes(check, &check->given.maps[i]);
}
