/* The ID maps themselves: how their IDs look, who shares one, who is needed; and how the rows used
 * them. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct map_facts {
    const struct mapping_ids *spec;
    const struct idmap *map;
    const struct idmap_format *old_format, *new_format;
    bool is_strict;
    int64_t resolved, already, unresolved, ambiguous; /* rows */
    bool is_named;                                    /* some column resolves or rewrites with it */
    bool is_seen;                                     /* in a column that is copied as it is */
    bool has_lower_case;
    struct digest_map lower_case; /* old IDs in lower case, made when first asked for */
};

static const struct idmap_format *
find_format(const struct check *check, const char *name)
{
    return name != NULL && check->in->formats != NULL ? idmap_format_find(check->in->formats, name)
                                                      : NULL;
}

/* ---- before the rows ---- */

static void
add_pair_sample(struct finding *finding, const struct idmap_pair *pair)
{
    CLEANUP(memory_free_string) char *text = memory_printf("%s -> %s", pair->old_id, pair->new_id);
    finding_add_sample(finding, text);
}

static void
report_formats(struct check *check, const struct map_facts *facts)
{
    struct idmap_outside outside;
    struct error swapped = ERROR_INIT;
    const char *name = facts->spec->name;
    if (facts->old_format == NULL && facts->new_format == NULL)
        return;
    if (!idmap_check_formats(facts->map, facts->old_format, facts->new_format, &outside,
                             &swapped)) {
        struct finding *finding =
            findings_add(check->findings, "E-ID-SWAPPED", NULL, NULL, "%s", swapped.text);
        finding_set_hint(finding, "%s", swapped.hint);
        return;
    }
    if (outside.old_count > 0) {
        struct finding *finding =
            findings_add(check->findings, facts->is_strict ? "E-ID-FORMAT" : "W-ID-FORMAT", NULL,
                         NULL, "ID map %s: %zu of %zu old IDs are not %s", name, outside.old_count,
                         idmap_count(facts->map), idmap_format_describe(facts->old_format));
        finding_set_hint(finding, "correct the ID map, or name the right format as \"old\"");
        add_pair_sample(finding, outside.old_example);
    }
    if (outside.new_count > 0) {
        struct finding *finding = findings_add(
            check->findings, facts->is_strict ? "E-ID-FORMAT-NEW" : "W-ID-FORMAT-NEW", NULL, NULL,
            "ID map %s: %zu of %zu new IDs are not %s", name, outside.new_count,
            idmap_count(facts->map), idmap_format_describe(facts->new_format));
        finding_set_hint(finding, "correct the ID map, or name the right format as \"new\"");
        add_pair_sample(finding, outside.new_example);
    }
}

/* Many people in one organization is what a derived map says; the others give one person's ID to
 * several. */
static void
report_shared(struct check *check, const struct map_facts *facts)
{
    size_t count = idmap_shared_count(facts->map);
    if (count == 0 || facts->spec->derived || facts->spec->many_to_one != NULL ||
        facts->spec->kind == MAPPING_IDS_UNION)
        return;
    struct finding *finding = findings_add(
        check->findings, "W-IDMAP-SHARED", NULL, NULL,
        "ID map %s: %zu new ID%s belong%s to several old IDs each; their rows come together",
        facts->spec->name, count, count == 1 ? "" : "s", count == 1 ? "s" : "");
    finding_set_hint(finding, "say \"many_to_one\": \"reason\" when that is meant; E-COLLISION "
                              "names each unique key that breaks");
    for (size_t i = 0; i < count && i < CHECK_SAMPLES; i++) {
        struct strbuf text = STRBUF_INIT;
        size_t sharing;
        const struct idmap_pair *const *pairs = idmap_shared(facts->map, i, &sharing);
        for (size_t j = 0; j < sharing && j < CHECK_SAMPLES; j++)
            strbuf_printf(&text, "%s%s", j > 0 ? ", " : "", pairs[j]->old_id);
        strbuf_printf(&text, "%s -> %s", sharing > CHECK_SAMPLES ? ", ..." : "", pairs[0]->new_id);
        finding_add_sample(finding, text.data);
        strbuf_release(&text);
    }
}

static void
report_chains(struct check *check, const struct map_facts *facts)
{
    size_t count = idmap_chain_count(facts->map);
    if (count == 0 || facts->spec->derived || facts->spec->kind == MAPPING_IDS_UNION)
        return;
    struct finding *finding =
        findings_add(check->findings, "W-IDMAP-CHAIN", NULL, NULL,
                     "ID map %s: %zu new ID%s also old ID%s of another pair; each value is "
                     "replaced once, not again",
                     facts->spec->name, count, count == 1 ? " is" : "s are", count == 1 ? "" : "s");
    finding_set_hint(finding, "replace such a pair by the way to its end, or remove it when the "
                              "first step was carried out already");
}

static void
note_names(struct check *check)
{
    for (size_t i = 0; i < check->plan->table_count; i++)
        for (size_t j = 0; j < check->plan->tables[i].column_count; j++) {
            const struct plan_column *column = &check->plan->tables[i].columns[j];
            for (size_t m = 0; m < check->plan->mapping->id_count; m++) {
                for (size_t k = 0; k < column->resolve_count; k++)
                    check->maps[m].is_named |= column->resolve[k] == check->maps[m].map;
                for (size_t k = 0; k < column->rewrite_count; k++)
                    check->maps[m].is_named |= column->rewrite[k] == check->maps[m].map;
            }
        }
}

