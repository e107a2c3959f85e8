/*
 * The ID maps as the run stored them, and the look-ups of verification: sorted arrays and binary
 * search, nothing shared with the look-up of the writer.
 */
#ifndef VERIFY_PAIRS_H
#define VERIFY_PAIRS_H

#include "text.h"

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/mapping.h"

#include <stdint.h>

/*
 * IDs in byte order. `heads` are the eight bytes behind what all of them begin with, as numbers:
 * nearly every step of a search compares one of these and touches no ID.
 */
struct id_set {
    uint64_t *heads;
    struct span *ids;
    uint32_t *positions; /* what the caller gave with the ID */
    size_t count;
    size_t common; /* length of what all begin with */
};

struct id_pair {
    struct span old_id, new_id;
};

enum pairs_found { PAIRS_NONE, PAIRS_OLD, PAIRS_NEW };

struct pairs {
    const struct mapping_ids *spec;
    struct id_pair *items; /* sorted by old ID, each once */
    size_t count, capacity;
    struct id_set olds, news;
    struct digest digest; /* of all pairs, as it is recorded with the run */
    bool is_doubtful;     /* one old ID with two new ones */
    bool is_settled;
    bool is_missing; /* the run recorded pairs, and none are stored now */
};

/* One for each entry of mapping->ids, in its order. */
struct pairs_list {
    struct pairs *maps;
    size_t count;
    struct strbuf bytes;
    struct id_set
        legacy; /* old IDs of all maps that hold legacy IDs, without those that are new IDs too */
};

bool pairs_load(struct pairs_list *list, struct db *target, const struct mapping *mapping,
                const char *run_id, struct error *err);
void pairs_release(struct pairs_list *list);

/* An old ID (its new one in `new_id`), a new one, or neither. */
enum pairs_found pairs_find(const struct pairs *map, struct span id, struct span *new_id);
bool id_set_has(const struct id_set *set, struct span id);

/* ---- whole IDs inside text ---- */

/* Finds IDs of several maps, or of one set, where no word goes on across their ends. */
struct finder {
    const struct pairs **maps; /* or none: `set` */
    size_t map_count;
    const struct id_set *set;
    size_t *lengths; /* of IDs, the longest first */
    size_t length_count;
    bool first[256]; /* bytes that IDs begin with */
};
struct finding_place {
    size_t start, length;
    struct span new_id; /* of maps only */
};
void finder_init_maps(struct finder *finder, const struct pairs **maps,
                      size_t count); /* takes `maps` */
void finder_init_set(struct finder *finder, const struct id_set *set);
void finder_release(struct finder *finder);
bool finder_next(const struct finder *finder, struct span text, size_t from,
                 struct finding_place *place);

#endif
