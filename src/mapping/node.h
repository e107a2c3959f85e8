/*
 * A value of the mapping's JSON together with its place, and how values are read from it.
 *
 * Every reader checks what it reads and says what is wrong as "<JSON pointer>: ...". Texts are
 * copied; the caller owns them. Optional values that are absent leave the variable as it was.
 */
#ifndef MAPPING_NODE_H
#define MAPPING_NODE_H

#include "idmigrate/error.h"
#include "idmigrate/mapping.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct node {
    const struct node *parent; /* NULL: the whole document */
    const char *key;           /* in an object; NULL in a list */
    size_t index;              /* in a list */
    json_t *json;              /* borrowed; NULL: absent */
};

struct node node_member(const struct node *object, const char *key);
struct node node_element(const struct node *list, size_t index);
bool node_is_present(const struct node *node);
char *node_pointer(const struct node *node); /* RFC 6901; to be freed */

/* Sets the error "<pointer>: <text>". Always returns false. */
bool node_fail(const struct node *node, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool node_want_object(const struct node *node, struct error *err);
bool node_want_list(const struct node *node, struct error *err); /* with at least one element */
bool node_want_text(const struct node *node, struct error *err); /* not empty */
/* An object whose keys are all in `known` (ends with NULL). */
bool node_want_keys(const struct node *node, const char *const *known, struct error *err);

struct node_choice {
    const char *name; /* NULL ends the list */
    int value;
};

/* Members of an object. */
bool node_get_text(const struct node *object, const char *key, char **text, struct error *err);
bool node_get_required_text(const struct node *object, const char *key, char **text,
                            struct error *err);
bool node_get_flag(const struct node *object, const char *key, bool *flag, struct error *err);
bool node_get_choice(const struct node *object, const char *key, const struct node_choice *choices,
                     int *value, struct error *err);
/* A list of different texts; empty ones only where `empty_allowed`. */
bool node_get_texts(const struct node *object, const char *key, bool empty_allowed, char ***texts,
                    size_t *count, struct error *err);
/* {"name": "reason", ...} */
bool node_get_reasons(const struct node *object, const char *key, struct mapping_reason **reasons,
                      size_t *count, struct error *err);

/* "note": a text or a list of texts, for people; nothing reads it. */
bool node_check_note(const struct node *object, struct error *err);

/* A constant as text: NULL for null, the bytes of a string, JSON text for the rest. To be freed. */
char *node_constant_text(const struct node *node);

#endif
