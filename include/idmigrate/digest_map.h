/*
 * A hash table from 128-bit digests to numbers (positions in some array of the caller's). About 32
 * bytes an entry.
 */
#ifndef IDMIGRATE_DIGEST_MAP_H
#define IDMIGRATE_DIGEST_MAP_H

#include "idmigrate/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest_map {
    struct digest_map_slot *slots;
    size_t count, capacity;
};
#define DIGEST_MAP_INIT                                                                            \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

/* Adds a digest with its value, or replaces the value it has. */
void digest_map_put(struct digest_map *map, struct digest key, uint64_t value);
bool digest_map_get(const struct digest_map *map, struct digest key, uint64_t *value);
void digest_map_release(struct digest_map *map);

#endif
