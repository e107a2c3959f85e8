/* ID maps in memory: sorted once, then looked up. */
#include "pairs.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of IDs stay where they are, so that pairs may point at them. */
enum { BLOCK_SIZE = 1 << 20 };

void
pairs_init(struct pairs_list *list, const struct mapping_ids *specs, size_t count)
{
    *list = (struct pairs_list){.count = count};
    list->maps = memory_zalloc((count + 1) * sizeof *list->maps);
    for (size_t i = 0; i < count; i++)
        list->maps[i].spec = &specs[i];
}

void
pairs_release(struct pairs_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->maps[i].items);
        id_set_release(&list->maps[i].olds);
        id_set_release(&list->maps[i].news);
        id_set_release(&list->maps[i].doubtful);
    }
    for (size_t i = 0; i < list->block_count; i++)
        free(list->blocks[i]);
    free(list->blocks);
    free(list->maps);
    id_set_release(&list->legacy);
    *list = (struct pairs_list){.maps = NULL};
}

static struct span
keep(struct pairs_list *list, struct span id)
{
    if (id.length > list->block_left) {
        size_t size = id.length > BLOCK_SIZE ? id.length : BLOCK_SIZE;
        *ARRAY_ADD(list->blocks, list->block_count, list->block_capacity) = memory_alloc(size);
        list->block_left = size;
        list->block_used = 0;
    }
    char *at = list->blocks[list->block_count - 1] + list->block_used;
    memcpy(at, id.data, id.length);
    list->block_used += id.length;
    list->block_left -= id.length;
    return (struct span){.data = at, .length = id.length};
}

void
pairs_add(struct pairs_list *list, size_t map, struct span old_id, struct span new_id)
{
    struct pairs *at = &list->maps[map];
    struct id_pair pair = {.old_id = keep(list, old_id), .new_id = keep(list, new_id)};
    *ARRAY_ADD(at->items, at->count, at->capacity) = pair;
}

/* One old ID with two new ones is as good as none. */
static bool
is_doubtful(const struct pairs *map, size_t i)
{
    const struct id_pair *items = map->items;
    return (i > 0 && span_equal(items[i - 1].old_id, items[i].old_id)) ||
           (i + 1 < map->count && span_equal(items[i + 1].old_id, items[i].old_id));
}

enum pairs_found
pairs_find(const struct pairs *map, struct span id, struct span *new_id)
{
    size_t at = id_set_search(&map->olds, id);
    if (at < map->olds.count) {
        *new_id = map->items[map->olds.positions[at]].new_id;
        return PAIRS_OLD;
    }
    if (id_set_has(&map->doubtful, id))
        return PAIRS_TWO;
    return id_set_has(&map->news, id) ? PAIRS_NEW : PAIRS_NONE;
}

/* ---- settling ---- */

static int
compare_pairs(const void *a, const void *b)
{
    const struct id_pair *left = a, *right = b;
    int order = span_compare(left->old_id, right->old_id);
    return order != 0 ? order : span_compare(left->new_id, right->new_id);
}

/* The definition that idmap.h's digest follows: the lengths, 32 bits little-endian, stand before
 * the bytes. */
static struct digest
digest_of_pair(const struct id_pair *pair, struct strbuf *scratch)
{
    const struct span sides[] = {pair->old_id, pair->new_id};
    strbuf_reset(scratch);
    for (size_t i = 0; i < 2; i++) {
        for (size_t length = sides[i].length, byte = 0; byte < 4; byte++, length >>= 8)
            strbuf_add_char(scratch, (char)(length & 0xFF));
        strbuf_add(scratch, sides[i].data, sides[i].length);
    }
    return digest_bytes(scratch->data, scratch->length);
}

static void
sort_pairs(struct pairs *map)
{
    size_t kept = 0, sorted = 1;
    while (sorted < map->count && compare_pairs(&map->items[sorted - 1], &map->items[sorted]) <= 0)
        sorted++;
    if (sorted < map->count)
        qsort(map->items, map->count, sizeof *map->items, compare_pairs);
    for (size_t i = 0; i < map->count; i++)
        if (kept == 0 || compare_pairs(&map->items[kept - 1], &map->items[i]) != 0)
            map->items[kept++] = map->items[i];
    map->count = kept;
}

static void
settle_map(struct pairs *map)
{
    CLEANUP(strbuf_release) struct strbuf scratch = STRBUF_INIT;
    size_t old_count = 0, doubtful_count = 0, doubtful_capacity = 0;
    sort_pairs(map);
    struct id_entry *olds = memory_realloc_array(NULL, map->count, sizeof *olds);
    struct id_entry *news = memory_realloc_array(NULL, map->count, sizeof *news);
    struct id_entry *doubtful = NULL;
    for (size_t i = 0; i < map->count; i++) {
        const struct id_pair *pair = &map->items[i];
        const struct id_entry old = {.id = pair->old_id, .position = (uint32_t)i};
        if (is_doubtful(map, i))
            *ARRAY_ADD(doubtful, doubtful_count, doubtful_capacity) = old;
        else
            olds[old_count++] = old;
        news[i] = (struct id_entry){.id = pair->new_id, .position = (uint32_t)i};
        digest_add(&map->digest, digest_of_pair(pair, &scratch));
    }
    id_set_build(&map->olds, olds, old_count);
    id_set_build(&map->news, news, map->count);
    id_set_build(&map->doubtful, doubtful, doubtful_count);
}

/* A union is made after its members; the mapping has made sure that it is no member of itself. */
static void
settle_with_members(struct pairs_list *list, struct pairs *map)
{
    if (map->is_settled)
        return;
    map->is_settled = true;
    for (size_t i = 0; i < map->spec->member_count && map->spec->kind == MAPPING_IDS_UNION; i++) {
        struct pairs *member = &list->maps[map->spec->members[i]];
        settle_with_members(list, member);
        for (size_t j = 0; j < member->count; j++)
            *ARRAY_ADD(map->items, map->count, map->capacity) = member->items[j];
    }
    settle_map(map);
}

static bool
is_new_anywhere(const struct pairs_list *list, struct span id)
{
    for (size_t i = 0; i < list->count; i++)
        if (id_set_has(&list->maps[i].news, id))
            return true;
    return false;
}

static void
collect_legacy(struct pairs_list *list)
{
    struct id_entry *items = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct pairs *map = &list->maps[i];
        if (map->spec->kind == MAPPING_IDS_UNION || map->spec->derived)
            continue;
        for (size_t j = 0; j < map->count; j++)
            if (!is_doubtful(map, j) && !is_new_anywhere(list, map->items[j].old_id))
                *ARRAY_ADD(items, count, capacity) = (struct id_entry){.id = map->items[j].old_id};
    }
    id_set_build(&list->legacy, items, count);
}

void
pairs_settle(struct pairs_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        settle_with_members(list, &list->maps[i]);
    collect_legacy(list);
}
