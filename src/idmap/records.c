/*
 * From sorted pairs to records in the order of their hashes, and the two indexes over them.
 *
 * The bytes move from the arenas to the records a part at a time, and a part is given back when it
 * has moved: the pairs of a large map never stand in memory twice.
 */
#include "map.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 8 };

static size_t
total_of(const struct idmap *map)
{
    return map->pair_count + map->ambiguous_count;
}

static size_t
bytes_of(const struct idmap_pair *pair)
{
    return (size_t)pair->old_length + 1 + pair->new_length + 1;
}

/*
 * IDs of a provider are of one length, or nearly so. A few that are much longer than the others do
 * not make all records long.
 */
static size_t
choose_stride(const struct idmap *map)
{
    size_t total = total_of(map), longest = 0, sum = 0, size = sizeof(struct record);
    for (size_t i = 0; i < total && map->members == NULL; i++) {
        size_t bytes = bytes_of(&map->pairs[i]);
        sum += bytes;
        longest = bytes > longest ? bytes : longest;
    }
    if (sum > 0) {
        size_t usual = sum / total + sum / total / 4;
        size += longest < usual ? longest : usual;
    }
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void
move_pair(struct idmap *map, struct idmap_pair *pair, uint32_t position)
{
    struct record *record = record_at(map, position);
    if (map->members == NULL && bytes_of(pair) <= map->records.stride - sizeof *record) {
        memcpy(record->bytes, pair->old_id, bytes_of(pair));
        pair->old_id = record->bytes;
        pair->new_id = record->bytes + pair->old_length + 1;
    } else if (map->members == NULL) {
        arena_take_ids(&map->long_ids, pair);
    }
    record->pair = *pair;
}

static void
move_pairs(struct idmap *map, const uint64_t *hashes)
{
    for (size_t part = 0; part < IDMAP_PARTS; part++) {
        for (size_t i = 0; i < total_of(map); i++)
            if (idmap_part(hashes[i]) == part)
                move_pair(map, &map->pairs[i], hash_index_place(&map->old_index, hashes[i]));
        arena_release(&map->arenas[part]);
    }
}

static void
index_new_ids(struct idmap *map, uint64_t *hashes)
{
    size_t total = total_of(map);
    for (size_t i = 0; i < total; i++) {
        const struct idmap_pair *pair = &record_at(map, i)->pair;
        hashes[i] = idmap_hash(pair->new_id, pair->new_length);
    }
    hash_index_make(&map->new_index, hashes, total);
    map->new_records = memory_alloc_scattered((total + 1) * sizeof *map->new_records);
    for (size_t i = 0; i < total; i++)
        map->new_records[hash_index_place(&map->new_index, hashes[i])] = (uint32_t)i;
}

void
idmap_make_records(struct idmap *map)
{
    size_t total = total_of(map);
    uint64_t *hashes = memory_realloc_array(NULL, total, sizeof *hashes);
    for (size_t i = 0; i < total; i++)
        hashes[i] = idmap_hash(map->pairs[i].old_id, map->pairs[i].old_length);
    map->records.stride = choose_stride(map);
    map->records.items = memory_alloc_scattered(total * map->records.stride + 1);
    hash_index_make(&map->old_index, hashes, total);
    move_pairs(map, hashes);
    index_new_ids(map, hashes);
    free(hashes);
}

void
idmap_release_records(struct idmap *map)
{
    free(map->records.items);
    free(map->new_records);
    hash_index_release(&map->old_index);
    hash_index_release(&map->new_index);
}
