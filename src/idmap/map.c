/* Filling an ID map, and what can be asked of a frozen one beside look-ups. */
#include "map.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Both far longer than the longest pair. Small maps take little; large ones are worth large pages.
 */
enum { SMALLEST_BLOCK = 64 * 1024, LARGEST_BLOCK = 4 * 1024 * 1024 };

/* Stays where it is until the arena is released. */
static void *
arena_alloc(struct arena *arena, size_t length)
{
    const size_t aligned = (length + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
    if (arena->count == 0 || arena->size - arena->used < aligned) {
        arena->size = arena->size == 0              ? SMALLEST_BLOCK
                      : arena->size < LARGEST_BLOCK ? arena->size * 2
                                                    : LARGEST_BLOCK;
        arena->used = 0;
        *ARRAY_ADD(arena->blocks, arena->count, arena->capacity) =
            memory_alloc_scattered(arena->size);
    }
    void *found = arena->blocks[arena->count - 1] + arena->used;
    arena->used += aligned;
    return found;
}

static const struct record *
add_record(struct arena *arena, const char *old_id, size_t old_length, const char *new_id,
           size_t new_length)
{
    struct record *record = arena_alloc(arena, sizeof *record + old_length + 1 + new_length + 1);
    char *old_copy = record->bytes, *new_copy = record->bytes + old_length + 1;
    memcpy(old_copy, old_id, old_length);
    old_copy[old_length] = '\0';
    memcpy(new_copy, new_id, new_length);
    new_copy[new_length] = '\0';
    record->pair = (struct idmap_pair){.old_id = old_copy,
                                       .new_id = new_copy,
                                       .old_length = (uint32_t)old_length,
                                       .new_length = (uint32_t)new_length};
    return record;
}

static void
arena_release(struct arena *arena)
{
    for (size_t i = 0; i < arena->count; i++)
        free(arena->blocks[i]);
    free(arena->blocks);
    *arena = (struct arena){.blocks = NULL};
}

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
    entry->pair = add_record(&map->arena, old_id, old_length, new_id, new_length)->pair;
    entry->place = place;
    return true;
}

void
idmap_forget(struct idmap *map)
{
    arena_release(&map->arena);
    free(map->entries);
    free(map->pairs);
    free(map->shared);
    free(map->shared_starts);
    free(map->old_slots.items);
    free(map->new_slots.items);
    *map = (struct idmap){.name = map->name,
                          .origin = map->origin,
                          .place_word = map->place_word,
                          .is_frozen = map->is_frozen,
                          .members = map->members,
                          .member_count = map->member_count,
                          .digest = map->digest};
    if (map->is_frozen)
        idmap_build_slots(map);
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

const struct idmap_pair *
idmap_pair_at(const struct idmap *map, size_t index)
{
    assert(index < map->pair_count);
    return &map->pairs[index];
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
