/* ID maps for tests. */
#include "maps.h"

#include <string.h>

struct idmap *
maps_unfrozen(const char *name, const char *pairs)
{
    struct idmap *map = idmap_new(name);
    struct error err = ERROR_INIT;
    uint64_t place = 1;
    while (*pairs != '\0') {
        size_t old_length = strcspn(pairs, ">");
        const char *new_id = pairs + old_length + 1;
        size_t new_length = strcspn(new_id, " ");
        cr_assert(idmap_add(map, pairs, old_length, new_id, new_length, place++, &err), "%s",
                  err.text);
        pairs = new_id + new_length;
        pairs += *pairs == ' ';
    }
    return map;
}

struct idmap *
maps_frozen(const char *name, const char *pairs)
{
    struct idmap *map = maps_unfrozen(name, pairs);
    struct error err = ERROR_INIT;
    cr_assert(idmap_freeze(map, IDMAP_AMBIGUOUS_KEEP, &err), "%s", err.text);
    return map;
}

struct idmap *
maps_union(const struct idmap *first, const struct idmap *second, enum idmap_ambiguous policy)
{
    const struct idmap *const members[] = {first, second};
    struct idmap *both = idmap_new_union("both", members, 2);
    struct error err = ERROR_INIT;
    cr_assert(idmap_freeze(both, policy, &err), "%s", err.text);
    return both;
}

void
assert_found(const struct idmap *map, const char *id, enum idmap_found expected)
{
    const struct idmap_pair *pair = NULL;
    enum idmap_found found = idmap_find(map, id, strlen(id), &pair);
    cr_expect_eq(found, expected, "%s: %d", id, (int)found);
    cr_expect_eq(pair != NULL, found == IDMAP_OLD, "%s: a pair for an old ID only", id);
    cr_expect_eq(idmap_find(map, id, strlen(id), NULL), expected);
}

void
assert_becomes(const struct idmap *map, const char *old_id, const char *new_id)
{
    const struct idmap_pair *pair = NULL;
    cr_assert_eq(idmap_find(map, old_id, strlen(old_id), &pair), IDMAP_OLD, "%s", old_id);
    cr_expect_str_eq(pair->old_id, old_id);
    cr_expect_str_eq(pair->new_id, new_id);
    cr_expect_eq(pair->old_length, strlen(old_id));
    cr_expect_eq(pair->new_length, strlen(new_id));
}
