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
        id_index_release(&list->maps[i].olds);
        id_index_release(&list->maps[i].news);
    }
    for (size_t i = 0; i < list->block_count; i++)
        free(list->blocks[i]);
    free(list->blocks);
    free(list->maps);
    *list = (struct pairs_list){.maps = NULL};
}

/* The pair in one piece. */
static char *
room_for(struct pairs_list *list, size_t size)
{
    if (size > list->block_left) {
        size_t block = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        *ARRAY_ADD(list->blocks, list->block_count, list->block_capacity) = memory_alloc(block);
        list->block_left = block;
        list->block_used = 0;
    }
    char *at = list->blocks[list->block_count - 1] + list->block_used;
    list->block_used += size;
    list->block_left -= size;
    return at;
}

void
pairs_add(struct pairs_list *list, size_t map, struct span old_id, struct span new_id)
{
    struct pairs *at = &list->maps[map];
    char *bytes = room_for(list, old_id.length + new_id.length);
    memcpy(bytes, old_id.data, old_id.length);
    memcpy(bytes + old_id.length, new_id.data, new_id.length);
    *ARRAY_ADD(at->items, at->count, at->capacity) =
        (struct id_pair){.bytes = bytes,
                         .old_length = (uint32_t)old_id.length,
                         .new_length = (uint32_t)new_id.length};
}

/* Pairs stand in the order of old IDs; the heads tell nearly all apart without a visit. */
static bool
have_one_old_id(const struct pairs *map, size_t i, size_t j)
{
    return map->olds.heads[i] == map->olds.heads[j] &&
           span_equal(id_pair_side(&map->items[i], ID_OLD), id_pair_side(&map->items[j], ID_OLD));
}

/* One old ID with two new ones is as good as none. */
static bool
is_doubtful(const struct pairs *map, size_t i)
{
    return (i > 0 && have_one_old_id(map, i - 1, i)) ||
           (i + 1 < map->count && have_one_old_id(map, i, i + 1));
}

enum pairs_found
pairs_find(const struct pairs *map, struct span id, struct span *new_id)
{
    size_t at = id_index_search(&map->olds, id);
    if (at == map->olds.count)
        return pairs_is_new(map, id) ? PAIRS_NEW : PAIRS_NONE;
    if (is_doubtful(map, at))
        return PAIRS_TWO;
    *new_id = id_pair_side(&map->items[at], ID_NEW);
    return PAIRS_OLD;
}

bool
pairs_is_new(const struct pairs *map, struct span id)
{
    return id_index_search(&map->news, id) < map->news.count;
}

bool
pairs_is_shared(const struct pairs *map, struct span new_id)
{
    return id_index_count(&map->news, new_id) > 1;
}

bool
pairs_is_new_anywhere(const struct pairs_list *list, struct span id)
{
    for (size_t i = 0; i < list->count; i++)
        if (pairs_is_new(&list->maps[i], id))
            return true;
    return false;
}

bool
pairs_is_legacy(const struct pairs_list *list, struct span id)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct pairs *map = &list->maps[i];
        if (map->spec->kind != MAPPING_IDS_UNION && !map->spec->derived &&
            id_index_search(&map->olds, id) < map->olds.count)
            return !pairs_is_new_anywhere(list, id);
    }
    return false;
}

/* ---- settling ---- */

static int
compare_pairs(const void *a, const void *b)
{
    const struct id_pair *left = a, *right = b;
    int order = span_compare(id_pair_side(left, ID_OLD), id_pair_side(right, ID_OLD));
    return order != 0 ? order
                      : span_compare(id_pair_side(left, ID_NEW), id_pair_side(right, ID_NEW));
}

/* The definition that idmap.h's digest follows: the lengths, 32 bits little-endian, stand before
 * the bytes. */
static struct digest
digest_of_pair(const struct id_pair *pair, struct strbuf *scratch)
{
    const struct span sides[] = {id_pair_side(pair, ID_OLD), id_pair_side(pair, ID_NEW)};
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
    sort_pairs(map);
    id_index_build(&map->olds, map->items, map->count, ID_OLD);
    id_index_build(&map->news, map->items, map->count, ID_NEW);
    for (size_t i = 0; i < map->count; i++)
        digest_add(&map->digest, digest_of_pair(&map->items[i], &scratch));
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

void
pairs_settle(struct pairs_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        settle_with_members(list, &list->maps[i]);
}
