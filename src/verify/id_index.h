/*
 * The pairs of an ID map in the order of one of their sides. `heads` are the eight bytes behind
 * what all IDs of that side begin with, as numbers: nearly every step of a search compares one of
 * these and touches no ID.
 */
#ifndef VERIFY_ID_INDEX_H
#define VERIFY_ID_INDEX_H

#include "text.h"

#include <stdint.h>

/* Sixteen bytes, since there may be millions: the new ID stands right behind the old one. */
struct id_pair {
    const char *bytes;
    uint32_t old_length, new_length;
};

enum id_side { ID_OLD, ID_NEW };
struct span id_pair_side(const struct id_pair *pair, enum id_side side);

struct id_index {
    const struct id_pair *pairs; /* borrowed, as their bytes are */
    size_t count;
    enum id_side side;
    uint64_t *heads;
    uint32_t *positions; /* of the pairs, in order; NULL: they stand in order */
    size_t common;       /* length of what all begin with */
};

void id_index_build(struct id_index *index, const struct id_pair *pairs, size_t count,
                    enum id_side side);
void id_index_release(struct id_index *index);

/* The position among the pairs of one that has the ID on this side, or `count`. */
size_t id_index_count(const struct id_index *index, struct span id); /* of pairs that have it */
size_t id_index_search(const struct id_index *index, struct span id);

#endif
