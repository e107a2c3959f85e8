/* idmigrate idmap stats FILE|MAPPING: what is in ID maps, in figures. Reads only, judges nothing.
 */
#include "idmap_parts.h"
#include "steps.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct connection_options connections;
    bool json;
} settings;

static const struct option_spec options[] = {
    {"source", 's', "[NAME=]URI",
     "for table:[SCHEMA.]NAME[:OLD,NEW] (or IDMIGRATE_SOURCE), and for maps that a mapping reads "
     "from "
     "a source",
     OPTION_LIST, &settings.connections.sources},
    {"target", 't', "URI",
     "for run:RUN, for maps that a mapping reads from the target, and where no source is said for "
     "table:NAME; otherwise IDMIGRATE_TARGET",
     OPTION_TEXT, &settings.connections.target},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

struct facts {
    size_t pairs, old_ids, new_ids, ambiguous_ids, shared_olds, largest_group;
    size_t shortest[2], longest[2]; /* bytes of old and new IDs */
    struct idmap_chains chains;
};

static const struct idmap_pair *
pair_at(const struct idmap *map, size_t index)
{
    size_t count = idmap_count(map);
    return index < count ? idmap_pair_at(map, index) : idmap_ambiguous_pair(map, index - count);
}

static void
note_length(struct facts *facts, int side, size_t length)
{
    if (facts->shortest[side] == 0 || length < facts->shortest[side])
        facts->shortest[side] = length;
    if (length > facts->longest[side])
        facts->longest[side] = length;
}

static void
gather(const struct idmap *map, struct facts *facts)
{
    *facts = (struct facts){.pairs = idmap_count(map) + idmap_ambiguous_count(map)};
    facts->new_ids = facts->pairs;
    facts->old_ids = idmap_count(map);
    for (size_t i = 0, count; i < idmap_shared_count(map); i++) {
        idmap_shared(map, i, &count);
        facts->new_ids -= count - 1;
        facts->shared_olds += count;
        facts->largest_group = count > facts->largest_group ? count : facts->largest_group;
    }
    for (size_t i = 0; i < facts->pairs; i++) {
        const struct idmap_pair *pair = pair_at(map, i);
        note_length(facts, 0, pair->old_length);
        note_length(facts, 1, pair->new_length);
        if (i >= idmap_count(map) &&
            (i == idmap_count(map) || strcmp(pair_at(map, i - 1)->old_id, pair->old_id) != 0))
            facts->ambiguous_ids++;
    }
    facts->old_ids += facts->ambiguous_ids;
    idmap_find_chains(map, &facts->chains);
}

/* ---- which formats ---- */

static json_t *
count_side(const struct given_maps *given, const struct idmap *map, enum idmap_side side)
{
    const struct idmap_formats *formats = given->workspace.formats;
    size_t *counts = idmap_count_formats(map, side, formats), count = idmap_format_count(formats);
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++) {
        const struct idmap_format *format = idmap_format_at(formats, i);
        bool is_any = idmap_format_prefix(format)[0] == '\0' && idmap_format_allows(format, ' ');
        if (counts[i] > 0 && !is_any)
            json_object_set_new(object, idmap_format_name(format),
                                json_integer((json_int_t)counts[i]));
    }
    if (counts[count] > 0)
        json_object_set_new(object, "", json_integer((json_int_t)counts[count]));
    free(counts);
    return object;
}

/* ---- text ---- */

static void
print_side(struct strbuf *text, const char *which, json_t *counts, size_t shortest, size_t longest)
{
    const char *name;
    json_t *count;
    char number[32];
    strbuf_printf(text, "  %s IDs, %zu to %zu bytes:", which, shortest, longest);
    json_object_foreach(counts, name, count)
    {
        strbuf_printf(text, "  %s %s",
                      clock_format_count(json_integer_value(count), number, sizeof number),
                      name[0] != '\0' ? name : "of no known format");
    }
    strbuf_add_char(text, '\n');
}

static void
print_count(struct strbuf *text, size_t count, const char *what)
{
    char number[32];
    strbuf_printf(text, "  %14s  %s\n", clock_format_count((int64_t)count, number, sizeof number),
                  what);
}

