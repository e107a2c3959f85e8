/*
 * What can be said of a finished ID map by looking at it alone: chains, formats of its sides, what
 * differs from another map; and what is known of providers' IDs beyond their form.
 */
#ifndef IDMIGRATE_IDMAP_FACTS_H
#define IDMIGRATE_IDMAP_FACTS_H

#include "idmigrate/error.h"
#include "idmigrate/idmap.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- chains ---- */

/* Pairs that an ID would go through one after the other. */
struct idmap_chains {
    size_t links;   /* pairs whose new ID is the old ID of another pair, outside cycles */
    size_t linked;  /* different new IDs of these pairs */
    size_t ids;     /* different new IDs that are the old ID of another pair, cycles included */
    size_t longest; /* pairs in the longest chain, 0 without one */
    size_t cycles;  /* rings of pairs that lead back to where they begin */
    size_t selves;  /* pairs of an ID with itself: neither chain nor cycle */
    const struct idmap_pair *link_example, *cycle_example; /* borrowed, or NULL */
};
void idmap_find_chains(const struct idmap *map, struct idmap_chains *chains);

/* ---- formats of a side ---- */

enum idmap_side { IDMAP_SIDE_OLD, IDMAP_SIDE_NEW };
/* How many IDs of a side fit each format, in the formats' order, and at the end how many fit none
 * but those that take everything. To be freed. */
size_t *idmap_count_formats(const struct idmap *map, enum idmap_side side,
                            const struct idmap_formats *formats);
/* The format that more than half of a side fit; NULL where there is none. Of several that fit as
 * many, one with a prefix, otherwise the last in their order, which is the most general. */
const struct idmap_format *idmap_guess_format(const struct idmap *map, enum idmap_side side,
                                              const struct idmap_formats *formats);

/* ---- two maps ---- */

struct idmap_difference {
    size_t added, removed, changed, same; /* old IDs */
};
/* One old ID: `before` and `after` are its pairs, none where a count is 0. Several on one side are
 * an old ID with several new ones. */
struct idmap_change {
    const struct idmap_pair *before, *after;
    size_t before_count, after_count;
};
/* Calls `sink` (may be NULL) for each old ID that differs, in order of its bytes. */
void idmap_compare(const struct idmap *before, const struct idmap *after,
                   void (*sink)(void *context, const struct idmap_change *change), void *context,
                   struct idmap_difference *difference);

/* ---- what a file of a map is ---- */

/* Texts that an idmap_file borrows. */
struct idmap_given {
    char *path, *old_column, *new_column; /* columns are NULL for a JSON object {"old": "new"} */
    enum idmap_file_format format;
    char delimiter;
};
#define IDMAP_GIVEN_INIT                                                                           \
    {                                                                                              \
        .path = NULL                                                                               \
    }
/*
 * FILE, or FILE:OLD,NEW with the names of the columns. Without names they are taken from the
 * beginning of the file: old_id and new_id, old and new, or the only two that it has. Form and
 * delimiter are by content. One JSON object on one line that may be a record as well as a map is an
 * error (EXIT_INPUT).
 */
bool idmap_given_parse(const char *text, struct idmap_given *given, struct error *err);
void idmap_given_release(struct idmap_given *given); /* for CLEANUP too */
struct idmap_file idmap_given_file(const struct idmap_given *given);
/*
 * The columns of the two IDs among those that a file or table has: old_id and new_id, old and new,
 * source_id and target_id, or the only two. `place` names it for errors. The names are to be freed.
 */
bool idmap_choose_columns(const char *const *names, size_t count, const char *place,
                          char **old_column, char **new_column, struct error *err);
/* An error (EXIT_INPUT) where one of the two is not among them. */
bool idmap_need_columns(const char *const *names, size_t count, const char *place,
                        const char *old_column, const char *new_column, struct error *err);
/* Permission bits of a file that others than its owner and group can read; 0 where they cannot, or
 * where there is no such file. */
unsigned idmap_exposed_mode(const char *path);

/* ---- what is known of providers: data from mappings/providers.json, never code ---- */

struct idmap_traits;
bool idmap_traits_new(const char *providers_json, struct idmap_traits **traits, struct error *err);
void idmap_traits_free(struct idmap_traits **traits); /* for CLEANUP too */
/* Why an ID is nobody's, such as the stand-in of a trial run; or NULL. `prefix` gets what it begins
 * with: the rest may be an e-mail address. */
const char *idmap_traits_refusal(const struct idmap_traits *traits, const char *id, size_t length,
                                 const char **prefix);
/* Which environment of a provider ("live", "test") the IDs of a format say that they are of; NULL:
 * they do not say. */
const char *idmap_traits_environment(const struct idmap_traits *traits, const char *format);
/* The provider that a format belongs to, and the one that a name of a column speaks of; or NULL. */
const char *idmap_traits_provider_of(const struct idmap_traits *traits, const char *format);
const char *idmap_traits_provider_in(const struct idmap_traits *traits, const char *name);

#endif
