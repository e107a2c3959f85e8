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

struct bag {
    uint32_t *counts[2];
    struct digest *sums[2];
    int64_t items[2];
};

void bag_init(struct bag *bag);
void bag_release(struct bag *bag);
void bag_add(struct bag *bag, enum bag_side side, struct digest key, struct digest item);
int64_t bag_differing(const struct bag *bag);

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
void drill_init(struct drill *drill, const struct bag *bag, int64_t row_limit);
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
