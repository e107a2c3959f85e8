/*
 * idmigrate idmap diff OLD NEW: what differs between two ID maps, such as that of a rehearsal and
 * that of the night. Reads only.
 */
#include "idmap_parts.h"
#include "steps.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct connection_options connections;
    const char *limit;
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
    {"limit", 'n', "N", "name at most N pairs of each kind and map (default: 20; 0: all)",
     OPTION_TEXT, &settings.limit},
    {"json", 0, NULL, "print JSON, with all pairs unless --limit says less", OPTION_FLAG,
     &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
read_limit(size_t *limit, struct error *err)
{
    char *end;
    *limit = settings.json ? 0 : 20;
    if (settings.limit == NULL)
        return true;
    errno = 0;
    long long number = strtoll(settings.limit, &end, 10);
    *limit = (size_t)number;
    return (errno == 0 && end != settings.limit && *end == '\0' && number >= 0) ||
           error_set(err, EXIT_USAGE, "--limit %s: not a number of pairs", settings.limit);
}

/* ---- one map ---- */

enum kind { ADDED, REMOVED, CHANGED, KINDS };
static const char *const kind_names[KINDS] = {"added", "removed", "changed"};

struct output {
    size_t limit, shown[KINDS];
    struct strbuf lines[KINDS]; /* text */
    json_t *lists[KINDS];       /* JSON */
};

static enum kind
kind_of(const struct idmap_change *change)
{
    return change->before_count == 0 ? ADDED : change->after_count == 0 ? REMOVED : CHANGED;
}

static void
add_news(struct strbuf *text, const struct idmap_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_add_string(text, i > 0 ? " and " : "");
        idmap_add_shown(text, pairs[i].new_id, pairs[i].new_length);
    }
}

static json_t *
describe_id(const char *id, size_t length)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    idmap_add_shown(&text, id, length);
    return json_string(text.data);
}

static json_t *
list_news(const struct idmap_pair *pairs, size_t count)
{
    if (count == 1)
        return describe_id(pairs[0].new_id, pairs[0].new_length);
    json_t *list = count == 0 ? json_null() : json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, describe_id(pairs[i].new_id, pairs[i].new_length));
    return list;
}

static void
take_change(void *context, const struct idmap_change *change)
{
    struct output *output = context;
    enum kind kind = kind_of(change);
    const struct idmap_pair *pair = change->before_count > 0 ? change->before : change->after;
    if (output->limit > 0 && output->shown[kind] == output->limit)
        return;
    output->shown[kind]++;
    if (settings.json) {
        json_array_append_new(output->lists[kind],
                              json_pack("{s:o, s:o, s:o}", "old",
                                        describe_id(pair->old_id, pair->old_length), "before",
                                        list_news(change->before, change->before_count), "after",
                                        list_news(change->after, change->after_count)));
        return;
    }
    struct strbuf *line = &output->lines[kind];
    strbuf_printf(line, "    %c ", "+-~"[kind]);
    idmap_add_shown(line, pair->old_id, pair->old_length);
    strbuf_add_string(line, "  ");
    add_news(line, change->before, change->before_count);
    strbuf_add_string(line, kind == CHANGED ? " -> " : "");
    add_news(line, change->after, change->after_count);
    strbuf_add_char(line, '\n');
}

static void
print_kind(struct strbuf *text, struct output *output, enum kind kind, size_t count)
{
    char all[32], more[32];
    if (count == 0)
        return;
    strbuf_printf(text, "  %s %s\n", clock_format_count((int64_t)count, all, sizeof all),
                  kind_names[kind]);
    strbuf_add_string(text, output->lines[kind].data);
    if (count > output->shown[kind])
        strbuf_printf(
            text, "    and %s more; --limit 0 names all\n",
            clock_format_count((int64_t)(count - output->shown[kind]), more, sizeof more));
}

/* What is no pair is not compared. */
static void
print_holes(struct strbuf *text, const struct idmap *map, const char *which)
{
    char count[32];
    size_t holes = idmap_hole_count(map);
    if (holes > 0)
        strbuf_printf(text, "  %s %s one ID of the two in %s, and %s not compared\n",
                      clock_format_count((int64_t)holes, count, sizeof count),
                      holes == 1 ? "row lacks" : "rows lack", which, holes == 1 ? "is" : "are");
}

static json_t *
describe(const char *name, struct output *output, const struct idmap_difference *difference)
{
    return json_pack("{s:s, s:I, s:{s:I, s:I, s:I}, s:O, s:O, s:O}", "map", name, "same",
                     (json_int_t)difference->same, "counts", "added", (json_int_t)difference->added,
                     "removed", (json_int_t)difference->removed, "changed",
                     (json_int_t)difference->changed, "added", output->lists[ADDED], "removed",
                     output->lists[REMOVED], "changed", output->lists[CHANGED]);
}

