/*
 * The inside of an ID map.
 *
 * While it is filled it is a list of entries in the order they came, their bytes in arenas.
 * Freezing sorts the list, which brings what belongs together side by side: repeated pairs, old IDs
 * with two new ones. Then the pairs become records that stand in the order of their old IDs'
 * hashes. Where the IDs of a hash can be is told by a byte or two for each, few enough to stay in
 * the processor's caches, so that a look-up waits for memory once: for the record itself.
 */
#ifndef IDMAP_MAP_H
#define IDMAP_MAP_H

#include "idmigrate/idmap.h"

enum { IDMAP_LONGEST_ID = 1024, IDMAP_MOST_PAIRS = 1 << 30, IDMAP_PARTS = 16 };

struct arena {
    char **blocks;
    size_t count, capacity;
    size_t used, size; /* of the last block */
};

/*
 * A pair with the bytes of its IDs behind it. Where they are longer than is usual in the map, and
 * in a union, the pair points elsewhere.
 */
struct record {
    struct idmap_pair pair;
    char bytes[]; /* both zero-terminated */
};

/* Records of one size each, in the order of the old IDs' hashes. */
struct records {
    char *items;
    size_t stride;
};

/* Which positions the IDs of a hash can have: those of its bucket whose tag is the hash's lowest
 * byte. */
struct hash_index {
    uint32_t *starts; /* position of a bucket's first ID; one more than there are buckets */
    uint8_t *tags;    /* for each position */
    uint64_t bucket_count;
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
    struct arena arenas[IDMAP_PARTS]; /* by the old ID's hash; given back as they become records */
    struct arena long_ids;            /* what fits no record */
    const struct idmap **members;     /* of a union; its pairs borrow their bytes */
    size_t member_count;

    struct entry *entries; /* until frozen */
    size_t entry_count, entry_capacity;

    struct idmap_pair *pairs; /* copies of records' pairs: one for each old ID, sorted; then the
                                 ambiguous ones, sorted */
    size_t pair_count, ambiguous_count;
    size_t repeated_count;
    size_t hole_count;
    const struct idmap_pair **shared; /* sorted by new ID: only the runs of two and more */
    size_t *shared_starts;            /* shared_count + 1 offsets into `shared` */
    size_t shared_count;
    size_t chain_count;
    struct digest digest;

    struct records records;
    struct hash_index old_index; /* its positions are those of the records */
    struct hash_index new_index;
    uint32_t *new_records; /* position in new_index to record */
};

/* arena.c: copies both IDs, one behind the other, and points the pair to the copies. */
void arena_take_ids(struct arena *arena, struct idmap_pair *pair);
void arena_release(struct arena *arena);

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

/* The upper bits, so that the records of a part are neighbours. */
static inline size_t
idmap_part(uint64_t hash)
{
    return (hash >> 32) * IDMAP_PARTS >> 32;
}

static inline struct record *
record_at(const struct idmap *map, size_t position)
{
    return (struct record *)(void *)(map->records.items + position * map->records.stride);
}

static inline size_t
hash_index_bucket(const struct hash_index *index, uint64_t hash)
{
    return (hash >> 32) * index->bucket_count >> 32;
}

/* hash_index.c: made for the `count` hashes, which then are placed once each, in any order. */
void hash_index_make(struct hash_index *index, const uint64_t *hashes, size_t count);
uint32_t hash_index_place(struct hash_index *index, uint64_t hash);
void hash_index_release(struct hash_index *index);

/* records.c: what look-ups read, from the sorted pairs, which point into the records afterwards. */
void idmap_make_records(struct idmap *map);
void idmap_release_records(struct idmap *map);

#endif
