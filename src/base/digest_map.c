/* A hash table from digests to numbers: open addressing with linear probing; digests are their own
 * hash. */
#include "idmigrate/digest_map.h"

#include "idmigrate/memory.h"

#include <stdlib.h>

struct digest_map_slot {
    struct digest key;
    uint64_t value;
    bool used;
};

static struct digest_map_slot *
find_slot(const struct digest_map *map, struct digest key)
{
    size_t i = key.low & (map->capacity - 1);
    while (map->slots[i].used && !digest_equal(map->slots[i].key, key))
        i = (i + 1) & (map->capacity - 1);
    return &map->slots[i];
}

static void
grow(struct digest_map *map)
{
    struct digest_map old = *map;
    map->capacity = old.capacity ? old.capacity * 2 : 64;
    map->slots = memory_zalloc(map->capacity * sizeof *map->slots);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].used)
            *find_slot(map, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

void
digest_map_put(struct digest_map *map, struct digest key, uint64_t value)
{
    if (map->count * 3 >= map->capacity * 2)
        grow(map);
    struct digest_map_slot *slot = find_slot(map, key);
    map->count += !slot->used;
    *slot = (struct digest_map_slot){.key = key, .value = value, .used = true};
}

bool
digest_map_get(const struct digest_map *map, struct digest key, uint64_t *value)
{
    if (map->count == 0)
        return false;
    const struct digest_map_slot *slot = find_slot(map, key);
    if (slot->used)
        *value = slot->value;
    return slot->used;
}

void
digest_map_release(struct digest_map *map)
{
    free(map->slots);
    *map = (struct digest_map)DIGEST_MAP_INIT;
}
