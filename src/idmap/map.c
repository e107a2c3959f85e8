/* Filling an ID map, and what can be asked of a frozen one beside look-ups. */
#include "map.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct idmap *
idmap_new(const char *name)
{
    struct idmap *map = memory_zalloc(sizeof *map);
    map->name = memory_strdup(name);
    map->place_word = "row";
    return map;
}

struct idmap *
idmap_new_union(const char *name, const struct idmap *const *members, size_t count)
{
    struct idmap *map = idmap_new(name);
    map->members = memory_realloc_array(NULL, count, sizeof(struct idmap *));
    for (size_t i = 0; i < count; i++)
        map->members[i] = members[i];
    map->member_count = count;
    return map;
}

static bool
check_id(const char *which, const char *id, size_t length, struct error *err)
{
    if (length == 0) {
        error_set(err, EXIT_INPUT, "the %s ID is empty", which);
        return error_hint(err, "take the pair out, or fill in the ID");
    }
    if (length > IDMAP_LONGEST_ID) {
        error_set(err, EXIT_INPUT, "the %s ID is %zu bytes long; the limit is %d", which, length,
                  IDMAP_LONGEST_ID);
        return error_hint(err, "is that the right column?");
    }
    if (memchr(id, '\0', length) != NULL)
        return error_set(err, EXIT_INPUT, "the %s ID holds a NUL byte", which);
    if (utf8_valid_length(id, length) < length)
        return error_set(err, EXIT_INPUT, "the %s ID is not valid UTF-8", which);
    return true;
}

bool
idmap_add(struct idmap *map, const char *old_id, size_t old_length, const char *new_id,
          size_t new_length, uint64_t place, struct error *err)
{
    assert(!map->is_frozen && map->members == NULL);
    if (!check_id("old", old_id, old_length, err) || !check_id("new", new_id, new_length, err))
        return false;
    if (map->entry_count == IDMAP_MOST_PAIRS)
        return error_set(err, EXIT_INPUT, "more than %d pairs", IDMAP_MOST_PAIRS);
    struct entry *entry = ARRAY_ADD(map->entries, map->entry_count, map->entry_capacity);
    entry->pair = (struct idmap_pair){.old_id = old_id,
                                      .new_id = new_id,
                                      .old_length = (uint32_t)old_length,
                                      .new_length = (uint32_t)new_length};
    arena_take_ids(&map->arenas[idmap_part(idmap_hash(old_id, old_length))], &entry->pair);
    entry->place = place;
    return true;
}

void
idmap_forget(struct idmap *map)
{
    for (size_t i = 0; i < IDMAP_PARTS; i++)
        arena_release(&map->arenas[i]);
    arena_release(&map->long_ids);
    idmap_release_records(map);
    free(map->entries);
    free(map->pairs);
    free(map->shared);
    free(map->shared_starts);
    *map = (struct idmap){.name = map->name,
                          .origin = map->origin,
                          .place_word = map->place_word,
                          .is_frozen = map->is_frozen,
                          .members = map->members,
                          .member_count = map->member_count,
                          .digest = map->digest};
    if (map->is_frozen)
        idmap_make_records(map);
}

void
idmap_free(struct idmap **map)
{
    struct idmap *old = *map;
    if (old == NULL)
        return;
    *map = NULL;
    old->is_frozen = false;
    idmap_forget(old);
    free(old->name);
    free(old->origin);
    free(old->members);
    free(old);
}

char *
idmap_describe(const struct idmap *map)
{
    if (map->origin == NULL)
        return memory_printf("ID map %s", map->name);
    return memory_printf("ID map %s (%s)", map->name, map->origin);
}

const char *
idmap_name(const struct idmap *map)
{
    return map->name;
}

size_t
idmap_count(const struct idmap *map)
{
    return map->pair_count;
}

enum { AHEAD = 8 };

const struct idmap_pair *
idmap_pair_at(const struct idmap *map, size_t index)
{
    assert(index < map->pair_count);
    /* Whoever lists the pairs reads IDs that stand in the order of their hashes. */
    size_t ahead = index + AHEAD < map->pair_count ? index + AHEAD : index;
    __builtin_prefetch(map->pairs[ahead].old_id);
    __builtin_prefetch(map->pairs[ahead].new_id);
    return &map->pairs[index];
}

void
idmap_note_hole(struct idmap *map)
{
    map->hole_count++;
}

size_t
idmap_hole_count(const struct idmap *map)
{
    return map->hole_count;
}

size_t
idmap_repeated_count(const struct idmap *map)
{
    return map->repeated_count;
}

struct digest
idmap_digest(const struct idmap *map)
{
    return map->digest;
}

size_t
idmap_ambiguous_count(const struct idmap *map)
{
    return map->ambiguous_count;
}

const struct idmap_pair *
idmap_ambiguous_pair(const struct idmap *map, size_t index)
{
    assert(index < map->ambiguous_count);
    return &map->pairs[map->pair_count + index];
}

size_t
idmap_shared_count(const struct idmap *map)
{
    return map->shared_count;
}

const struct idmap_pair *const *
idmap_shared(const struct idmap *map, size_t index, size_t *count)
{
    assert(index < map->shared_count);
    *count = map->shared_starts[index + 1] - map->shared_starts[index];
    return map->shared + map->shared_starts[index];
}

size_t
idmap_chain_count(const struct idmap *map)
{
    return map->chain_count;
}
