/* Look-ups: an index for old IDs and one for new IDs, both over the same records. */
#include "map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { CACHE_LINE = 64 };

uint64_t
idmap_hash(const char *id, size_t length)
{
    return XXH3_64bits(id, length);
}

static const struct idmap_pair *
pair_at(const struct idmap *map, size_t position)
{
    const struct record *record = record_at(map, position);
    /* The new ID, which is wanted next, is on its way while the old one is compared. */
    __builtin_prefetch((const char *)record + CACHE_LINE);
    return &record->pair;
}

static const struct idmap_pair *
find_old(const struct idmap *map, uint64_t hash, const char *id, size_t length)
{
    const struct hash_index *index = &map->old_index;
    size_t bucket = hash_index_bucket(index, hash);
    for (size_t i = index->starts[bucket]; i < index->starts[bucket + 1]; i++) {
        if (index->tags[i] != (uint8_t)hash)
            continue;
        const struct idmap_pair *pair = pair_at(map, i);
        if (pair->old_length == length && memcmp(pair->old_id, id, length) == 0)
            return pair;
    }
    return NULL;
}

static bool
holds_new(const struct idmap *map, uint64_t hash, const char *id, size_t length)
{
    const struct hash_index *index = &map->new_index;
    size_t bucket = hash_index_bucket(index, hash);
    for (size_t i = index->starts[bucket]; i < index->starts[bucket + 1]; i++) {
        if (index->tags[i] != (uint8_t)hash)
            continue;
        const struct idmap_pair *pair = pair_at(map, map->new_records[i]);
        if (pair->new_length == length && memcmp(pair->new_id, id, length) == 0)
            return true;
    }
    return false;
}

static bool
is_ambiguous(const struct idmap *map, const struct idmap_pair *pair)
{
    return map->ambiguous_count > 0 &&
           bsearch(pair, map->pairs + map->pair_count, map->ambiguous_count, sizeof *pair,
                   idmap_compare_old) != NULL;
}

enum idmap_found
idmap_find_hashed(const struct idmap *map, uint64_t hash, const char *id, size_t length,
                  const struct idmap_pair **pair)
{
    const struct idmap_pair *found = find_old(map, hash, id, length);
    bool is_two = found != NULL && is_ambiguous(map, found);
    if (pair != NULL)
        *pair = is_two ? NULL : found;
    if (found != NULL)
        return is_two ? IDMAP_TWO : IDMAP_OLD;
    return holds_new(map, hash, id, length) ? IDMAP_NEW : IDMAP_NONE;
}

enum idmap_found
idmap_find(const struct idmap *map, const char *id, size_t length, const struct idmap_pair **pair)
{
    assert(map->is_frozen);
    return idmap_find_hashed(map, idmap_hash(id, length), id, length, pair);
}
