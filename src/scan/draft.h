/* A draft under way: draft.c makes the document, draft_table.c the entry of one table. */
#ifndef SCAN_DRAFT_H
#define SCAN_DRAFT_H

#include "idmigrate/scan.h"

#include <jansson.h>

/* What stands where a person must choose; the mapping's reader refuses it. */
#define DRAFT_OPEN "?"

struct draft {
    const struct scan_draft_request *request;
    const char *schema;    /* default schema of the source */
    const char **kind_map; /* by kind: the map that is to resolve it */
    bool *kind_is_used;
    json_t *tables, *left_behind;
    const char *source; /* to be said in each entry, or NULL */
};

/* IDs that a migration has to replace: not new ones, and not by permission. */
bool draft_counts(const struct draft *draft, const struct scan_found *found);
/* Adds the table's entry, or leaves it behind where the target has no such table. */
void draft_add_table(struct draft *draft, size_t number);

#endif
