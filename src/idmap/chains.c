/*
 * Chains and cycles: each pair leads to the one whose old ID is its new ID, if there is one. Every
 * pair is walked once; how far it goes is kept, so that who comes to it later need not go on.
 */
#include "idmigrate/idmap_facts.h"

#include "map.h"

#include "idmigrate/digest_map.h"
#include "idmigrate/memory.h"

#include <stdint.h>
#include <stdlib.h>

enum { UNSEEN = 0 };
static const uint32_t on_path = UINT32_MAX, in_cycle = UINT32_MAX - 1;
static const size_t nowhere = SIZE_MAX;

struct walk {
    const struct idmap *map;
    struct idmap_chains *chains;
    uint32_t *depths; /* pairs from here to the end of the chain, itself included */
    size_t *path, path_length, path_capacity;
    struct digest_map noted; /* new IDs that lead on, and how: many pairs may lead to one */
};
enum { BY_LINK = 1, BY_CYCLE = 2 };

/* Where a pair leads to: the next pair, or nowhere. An old ID with several new ones leads on, but
 * nobody knows where. */
static size_t
next_of(struct walk *walk, size_t at, bool *is_doubtful)
{
    const struct idmap_pair *pair = &walk->map->pairs[at], *next = NULL;
    enum idmap_found found = idmap_find(walk->map, pair->new_id, pair->new_length, &next);
    *is_doubtful = found == IDMAP_TWO;
    if (found != IDMAP_OLD || next->old_id == pair->old_id)
        return nowhere;
    const struct idmap_pair *listed =
        bsearch(next, walk->map->pairs, walk->map->pair_count, sizeof *next, idmap_compare_old);
    return (size_t)(listed - walk->map->pairs);
}

static void
note_id(struct walk *walk, size_t at, uint64_t how)
{
    const struct idmap_pair *pair = &walk->map->pairs[at];
    struct digest digest = digest_bytes(pair->new_id, pair->new_length);
    uint64_t before = 0;
    bool is_noted = digest_map_get(&walk->noted, digest, &before);
    walk->chains->ids += !is_noted;
    walk->chains->linked += how == BY_LINK && (before & BY_LINK) == 0;
    digest_map_put(&walk->noted, digest, before | how);
}

static void
note_cycle(struct walk *walk, size_t entry)
{
    size_t start = walk->path_length;
    while (walk->path[start - 1] != entry)
        start--;
    for (size_t i = start - 1; i < walk->path_length; i++) {
        walk->depths[walk->path[i]] = in_cycle;
        note_id(walk, walk->path[i], BY_CYCLE);
    }
    walk->path_length = start - 1;
    if (walk->chains->cycles++ == 0)
        walk->chains->cycle_example = &walk->map->pairs[entry];
}

static void
note_link(struct walk *walk, size_t at)
{
    if (walk->chains->links++ == 0)
        walk->chains->link_example = &walk->map->pairs[at];
    note_id(walk, at, BY_LINK);
}

/* What is left of the path, from its end: each goes one further than the one behind it. */
static void
settle_path(struct walk *walk, uint32_t depth, bool leads_on)
{
    while (walk->path_length > 0) {
        size_t at = walk->path[--walk->path_length];
        walk->depths[at] = ++depth;
        if (leads_on) {
            note_link(walk, at);
            if (depth > walk->chains->longest)
                walk->chains->longest = depth;
        }
        leads_on = true;
    }
}

static void
walk_from(struct walk *walk, size_t start)
{
    size_t at = start;
    bool is_doubtful = false;
    walk->path_length = 0;
    while (at != nowhere && walk->depths[at] == UNSEEN) {
        walk->depths[at] = on_path;
        *ARRAY_ADD(walk->path, walk->path_length, walk->path_capacity) = at;
        at = next_of(walk, at, &is_doubtful);
    }
    if (at == nowhere) {
        settle_path(walk, is_doubtful, is_doubtful);
    } else if (walk->depths[at] == on_path) {
        note_cycle(walk, at);
        settle_path(walk, 1, true);
    } else {
        settle_path(walk, walk->depths[at] == in_cycle ? 1 : walk->depths[at], true);
    }
}

static void
count_selves(const struct idmap *map, struct idmap_chains *chains)
{
    for (size_t i = 0; i < map->pair_count; i++)
        chains->selves += idmap_compare_bytes(map->pairs[i].old_id, map->pairs[i].old_length,
                                              map->pairs[i].new_id, map->pairs[i].new_length) == 0;
}

void
idmap_find_chains(const struct idmap *map, struct idmap_chains *chains)
{
    *chains = (struct idmap_chains){.links = 0};
    count_selves(map, chains);
    if (idmap_chain_count(map) == 0)
        return;
    struct walk walk = {.map = map,
                        .chains = chains,
                        .depths = memory_zalloc((map->pair_count + 1) * sizeof(uint32_t)),
                        .noted = DIGEST_MAP_INIT};
    for (size_t i = 0; i < map->pair_count; i++)
        if (walk.depths[i] == UNSEEN)
            walk_from(&walk, i);
    free(walk.depths);
    free(walk.path);
    digest_map_release(&walk.noted);
}
