/*
 * Memory that lives for one line: taken piece by piece, given back all at once, and kept for the
 * next line. After the first rows nothing is allocated any more.
 */
#ifndef IDMIGRATE_ROW_ARENA_H
#define IDMIGRATE_ROW_ARENA_H

#include "idmigrate/row.h"

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *blocks; /* the newest, which is the largest, first */
    size_t used;                /* of the newest */
};

/* Blocks above this are given back with the line, so that one huge value is not kept for the rest
 * of the table. */
enum { ARENA_KEPT = 1 << 20 };

char *row_arena_alloc(struct arena *arena, size_t length);
/* A copy with a zero behind it; NULL stays NULL. */
struct row_value row_arena_copy(struct arena *arena, struct row_value value);
void row_arena_reset(struct arena *arena);
void row_arena_release(struct arena *arena);

#endif
