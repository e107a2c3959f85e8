/*
 * The keys that are expected in the target, eight bytes each: halves of 128-bit digests. Two keys
 * of one table agree in theirs once in about 10^19 / n^2 cases; what is taken for an expected row
 * by that mistake is seen as a difference, never the other way round.
 */
#ifndef VERIFY_PRINTS_H
#define VERIFY_PRINTS_H

#include "text.h"

#include <stdint.h>

struct prints {
    uint64_t *items;
    size_t count, capacity;
    size_t *starts; /* once sorted: where items with these first bits begin */
};

void prints_add(struct prints *prints, struct digest key);
/* Once all are there; needs half a megabyte of its own. */
void prints_sort(struct prints *prints);
bool prints_has(const struct prints *prints, struct digest key);
/* Says that prints_has() follows: what it looks at comes nearer meanwhile. */
void prints_await(const struct prints *prints, struct digest key);
void prints_clear(struct prints *prints); /* keeps the memory */
void prints_release(struct prints *prints);

#endif
