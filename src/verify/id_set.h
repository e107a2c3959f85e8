/*
 * A set of IDs in byte order. `heads` are the eight bytes behind what all of them begin with, as
 * numbers: nearly every step of a search compares one of these and touches no ID.
 */
#ifndef VERIFY_ID_SET_H
#define VERIFY_ID_SET_H

#include "text.h"

#include <stdint.h>

struct id_set {
    uint64_t *heads;
    struct span *ids;
    uint32_t *positions; /* what the caller gave with the ID */
    size_t count;
    size_t common; /* length of what all begin with */
};

struct id_entry {
    struct span id;
    uint32_t position;
};

/* Takes the memory of `items`; the bytes of the IDs stay the caller's. Of equal IDs one stays. */
void id_set_build(struct id_set *set, struct id_entry *items, size_t count);
void id_set_release(struct id_set *set);

/* The place of the ID, or `count`. */
size_t id_set_search(const struct id_set *set, struct span id);
bool id_set_has(const struct id_set *set, struct span id);

#endif