void
maps_begin(struct check *check)
{
    const struct mapping *mapping = check->plan->mapping;
    check->maps = memory_zalloc((mapping->id_count + 1) * sizeof *check->maps);
    for (size_t i = 0; i < mapping->id_count; i++) {
        struct map_facts *facts = &check->maps[i];
        facts->spec = &mapping->ids[i];
        facts->map = check->in->ids[i];
        facts->old_format = find_format(check, facts->spec->old_format);
        facts->new_format = find_format(check, facts->spec->new_format);
        facts->is_strict = facts->spec->strict || check->in->strict;
        report_formats(check, facts);
        report_shared(check, facts);
        report_chains(check, facts);
    }
    note_names(check);
}

/* ---- for the rows ---- */

/* A union without a format of its own fits what one of its members fits. */
bool
maps_fits_old(const struct check *check, int map, struct row_value id)
{
    const struct map_facts *facts = &check->maps[map];
    if (facts->old_format != NULL)
        return idmap_format_matches(facts->old_format, id.data, id.length);
    for (size_t i = 0; i < facts->spec->member_count; i++)
        if (maps_fits_old(check, facts->spec->members[i], id))
            return true;
    return facts->spec->member_count == 0;
}

const char *
maps_describe_old(const struct check *check, int map)
{
    const struct map_facts *facts = &check->maps[map];
    if (facts->old_format != NULL)
        return idmap_format_describe(facts->old_format);
    return "of the format of any member of the union";
}

static struct digest
digest_lower(struct strbuf *buffer, const char *id, size_t length)
{
    strbuf_reset(buffer);
    strbuf_add(buffer, id, length);
    for (size_t i = 0; i < length; i++)
        buffer->data[i] = (char)tolower((unsigned char)buffer->data[i]);
    return digest_bytes(buffer->data, length);
}

bool
maps_has_other_case(struct check *check, int map, struct row_value id)
{
    struct map_facts *facts = &check->maps[map];
    uint64_t ignored;
    if (!facts->has_lower_case) {
        facts->has_lower_case = true;
        for (size_t i = 0; i < idmap_count(facts->map); i++) {
            const struct idmap_pair *pair = idmap_pair_at(facts->map, i);
            digest_map_put(&facts->lower_case,
                           digest_lower(&check->scratch, pair->old_id, pair->old_length), 0);
        }
    }
    return digest_map_get(&facts->lower_case, digest_lower(&check->scratch, id.data, id.length),
                          &ignored);
}

void
maps_note_use(struct check *check, int map, int64_t resolved, int64_t already, int64_t unresolved,
              int64_t ambiguous)
{
    struct map_facts *facts = &check->maps[map];
    facts->resolved += resolved;
    facts->already += already;
    facts->unresolved += unresolved;
    facts->ambiguous += ambiguous;
}

void
maps_note_rewritten(struct check *check, const struct idmap *map, int64_t ids)
{
    for (size_t i = 0; i < check->plan->mapping->id_count; i++)
        if (check->maps[i].map == map)
            check->maps[i].resolved += ids;
}

void
maps_note_seen(struct check *check, const struct idmap *map)
{
    for (size_t i = 0; i < check->plan->mapping->id_count; i++)
        check->maps[i].is_seen |= check->maps[i].map == map;
}

/* ---- after the rows ---- */

static bool
is_used_by_union(const struct check *check, int map)
{
    for (size_t i = 0; i < check->plan->mapping->id_count; i++) {
        const struct mapping_ids *spec = check->maps[i].spec;
        for (size_t j = 0; j < spec->member_count; j++)
            if (spec->members[j] == map && check->maps[i].resolved > 0)
                return true;
    }
    return false;
}

/* Found, if only where nobody looks for it: E-ID-COPIED says so. */
static bool
was_seen(const struct check *check, int map)
{
    const struct map_facts *facts = &check->maps[map];
    for (size_t i = 0; i < facts->spec->member_count; i++)
        if (was_seen(check, facts->spec->members[i]))
            return true;
    return facts->is_seen;
}

static void
report_use(struct check *check, int map)
{
    const struct map_facts *facts = &check->maps[map];
    if (facts->resolved == 0 && facts->already > 0 && facts->already > facts->unresolved) {
        struct finding *finding = findings_add(
            check->findings, "E-ID-SWAPPED", NULL, NULL,
            "ID map %s: the source holds none of its old IDs, but its new ones", facts->spec->name);
        finding_set_hint(
            finding,
            "exchange the columns of the ID map; or the source is not the legacy database");
        finding->rows = facts->already;
    } else if (facts->resolved == 0 && !was_seen(check, map) && !is_used_by_union(check, map)) {
        struct finding *finding = findings_add(
            check->findings, "W-IDMAP-UNUSED", NULL, NULL,
            "ID map %s: none of its %zu old IDs was found in a row%s", facts->spec->name,
            idmap_count(facts->map), facts->is_named ? "" : ", and no column names it");
        finding_set_hint(finding,
                         "is it the map of this database, and are the right columns resolved?");
    }
    if (idmap_ambiguous_count(facts->map) > 0 && facts->ambiguous == 0) {
        struct finding *finding = findings_add(
            check->findings, "W-ID-AMBIGUOUS", NULL, NULL,
            "ID map %s: %zu pairs give several new IDs to one old ID; no row depends on them",
            facts->spec->name, idmap_ambiguous_count(facts->map));
        add_pair_sample(finding, idmap_ambiguous_pair(facts->map, 0));
    }
}

void
maps_end(struct check *check)
{
    for (size_t i = 0; i < check->plan->mapping->id_count; i++)
        report_use(check, (int)i);
}

void
maps_release(struct check *check)
{
    for (size_t i = 0; check->maps != NULL && i < check->plan->mapping->id_count; i++)
        digest_map_release(&check->maps[i].lower_case);
    free(check->maps);
}
