/* A sorted array of half digests. */
#include "prints.h"

#include "idmigrate/memory.h"

#include <stdlib.h>

void
prints_add(struct prints *prints, struct digest key)
{
    *ARRAY_ADD(prints->items, prints->count, prints->capacity) = key.high;
}

static int
compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

enum { FIRST_BYTES = 256 };

/*
 * qsort() of the C library takes as much memory again as there is to sort. So the array is parted
 * by the first byte in place (McIlroy, Bostic, McIlroy, "Engineering Radix Sort", 1993), and the
 * parts are given to it one by one.
 */
void
prints_sort(struct prints *prints)
{
    size_t starts[FIRST_BYTES + 1] = {0}, next[FIRST_BYTES];
    uint64_t *items = prints->items;
    for (size_t i = 0; i < prints->count; i++)
        starts[(items[i] >> 56) + 1]++;
    for (size_t i = 0; i < FIRST_BYTES; i++) {
        starts[i + 1] += starts[i];
        next[i] = starts[i];
    }
    for (size_t byte = 0; byte < FIRST_BYTES; byte++)
        while (next[byte] < starts[byte + 1]) {
            uint64_t item = items[next[byte]];
            size_t home = item >> 56;
            items[next[byte]] = items[next[home]];
            items[next[home]++] = item;
        }
    for (size_t byte = 0; byte < FIRST_BYTES; byte++)
        if (starts[byte + 1] > starts[byte])
            qsort(items + starts[byte], starts[byte + 1] - starts[byte], sizeof *items, compare);
}

bool
prints_has(const struct prints *prints, struct digest key)
{
    size_t low = 0, high = prints->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (prints->items[middle] < key.high)
            low = middle + 1;
        else
            high = middle;
    }
    return low < prints->count && prints->items[low] == key.high;
}

void
prints_clear(struct prints *prints)
{
    prints->count = 0;
}

void
prints_release(struct prints *prints)
{
    free(prints->items);
    *prints = (struct prints){.items = NULL};
}
