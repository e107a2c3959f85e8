/* Memory that lives for one line. */
#include "arena.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *older;
    size_t size;
    char data[];
};

char *
row_arena_alloc(struct arena *arena, size_t length)
{
    struct arena_block *newest = arena->blocks;
    if (newest == NULL || length > newest->size - arena->used) {
        size_t size = newest ? newest->size * 2 : 4096;
        if (size < length)
            size = length;
        struct arena_block *block = memory_alloc(sizeof *block + size);
        *block = (struct arena_block){.older = newest, .size = size};
        arena->blocks = newest = block;
        arena->used = 0;
    }
    char *memory = newest->data + arena->used;
    arena->used += length;
    return memory;
}

struct row_value
row_arena_copy(struct arena *arena, struct row_value value)
{
    if (value.data == NULL)
        return value;
    char *copy = row_arena_alloc(arena, value.length + 1);
    memcpy(copy, value.data, value.length);
    copy[value.length] = '\0';
    return (struct row_value){.data = copy, .length = value.length};
}

static void
free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void
row_arena_reset(struct arena *arena)
{
    arena->used = 0;
    if (arena->blocks == NULL)
        return;
    free_blocks(arena->blocks->older);
    arena->blocks->older = NULL;
    if (arena->blocks->size > ARENA_KEPT)
        row_arena_release(arena);
}

void
row_arena_release(struct arena *arena)
{
    free_blocks(arena->blocks);
    *arena = (struct arena){.blocks = NULL};
}
