/* The same pairs as verification holds them, and as the writer does. */
#ifndef VERIFY_MAPS_H
#define VERIFY_MAPS_H

#include "pairs.h"

#include "idmigrate/idmap.h"

struct maps {
    struct mapping_ids specs[3]; /* person, organization, and their union */
    int members[2];
    struct pairs_list list;
    struct idmap *written[2];
    struct idmap_matcher *matcher;
    struct finder finder;
};
/* `pairs` are old and new ID, ended by NULL; those of people first, then, behind a second list,
 * organizations. */
void maps_init(struct maps *maps, const char *const *people, const char *const *organizations);
void maps_release(struct maps *maps);

struct span text_span(const char *text);

#endif
