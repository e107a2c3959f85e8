/*
 * The ID maps as the run stored them, and the look-ups of verification: sorted arrays and binary
 * search, nothing shared with the look-up of the writer.
 */
#ifndef VERIFY_PAIRS_H
#define VERIFY_PAIRS_H

#include "id_index.h"

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/mapping.h"

#include <stdint.h>

enum pairs_found { PAIRS_NONE, PAIRS_OLD, PAIRS_NEW, PAIRS_TWO };

struct pairs {
    const struct mapping_ids *spec;
    struct id_pair *items; /* sorted by old ID, each pair once */
    size_t count, capacity;
    struct id_index olds, news;
    struct digest digest; /* of all pairs, as it is recorded with the run */
    bool is_settled;
    bool is_missing; /* the run recorded pairs, and none are stored now */
};

/* One for each entry of mapping->ids, in its order. */
struct pairs_list {
    struct pairs *maps;
    size_t count;
    char **blocks; /* the bytes of all IDs */
    size_t block_count, block_capacity, block_used, block_left;
};

/* Empty maps for the mapping's entries; then pairs in any order (those of a union are its
 * members'), then settle once. */
void pairs_init(struct pairs_list *list, const struct mapping_ids *specs, size_t count);
void pairs_add(struct pairs_list *list, size_t map, struct span old_id, struct span new_id);
void pairs_settle(struct pairs_list *list);
void pairs_release(struct pairs_list *list);

/* All of the above from idmigrate.idmap; maps that are `given` (one pointer for each of the
 * mapping's, or NULL) from there instead. */
bool pairs_load(struct pairs_list *list, struct db *target, const struct mapping *mapping,
                const char *run_id, const struct idmap *const *given, struct error *err);

/* An old ID (its new one in `new_id`), a new one, an old one with two answers, or none of these. */
enum pairs_found pairs_find(const struct pairs *map, struct span id, struct span *new_id);
/* Whether several old IDs have this new one. */
bool pairs_is_shared(const struct pairs *map, struct span new_id);
bool pairs_is_new(const struct pairs *map, struct span id);
/* The same of any map. */
bool pairs_is_new_anywhere(const struct pairs_list *list, struct span id);
/* An old ID of any map that holds legacy IDs, which is no new ID of any. */
bool pairs_is_legacy(const struct pairs_list *list, struct span id);

/* ---- whole IDs inside text ---- */

/* Finds old IDs of several maps, or legacy IDs, where no word goes on across their ends. */
struct finder {
    const struct pairs **maps;
    size_t map_count;
    const struct pairs_list *legacy; /* or NULL: those of `maps` */
    size_t *lengths;                 /* of IDs, the longest first */
    size_t length_count;
    bool first[256]; /* bytes that IDs begin with */
};
struct finding_place {
    size_t start, length;
    struct span new_id; /* of maps only */
};
void finder_init_maps(struct finder *finder, const struct pairs **maps,
                      size_t count); /* takes `maps` */
void finder_init_legacy(struct finder *finder, const struct pairs_list *list);
void finder_release(struct finder *finder);
bool finder_next(const struct finder *finder, struct span text, size_t from,
                 struct finding_place *place);

#endif
