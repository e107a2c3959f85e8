/* Look-ups: one open-addressing table of 8-byte slots for old and new IDs together. */
#include "map.h"

#include "idmigrate/memory.h"

#include <assert.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/*
 * A slot keeps half of the hash, so that a wrong candidate is turned away without touching its
 * bytes: a look-up reads one slot (or its neighbours), one pair and the bytes of one ID.
 */
static const uint64_t hash_part = 0xFFFFFFFF00000000u;

uint64_t
idmap_hash(const char *id, size_t length)
{
    return XXH3_64bits(id, length);
}

static const struct idmap_pair *
pair_of(const struct idmap *map, uint64_t slot)
{
    return &map->pairs[(slot & ~hash_part) >> 2];
}

static enum idmap_found
kind_of(uint64_t slot)
{
    return (enum idmap_found)(slot & 3);
}

static bool
holds_id(const struct idmap *map, uint64_t slot, const char *id, size_t length)
{
    const struct idmap_pair *pair = pair_of(map, slot);
    if (kind_of(slot) == IDMAP_NEW)
        return pair->new_length == length && memcmp(pair->new_id, id, length) == 0;
    return pair->old_length == length && memcmp(pair->old_id, id, length) == 0;
}

/* The slot that holds the ID, or the free one where it would go. */
static size_t
find_slot(const struct idmap *map, uint64_t hash, const char *id, size_t length)
{
    size_t i = hash & map->slot_mask;
    for (;; i = (i + 1) & map->slot_mask) {
        uint64_t slot = map->slots[i];
        if (slot == 0 || ((slot ^ hash) & hash_part) != 0) {
            if (slot == 0)
                return i;
        } else if (holds_id(map, slot, id, length))
            return i;
    }
}

enum idmap_found
idmap_find_hashed(const struct idmap *map, uint64_t hash, const char *id, size_t length,
                  const struct idmap_pair **pair)
{
    uint64_t slot = map->slots[find_slot(map, hash, id, length)];
    if (pair != NULL)
        *pair = kind_of(slot) == IDMAP_OLD ? pair_of(map, slot) : NULL;
    return kind_of(slot);
}

enum idmap_found
idmap_find(const struct idmap *map, const char *id, size_t length, const struct idmap_pair **pair)
{
    assert(map->is_frozen);
    return idmap_find_hashed(map, idmap_hash(id, length), id, length, pair);
}

/* Leaves an ID that is there already as it is: old IDs go in first and stay old. */
static void
insert(struct idmap *map, const char *id, size_t length, size_t index, enum idmap_found kind)
{
    uint64_t hash = idmap_hash(id, length);
    uint64_t *slot = &map->slots[find_slot(map, hash, id, length)];
    if (*slot == 0)
        *slot = (hash & hash_part) | (uint64_t)index << 2 | (uint64_t)kind;
}

void
idmap_build_slots(struct idmap *map)
{
    size_t total = map->pair_count + map->ambiguous_count;
    size_t size = 8;
    while (size < total * 2 + total / 2) /* at most four of five slots are used */
        size *= 2;
    map->slots = memory_zalloc(size * sizeof *map->slots);
    map->slot_mask = size - 1;
    for (size_t i = 0; i < total; i++)
        insert(map, map->pairs[i].old_id, map->pairs[i].old_length, i,
               i < map->pair_count ? IDMAP_OLD : IDMAP_TWO);
    for (size_t i = 0; i < total; i++)
        insert(map, map->pairs[i].new_id, map->pairs[i].new_length, i, IDMAP_NEW);
}
