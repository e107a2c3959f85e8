/* ID maps for tests. */
#ifndef TEST_IDMAP_MAPS_H
#define TEST_IDMAP_MAPS_H

#include "idmigrate/idmap.h"
#include "idmigrate/memory.h"

#include <criterion/criterion.h>

/* From "old>new old>new ...": IDs without a space or '>'. The place of a pair is its number,
 * from 1. */
struct idmap *maps_unfrozen(const char *name, const char *pairs);
struct idmap *maps_frozen(const char *name, const char *pairs);
struct idmap *maps_union(const struct idmap *first, const struct idmap *second,
                         enum idmap_ambiguous policy);

void assert_found(const struct idmap *map, const char *id, enum idmap_found expected);
void assert_becomes(const struct idmap *map, const char *old_id, const char *new_id);

#endif
