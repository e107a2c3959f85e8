/* Look-ups: one open-addressing table of 8-byte slots for old IDs, and one for new IDs. */
#include "map.h"

#include "idmigrate/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/*
 * A slot keeps 16 bits of the hash, so that a wrong candidate is turned away without touching its
 * bytes: a look-up waits for memory twice, for a slot and for a record. Addresses of programs have
 * 48 bits at most, unless they ask for more.
 */
static const uint64_t hash_part = 0xFFFF000000000000u;
static const uint64_t kind_part = 7;
enum { CACHE_LINE = 64 };

uint64_t
idmap_hash(const char *id, size_t length)
{
    return XXH3_64bits(id, length);
}

static const struct record *
record_of_slot(uint64_t slot)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): hash and address in one word are the point */
    return (const struct record *)(uintptr_t)(slot & ~(hash_part | kind_part));
}

static enum idmap_found
kind_of(uint64_t slot)
{
    return (enum idmap_found)(slot & kind_part);
}

static bool
holds_id(uint64_t slot, const char *id, size_t length)
{
    const struct record *record = record_of_slot(slot);
    const struct idmap_pair *pair = &record->pair;
    /* The new ID, which is wanted next, is on its way while the old one is compared. */
    __builtin_prefetch((const char *)record + CACHE_LINE);
    if (kind_of(slot) == IDMAP_NEW)
        return pair->new_length == length && memcmp(pair->new_id, id, length) == 0;
    return pair->old_length == length && memcmp(record->bytes, id, length) == 0;
}

/* The slot that holds the ID, or the free one where it would go. */
static size_t
find_slot(const struct slots *slots, uint64_t hash, const char *id, size_t length)
{
    size_t i = hash & slots->mask;
    for (;; i = (i + 1) & slots->mask) {
        uint64_t slot = slots->items[i];
        if (slot == 0 || (((slot ^ hash) & hash_part) == 0 && holds_id(slot, id, length)))
            return i;
    }
}

enum idmap_found
idmap_find_hashed(const struct idmap *map, uint64_t hash, const char *id, size_t length,
                  const struct idmap_pair **pair)
{
    uint64_t slot = map->old_slots.items[find_slot(&map->old_slots, hash, id, length)];
    if (slot == 0)
        slot = map->new_slots.items[find_slot(&map->new_slots, hash, id, length)];
    if (pair != NULL)
        *pair = kind_of(slot) == IDMAP_OLD ? &record_of_slot(slot)->pair : NULL;
    return kind_of(slot);
}

enum idmap_found
idmap_find(const struct idmap *map, const char *id, size_t length, const struct idmap_pair **pair)
{
    assert(map->is_frozen);
    return idmap_find_hashed(map, idmap_hash(id, length), id, length, pair);
}

/* The bytes of a pair's old ID stand behind the record's own copy of the pair. */
static const struct record *
record_of_pair(const struct idmap_pair *pair)
{
    return (const struct record *)(const void *)(pair->old_id - offsetof(struct record, bytes));
}

/* Leaves an ID that is there already as it is. */
static void
insert(struct slots *slots, const struct idmap_pair *pair, enum idmap_found kind)
{
    const char *id = kind == IDMAP_NEW ? pair->new_id : pair->old_id;
    size_t length = kind == IDMAP_NEW ? pair->new_length : pair->old_length;
    uint64_t hash = idmap_hash(id, length), address = (uintptr_t)record_of_pair(pair);
    uint64_t *slot = &slots->items[find_slot(slots, hash, id, length)];
    if ((address & (hash_part | kind_part)) != 0)
        abort();
    if (*slot == 0)
        *slot = (hash & hash_part) | address | (uint64_t)kind;
}

static void
make_slots(struct slots *slots, size_t count)
{
    size_t size = 8;
    while (size < count + count / 4) /* at most four of five slots are used */
        size *= 2;
    slots->items = memory_alloc_scattered(size * sizeof *slots->items);
    memset(slots->items, 0, size * sizeof *slots->items);
    slots->mask = size - 1;
}

void
idmap_build_slots(struct idmap *map)
{
    size_t total = map->pair_count + map->ambiguous_count;
    make_slots(&map->old_slots, total);
    make_slots(&map->new_slots, total);
    for (size_t i = 0; i < total; i++)
        insert(&map->old_slots, &map->pairs[i], i < map->pair_count ? IDMAP_OLD : IDMAP_TWO);
    for (size_t i = 0; i < total; i++)
        insert(&map->new_slots, &map->pairs[i], IDMAP_NEW);
}