/* Returns whether the two are the same. */
static bool
show_difference(const char *name, const struct idmap *before, const struct idmap *after,
                size_t limit, struct strbuf *text, json_t *maps)
{
    struct output output = {.limit = limit};
    struct idmap_difference difference;
    char same[32];
    for (int i = 0; i < KINDS; i++) {
        output.lines[i] = (struct strbuf)STRBUF_INIT;
        output.lists[i] = json_array();
    }
    idmap_compare(before, after, take_change, &output, &difference);
    size_t counts[KINDS] = {difference.added, difference.removed, difference.changed};
    strbuf_printf(text, "ID map %s: %s the same\n", name,
                  clock_format_count((int64_t)difference.same, same, sizeof same));
    for (enum kind kind = ADDED; kind < KINDS; kind++)
        print_kind(text, &output, kind, counts[kind]);
    print_holes(text, before, "BEFORE");
    print_holes(text, after, "AFTER");
    json_t *described = describe(name, &output, &difference);
    json_object_set_new(described, "rows_without_pair",
                        json_pack("{s:I, s:I}", "before", (json_int_t)idmap_hole_count(before),
                                  "after", (json_int_t)idmap_hole_count(after)));
    json_array_append_new(maps, described);
    for (int i = 0; i < KINDS; i++) {
        strbuf_release(&output.lines[i]);
        json_decref(output.lists[i]);
    }
    return difference.added + difference.removed + difference.changed == 0;
}

/* ---- all maps ---- */

static bool
is_union(const struct given_map *map)
{
    return map->spec != NULL && map->spec->kind == MAPPING_IDS_UNION;
}

/* Of several maps on a side those of one name belong together; one alone is compared with one alone
 * whatever they are called. */
static const struct idmap *
partner(const struct given_maps *others, const struct given_map *map, bool both_single)
{
    if (both_single)
        return others->maps[0].map;
    for (size_t i = 0; i < others->count; i++)
        if (strcmp(idmap_name(others->maps[i].map), idmap_name(map->map)) == 0 &&
            !is_union(&others->maps[i]))
            return others->maps[i].map;
    return NULL;
}

static bool
refuse_no_partner(const struct given_maps *a, const struct given_maps *b, struct error *err)
{
    if ((a->count == 1) == (b->count == 1))
        return true;
    const struct given_maps *many = a->count > 1 ? a : b, *one = a->count > 1 ? b : a;
    if (partner(many, &one->maps[0], false) != NULL)
        return true;
    error_set(err, EXIT_USAGE, "%s has several ID maps, and %s is one of another name",
              many->operand, one->operand);
    return error_hint(err, "say which one: %.200s:%s", many->operand,
                      idmap_name(many->maps[0].map));
}

static bool
compare_all(const struct given_maps *before, const struct given_maps *after,
            const struct idmap *nothing, size_t limit, struct strbuf *text, json_t *maps)
{
    bool both_single = before->count == 1 && after->count == 1, is_same = true;
    bool only_common = !both_single && (before->count == 1 || after->count == 1);
    for (size_t i = 0; i < before->count; i++) {
        const struct idmap *other = partner(after, &before->maps[i], both_single);
        if (is_union(&before->maps[i]) || (other == NULL && only_common))
            continue;
        is_same &= show_difference(idmap_name(before->maps[i].map), before->maps[i].map,
                                   other != NULL ? other : nothing, limit, text, maps);
    }
    for (size_t i = 0; i < after->count && !both_single && !only_common; i++)
        if (!is_union(&after->maps[i]) && partner(before, &after->maps[i], false) == NULL)
            is_same &= show_difference(idmap_name(after->maps[i].map), nothing, after->maps[i].map,
                                       limit, text, maps);
    return is_same;
}

static bool
diff(char **operands, size_t limit, bool *is_same, struct error *err)
{
    CLEANUP(given_maps_release) struct given_maps before = GIVEN_MAPS_INIT;
    CLEANUP(given_maps_release) struct given_maps after = GIVEN_MAPS_INIT;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    CLEANUP(idmap_free) struct idmap *nothing = idmap_new("nothing");
    if (!given_maps_load(operands[0], &settings.connections, &before, err) ||
        !given_maps_load(operands[1], &settings.connections, &after, err) ||
        !idmap_freeze(nothing, IDMAP_AMBIGUOUS_KEEP, err) ||
        !refuse_no_partner(&before, &after, err))
        return false;
    given_maps_warn_of_modes(&before);
    given_maps_warn_of_modes(&after);
    json_t *maps = json_array();
    *is_same = compare_all(&before, &after, nothing, limit, &text, maps);
    if (settings.json) {
        strbuf_reset(&text);
        json_t *all = json_pack("{s:b, s:O}", "same", *is_same, "maps", maps);
        char *printed = json_dumps(all, JSON_INDENT(1));
        strbuf_printf(&text, "%s\n", printed);
        free(printed);
        json_decref(all);
    }
    json_decref(maps);
    output_print(&text);
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    size_t limit;
    bool is_same = false;
    if (!connection_check_options(&settings.connections, err) || !read_limit(&limit, err) ||
        !diff(operands, limit, &is_same, err))
        return err->code;
    return is_same ? EXIT_DONE : EXIT_DIFFERENT;
}

const struct command cmd_idmap_diff = {
    .name = "idmap diff",
    .arguments = "BEFORE AFTER",
    .summary = "pairs that two ID maps do not have in common",
    .description = "Compares two ID maps by their old IDs: added, removed, changed. Each side is "
                   "FILE or FILE:OLD,NEW, table:[SCHEMA.]NAME[:OLD,NEW] of the source or else "
                   "of the target, a MAPPING (all its maps, by name), MAPPING:NAME, or "
                   "run:RUN, the maps that a run keeps in the target: what is new since the "
                   "rehearsal. Exit status 0 when they are the same, 5 when not.",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};
