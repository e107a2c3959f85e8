/* Formats of a map's sides, and where two maps differ. */
#include "idmigrate/idmap_facts.h"

#include "map.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- formats ---- */

static const char *
id_of(const struct idmap_pair *pair, enum idmap_side side, size_t *length)
{
    *length = side == IDMAP_SIDE_OLD ? pair->old_length : pair->new_length;
    return side == IDMAP_SIDE_OLD ? pair->old_id : pair->new_id;
}

static bool
takes_everything(const struct idmap_format *format)
{
    return idmap_format_prefix(format)[0] == '\0' && idmap_format_allows(format, ' ');
}

size_t *
idmap_count_formats(const struct idmap *map, enum idmap_side side,
                    const struct idmap_formats *formats)
{
    size_t count = idmap_format_count(formats), total = map->pair_count + map->ambiguous_count;
    size_t *counts = memory_zalloc((count + 1) * sizeof *counts);
    for (size_t i = 0; i < total; i++) {
        size_t length;
        const char *id = id_of(&record_at(map, i)->pair, side, &length);
        bool fits_one = false;
        for (size_t f = 0; f < count; f++) {
            const struct idmap_format *format = idmap_format_at(formats, f);
            if (!idmap_format_matches(format, id, length))
                continue;
            counts[f]++;
            fits_one = fits_one || !takes_everything(format);
        }
        counts[count] += !fits_one;
    }
    return counts;
}

const struct idmap_format *
idmap_guess_format(const struct idmap *map, enum idmap_side side,
                   const struct idmap_formats *formats)
{
    size_t *counts = idmap_count_formats(map, side, formats), most = 0;
    size_t total = map->pair_count + map->ambiguous_count;
    const struct idmap_format *best = NULL;
    for (size_t i = 0; i < idmap_format_count(formats); i++) {
        const struct idmap_format *format = idmap_format_at(formats, i);
        bool is_tied = best != NULL && counts[i] == most && idmap_format_prefix(best)[0] == '\0';
        if (takes_everything(format) || counts[i] * 2 <= total || !(counts[i] > most || is_tied))
            continue;
        best = format;
        most = counts[i];
    }
    free(counts);
    return best;
}

/* ---- two maps ---- */

/* Walks the old IDs of a map in order. Those with several new IDs stand behind the others, sorted
 * as well. */
struct cursor {
    const struct idmap *map;
    size_t next, next_ambiguous; /* positions in map->pairs */
    const struct idmap_pair *pairs;
    size_t count; /* pairs of the old ID at hand; 0: the end */
};

static int
compare_old(const struct idmap_pair *a, const struct idmap_pair *b)
{
    return idmap_compare_bytes(a->old_id, a->old_length, b->old_id, b->old_length);
}

static void
take_ambiguous(struct cursor *cursor)
{
    const struct idmap *map = cursor->map;
    size_t end = map->pair_count + map->ambiguous_count, at = cursor->next_ambiguous;
    cursor->pairs = &map->pairs[at];
    while (at < end && compare_old(cursor->pairs, &map->pairs[at]) == 0)
        at++;
    cursor->count = at - cursor->next_ambiguous;
    cursor->next_ambiguous = at;
}

static void
advance(struct cursor *cursor)
{
    const struct idmap *map = cursor->map;
    bool has_pair = cursor->next < map->pair_count;
    bool has_ambiguous = cursor->next_ambiguous < map->pair_count + map->ambiguous_count;
    cursor->count = 0;
    if (has_ambiguous && (!has_pair || compare_old(&map->pairs[cursor->next_ambiguous],
                                                   &map->pairs[cursor->next]) < 0)) {
        take_ambiguous(cursor);
    } else if (has_pair) {
        cursor->pairs = &map->pairs[cursor->next++];
        cursor->count = 1;
    }
}

static struct cursor
cursor_at_first(const struct idmap *map)
{
    struct cursor cursor = {.map = map, .next_ambiguous = map->pair_count};
    advance(&cursor);
    return cursor;
}

/* The new IDs of one old ID are sorted. */
static bool
are_same(const struct cursor *a, const struct cursor *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (idmap_compare_bytes(a->pairs[i].new_id, a->pairs[i].new_length, b->pairs[i].new_id,
                                b->pairs[i].new_length) != 0)
            return false;
    return true;
}

static int
compare_cursors(const struct cursor *a, const struct cursor *b)
{
    if (a->count == 0 || b->count == 0)
        return a->count == 0 ? 1 : -1;
    return compare_old(a->pairs, b->pairs);
}

void
idmap_compare(const struct idmap *before, const struct idmap *after,
              void (*sink)(void *context, const struct idmap_change *change), void *context,
              struct idmap_difference *difference)
{
    struct cursor old = cursor_at_first(before), new = cursor_at_first(after);
    *difference = (struct idmap_difference){.added = 0};
    while (old.count > 0 || new.count > 0) {
        int order = compare_cursors(&old, &new);
        struct idmap_change change = {.before = NULL};
        if (order <= 0) {
            change.before = old.pairs;
            change.before_count = old.count;
        }
        if (order >= 0) {
            change.after = new.pairs;
            change.after_count = new.count;
        }
        bool is_same = order == 0 && are_same(&old, &new);
        difference->removed += order < 0;
        difference->added += order > 0;
        difference->same += is_same;
        difference->changed += order == 0 && !is_same;
        if (!is_same && sink != NULL)
            sink(context, &change);
        if (order <= 0)
            advance(&old);
        if (order >= 0)
            advance(&new);
    }
}

/* ---- a file ---- */

unsigned
idmap_exposed_mode(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || (status.st_mode & S_IROTH) == 0)
        return 0;
    return (unsigned)status.st_mode & 07777U;
}
