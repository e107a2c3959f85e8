/* Whole IDs inside text. */
#include "pairs.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <stdlib.h>
#include <string.h>

static void
note_ids(struct finder *finder, const struct pairs *map)
{
    for (size_t i = 0; i < map->count; i++) {
        size_t length = map->items[i].old_length, at = 0;
        finder->first[(unsigned char)map->items[i].bytes[0]] = true;
        while (at < finder->length_count && finder->lengths[at] > length)
            at++;
        if (at < finder->length_count && finder->lengths[at] == length)
            continue;
        finder->lengths = memory_realloc_array(finder->lengths, finder->length_count + 1,
                                               sizeof *finder->lengths);
        memmove(finder->lengths + at + 1, finder->lengths + at,
                (finder->length_count - at) * sizeof *finder->lengths);
        finder->lengths[at] = length;
        finder->length_count++;
    }
}

void
finder_init_maps(struct finder *finder, const struct pairs **maps, size_t count)
{
    *finder = (struct finder){.maps = maps, .map_count = count};
    for (size_t i = 0; i < count; i++)
        note_ids(finder, maps[i]);
}

void
finder_init_legacy(struct finder *finder, const struct pairs_list *list)
{
    *finder = (struct finder){.legacy = list};
    for (size_t i = 0; i < list->count; i++)
        if (list->maps[i].spec->kind != MAPPING_IDS_UNION && !list->maps[i].spec->derived)
            note_ids(finder, &list->maps[i]);
}

void
finder_release(struct finder *finder)
{
    free(finder->maps);
    free(finder->lengths);
    *finder = (struct finder){.maps = NULL};
}

/* A letter, digit or '_' on both sides: the word goes on, and what ends or begins here is not
 * whole. */
static bool
is_inside_word(struct span text, size_t at)
{
    if (at == 0 || at >= text.length)
        return false;
    return utf8_word_ends_at(text.data, at) && utf8_word_starts_at(text.data, text.length, at);
}

static bool
look_up(const struct finder *finder, struct span id, struct span *new_id)
{
    if (finder->legacy != NULL)
        return pairs_is_legacy(finder->legacy, id);
    for (size_t i = 0; i < finder->map_count; i++)
        if (pairs_find(finder->maps[i], id, new_id) == PAIRS_OLD)
            return true;
    return false;
}

static bool
finds_at(const struct finder *finder, struct span text, size_t at, struct finding_place *place)
{
    for (size_t i = 0; i < finder->length_count; i++) {
        size_t length = finder->lengths[i];
        const struct span id = {.data = text.data + at, .length = length};
        if (length > text.length - at || is_inside_word(text, at + length))
            continue;
        if (look_up(finder, id, &place->new_id)) {
            place->start = at;
            place->length = length;
            return true;
        }
    }
    return false;
}

bool
finder_next(const struct finder *finder, struct span text, size_t from, struct finding_place *place)
{
    for (size_t at = from; at < text.length; at++)
        if (finder->first[(unsigned char)text.data[at]] && !is_inside_word(text, at) &&
            finds_at(finder, text, at, place))
            return true;
    return false;
}
