/*
 * Two sets of rows compared without keeping them: each side is spread by key over buckets, and a
 * bucket is a count and a 128-bit sum. Buckets that differ are read again and compared row by row.
 */
#ifndef VERIFY_BAG_H
#define VERIFY_BAG_H

#include "text.h"

#include <stdint.h>

enum { BAG_BUCKETS = 65536 };
enum bag_side { BAG_EXPECTED, BAG_FOUND };

/* Side by side, so that a row costs one visit to memory that is not at hand. */
struct bag_bucket {
    struct digest sum;
    int64_t count, unused;
};

/* Rows wait here while their buckets come nearer: memory is asked for ahead of its use. */
enum { BAG_AHEAD = 8 };
struct bag_side_state {
    struct bag_bucket *buckets;
    int64_t items;
    struct bag_ahead {
        struct bag_bucket *bucket;
        struct digest item;
    } ahead[BAG_AHEAD]; /* a ring; the last `ahead_count` of them wait */
    uint32_t ahead_next, ahead_count;
};

struct bag {
    struct bag_side_state sides[2]; /* apart, so that two threads may fill one each */
};

void bag_init(struct bag *bag);
void bag_release(struct bag *bag);
void bag_swap_side(struct bag *a, struct bag *b, enum bag_side side);
void bag_add(struct bag *bag, enum bag_side side, struct digest key, struct digest item);
/* Once both sides are whole. */
int64_t bag_differing(struct bag *bag);

/* ---- the second look ---- */

struct drill_item {
    struct digest key, item;
    size_t at, length; /* of its text in `bytes`; length SIZE_MAX: not kept */
};

struct drill {
    bool *buckets;
    int64_t
        left_out; /* buckets that differ and are not looked at: there are too many rows in them */
    struct drill_item *items[2];
    size_t count[2], capacity[2];
    struct strbuf bytes;
};

/* Chooses buckets with at most `row_limit` rows together. */
void drill_init(struct drill *drill, struct bag *bag, int64_t row_limit);
void drill_release(struct drill *drill);
bool drill_wants(const struct drill *drill, struct digest key);
void drill_add(struct drill *drill, enum bag_side side, struct digest key, struct digest item,
               struct span text);
struct span drill_text(const struct drill *drill,
                       const struct drill_item *item); /* NULL: not kept */

enum drill_kind {
    DRILL_MISSING, /* expected, not found */
    DRILL_EXTRA,   /* found once more than expected */
    DRILL_CHANGED  /* expected and found under one key, with different content */
};
/* Calls back for every difference, in no particular order. */
typedef void drill_visit(void *context, enum drill_kind kind, const struct drill_item *expected,
                         const struct drill_item *found);
void drill_compare(struct drill *drill, drill_visit *visit, void *context);

#endif
