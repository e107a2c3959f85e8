/*
 * The inside of an ID map.
 *
 * While it is filled it is a list of entries in the order they came, their bytes in an arena.
 * Freezing sorts the list, which brings what belongs together side by side: repeated pairs, old IDs
 * with two new ones. Then two open-addressing tables answer the questions of a look-up, "is it an
 * old ID" and "is it a new one"; the first, which is asked nearly always, stays small.
 */
#ifndef IDMAP_MAP_H
#define IDMAP_MAP_H

#include "idmigrate/idmap.h"

enum { IDMAP_LONGEST_ID = 1024, IDMAP_MOST_PAIRS = 1 << 30 };

struct arena {
    char **blocks;
    size_t count, capacity;
    size_t used, size; /* of the last block */
};

/*
 * A pair with the bytes of its IDs behind it, in the arena: what a look-up reads of a pair stands
 * in two lines of the cache. Its address is a multiple of 8.
 */
struct record {
    struct idmap_pair pair;
    char bytes[]; /* both zero-terminated */
};

/* Open addressing: upper 16 bits of the hash over the address of a record, whose lowest bits are
 * an enum idmap_found; 0 is free. */
struct slots {
    uint64_t *items;
    size_t mask;
};

struct entry {
    struct idmap_pair pair;
    uint64_t place;
};

struct idmap {
    char *name;
    char *origin;           /* the file it was read from, or NULL */
    const char *place_word; /* "line", "element", "row" */
    bool is_frozen;
    struct arena arena;
    const struct idmap **members; /* of a union; its pairs borrow their bytes */
    size_t member_count;

    struct entry *entries; /* until frozen */
    size_t entry_count, entry_capacity;

    struct idmap_pair *pairs; /* copies of records' pairs: one for each old ID, sorted; then the
                                 ambiguous ones, sorted */
    size_t pair_count, ambiguous_count;
    size_t repeated_count;
    const struct idmap_pair **shared; /* sorted by new ID: only the runs of two and more */
    size_t *shared_starts;            /* shared_count + 1 offsets into `shared` */
    size_t shared_count;
    size_t chain_count;
    struct digest digest;

    struct slots old_slots, new_slots;
};

/* "ID map user (users.csv)", for errors; to be freed. */
char *idmap_describe(const struct idmap *map);

/* Bytes in order, the shorter first where one begins the other. */
int idmap_compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length);

/* Of two pairs, for bsearch(). */
int idmap_compare_old(const void *left, const void *right);

/* find.c */
uint64_t idmap_hash(const char *id, size_t length);
enum idmap_found idmap_find_hashed(const struct idmap *map, uint64_t hash, const char *id,
                                   size_t length, const struct idmap_pair **pair);
void idmap_build_slots(struct idmap *map);

#endif
