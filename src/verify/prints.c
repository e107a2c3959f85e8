/* A sorted array of half digests, and where in it those with the same first bits begin. */
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

/* The first bits spread digests evenly: behind each number of these there are a handful. */
enum { FIRST_BITS = 16, FIRST_COUNT = 1 << FIRST_BITS };

static size_t
first_of(uint64_t item)
{
    return item >> (64 - FIRST_BITS);
}

/*
 * qsort() of the C library takes as much memory again as there is to sort. So the array is parted
 * by the first bits in place (McIlroy, Bostic, McIlroy, "Engineering Radix Sort", 1993), and the
 * parts, which are small, are given to it one by one.
 */
void
prints_sort(struct prints *prints)
{
    size_t *next = memory_alloc(FIRST_COUNT * sizeof *next);
    uint64_t *items = prints->items;
    free(prints->starts);
    prints->starts = memory_zalloc((FIRST_COUNT + 1) * sizeof *prints->starts);
    for (size_t i = 0; i < prints->count; i++)
        prints->starts[first_of(items[i]) + 1]++;
    for (size_t i = 0; i < FIRST_COUNT; i++) {
        prints->starts[i + 1] += prints->starts[i];
        next[i] = prints->starts[i];
    }
    for (size_t first = 0; first < FIRST_COUNT; first++)
        while (next[first] < prints->starts[first + 1]) {
            uint64_t item = items[next[first]];
            size_t home = first_of(item);
            items[next[first]] = items[next[home]];
            items[next[home]++] = item;
        }
    for (size_t first = 0; first < FIRST_COUNT; first++) {
        size_t start = prints->starts[first], count = prints->starts[first + 1] - start;
        if (count > 1)
            qsort(items + start, count, sizeof *items, compare);
    }
    free(next);
}

bool
prints_has(const struct prints *prints, struct digest key)
{
    size_t low = prints->starts[first_of(key.high)], high = prints->starts[first_of(key.high) + 1];
    const size_t end = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (prints->items[middle] < key.high)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && prints->items[low] == key.high;
}

void
prints_await(const struct prints *prints, struct digest key)
{
    __builtin_prefetch(prints->items + prints->starts[first_of(key.high)]);
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
    free(prints->starts);
    *prints = (struct prints){.items = NULL};
}
