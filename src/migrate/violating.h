/*
 * Rows that violate what is to come back after loading. violating.c: the whole, and rows that refer
 * to no row; violating_met.c: rows that meet in a key or exclude each other, and which of them
 * stay; violating_owner.c: whose rows these are; violating_follow.c: what refers to a key of which
 * one row goes and another stays; violating_index.c: rows that an index cannot hold.
 */
#ifndef MIGRATE_VIOLATING_H
#define MIGRATE_VIOLATING_H

#include "aside.h"
#include "internal.h"

/* A row of the target that others are in the way of. */
struct met_row {
    size_t item;   /* position of one that it violates: of its relation */
    size_t place;  /* ctid, in `texts` */
    size_t key;    /* text of the target key, in `texts` */
    size_t source; /* text of the source key, in `texts`; 0: unknown */
    /* The entry of the mapping that wrote it; NULL: it is not as this run wrote any row. */
    const struct plan_table *owner;
    struct digest source_key;
    size_t content;
    size_t next; /* of the same content */
    bool is_out; /* it refers to no row: it was not the first in anything */
    bool is_lost;
};
/* Rows of one entry that are the same in all written columns. */
struct met_content {
    int64_t rows, events, lost;
    struct digest whole;
    bool is_mixed; /* not in all columns */
    size_t first;  /* row that has no owner yet */
};
struct met_pair {
    size_t item, row, other; /* of a key: any one row that stands for all who meet in it */
};

struct violation {
    struct migrate *m;
    const struct store_aside *items; /* of the run */
    size_t item_count;
    const struct catalog_table *target;
    bool *begins; /* by plan table: a row of it goes, so it gets another pass */

    struct met_row *rows;
    size_t row_count, row_capacity;
    struct digest_map by_place;
    struct met_content *contents;
    size_t content_count, content_capacity;
    struct met_pair *pairs;
    size_t pair_count, pair_capacity;
    struct strbuf texts; /* zero-terminated, one after the other; begins with an empty one */
};

bool violating_fail(const char *why, struct error *err);
/* Adds the rows of the target "FROM ... AS t ..." to the refused ones, and their number to `found`.
 */
bool violating_collect(struct violation *v, const char *from, const struct db_place *place,
                       int64_t *found, struct error *err);
/* Whether the index holds more than columns as they are, so that a row may make it fail. */
bool violating_index_computes(const struct violation *v, const struct store_aside *item);
/* Finds rows for which it fails, and adds them to the refused ones and to `found`. */
bool violating_find_unindexable(struct violation *v, const struct store_aside *item, int64_t *found,
                                struct error *err);
/* Of a unique or exclusion constraint, or its index; not of a foreign key. */
bool violating_is_of_target(const struct violation *v, const struct store_aside *item);
/* Finds rows that meet, whose they are, and adds those that do not stay to the refused ones. */
bool violating_find_met(struct violation *v, int64_t *found, struct error *err);
/* Gives rows their owners, and the texts of their source keys. */
bool violating_find_owners(struct violation *v, struct error *err);
/* Adds those tables to `begins` whose rows refer to keys that rows are rejected for and others
 * keep.
 */
bool violating_find_followers(struct violation *v, struct error *err);

#endif
