/* The bytes of IDs while a map is filled, and of those that are longer than its records. */
#include "map.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* The smallest holds the longest pair; small maps take little, large ones ask seldom. */
enum { SMALLEST_BLOCK = 4 * 1024, LARGEST_BLOCK = 1024 * 1024 };

static char *
allocate(struct arena *arena, size_t length)
{
    if (arena->count == 0 || arena->size - arena->used < length) {
        arena->size = arena->size == 0              ? SMALLEST_BLOCK
                      : arena->size < LARGEST_BLOCK ? arena->size * 2
                                                    : LARGEST_BLOCK;
        arena->used = 0;
        *ARRAY_ADD(arena->blocks, arena->count, arena->capacity) = memory_alloc(arena->size);
    }
    char *found = arena->blocks[arena->count - 1] + arena->used;
    arena->used += length;
    return found;
}

void
arena_take_ids(struct arena *arena, struct idmap_pair *pair)
{
    char *old_copy = allocate(arena, (size_t)pair->old_length + 1 + pair->new_length + 1);
    char *new_copy = old_copy + pair->old_length + 1;
    memcpy(old_copy, pair->old_id, pair->old_length);
    old_copy[pair->old_length] = '\0';
    memcpy(new_copy, pair->new_id, pair->new_length);
    new_copy[pair->new_length] = '\0';
    pair->old_id = old_copy;
    pair->new_id = new_copy;
}

void
arena_release(struct arena *arena)
{
    for (size_t i = 0; i < arena->count; i++)
        free(arena->blocks[i]);
    free(arena->blocks);
    *arena = (struct arena){.blocks = NULL};
}