static void
print_map(struct strbuf *text, const struct given_map *given, const struct facts *facts,
          json_t *olds, json_t *news)
{
    struct strbuf name = STRBUF_INIT;
    char hex[DIGEST_HEX_SIZE];
    strbuf_printf(&name, "ID map %s%s%s%s", idmap_name(given->map), given->shown ? " (" : "",
                  given->shown ? given->shown : "", given->shown ? ")" : "");
    output_make_visible(name.data);
    digest_to_hex(idmap_digest(given->map), hex);
    strbuf_printf(text, "%s, digest %s\n", name.data, hex);
    strbuf_release(&name);
    print_count(text, facts->pairs, "pairs");
    print_count(text, facts->old_ids, "old IDs");
    print_count(text, facts->new_ids, "new IDs");
    print_count(text, idmap_repeated_count(given->map), "pairs that stand there again");
    print_count(text, idmap_hole_count(given->map), "rows that lack one ID of the two");
    print_count(text, facts->ambiguous_ids, "old IDs with several new ones");
    print_count(text, facts->shared_olds, "old IDs that share a new one");
    print_count(text, facts->largest_group, "old IDs with one new ID at most");
    print_count(text, facts->chains.ids, "new IDs that are old ones too");
    print_count(text, facts->chains.cycles, "cycles");
    print_count(text, facts->chains.selves, "pairs of an ID with itself");
    print_side(text, "old", olds, facts->shortest[0], facts->longest[0]);
    print_side(text, "new", news, facts->shortest[1], facts->longest[1]);
}

/* ---- JSON ---- */

static json_t *
describe(const struct given_map *given, const struct facts *facts, json_t *olds, json_t *news)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(idmap_digest(given->map), hex);
    json_t *object = json_pack(
        "{s:s, s:s?, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
        idmap_name(given->map), "file", given->path, "digest", hex, "pairs",
        (json_int_t)facts->pairs, "old_ids", (json_int_t)facts->old_ids, "new_ids",
        (json_int_t)facts->new_ids, "repeated", (json_int_t)idmap_repeated_count(given->map),
        "ambiguous", (json_int_t)facts->ambiguous_ids, "sharing", (json_int_t)facts->shared_olds,
        "largest_group", (json_int_t)facts->largest_group, "chained", (json_int_t)facts->chains.ids,
        "cycles", (json_int_t)facts->chains.cycles, "selves", (json_int_t)facts->chains.selves);
    json_object_set_new(object, "rows_without_pair",
                        json_integer((json_int_t)idmap_hole_count(given->map)));
    json_object_set(object, "old_formats", olds);
    json_object_set(object, "new_formats", news);
    json_object_set_new(
        object, "old_bytes",
        json_pack("[I, I]", (json_int_t)facts->shortest[0], (json_int_t)facts->longest[0]));
    json_object_set_new(
        object, "new_bytes",
        json_pack("[I, I]", (json_int_t)facts->shortest[1], (json_int_t)facts->longest[1]));
    return object;
}

static void
show(const struct given_maps *given)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    json_t *maps = json_array();
    for (size_t i = 0; i < given->count; i++) {
        struct facts facts;
        gather(given->maps[i].map, &facts);
        json_t *olds = count_side(given, given->maps[i].map, IDMAP_SIDE_OLD);
        json_t *news = count_side(given, given->maps[i].map, IDMAP_SIDE_NEW);
        if (settings.json)
            json_array_append_new(maps, describe(&given->maps[i], &facts, olds, news));
        else
            print_map(&text, &given->maps[i], &facts, olds, news);
        json_decref(olds);
        json_decref(news);
    }
    if (settings.json) {
        char *printed = json_dumps(maps, JSON_INDENT(2));
        strbuf_printf(&text, "%s\n", printed);
        free(printed);
    }
    json_decref(maps);
    output_print(&text);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(given_maps_release) struct given_maps given = GIVEN_MAPS_INIT;
    if (!connection_check_options(&settings.connections, err) ||
        !given_maps_load(operands[0], &settings.connections, &given, err))
        return err->code;
    given_maps_warn_of_modes(&given);
    show(&given);
    return EXIT_DONE;
}

const struct command cmd_idmap_stats = {
    .name = "idmap stats",
    .arguments = "FILE|MAPPING",
    .summary = "what is in ID maps, in figures",
    .description =
        "Pairs, IDs of each side, what is doubled, shared or chained, and which formats "
        "the IDs have. Of FILE or FILE:OLD,NEW, table:[SCHEMA.]NAME[:OLD,NEW], all maps of a "
        "MAPPING, "
        "one of them (MAPPING:NAME), or those that a run keeps (run:RUN). Judges nothing: exit "
        "status 0.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
