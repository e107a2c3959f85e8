/*
 * Keys that are equal for the server and not byte by byte (citext, a collation that does not tell
 * cases apart, numbers with zeros behind the point): the target's server says which are one.
 */
#ifndef VERIFY_CLASSES_H
#define VERIFY_CLASSES_H

#include "text.h"

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/plan.h"

#include <stdint.h>

/* The keys that were added, each column as the text of a text[] value. Memory: the keys' texts. */
struct classes {
    struct strbuf *columns; /* as many as the table's on_conflict key has */
    size_t count;           /* keys */
};

/* Whether such values may be in the table's on_conflict key. */
bool classes_are_needed(const struct plan_table *table);
/* Adds the key of a row of the target's columns; its number is what counts from 0. */
size_t classes_add(struct classes *classes, const struct plan_table *table,
                   const struct span *fields, struct strbuf *scratch);
/* Of each key, by its number, which class it is of; to be freed. Errors as of copy_query(). */
bool classes_ask(const struct classes *classes, const struct plan_table *table, struct db *target,
                 uint64_t **numbers, struct error *err);
void classes_release(struct classes *classes, const struct plan_table *table);

#endif
