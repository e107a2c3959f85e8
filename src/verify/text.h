/*
 * COPY text and keys, read and written by code of this room's own: verification must not share a
 * mistake with the writer.
 */
#ifndef VERIFY_TEXT_H
#define VERIFY_TEXT_H

#include "idmigrate/digest.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* Borrowed bytes; `data` NULL is SQL's NULL. */
struct span {
    const char *data;
    size_t length;
};
#define SPAN_NULL ((struct span){.data = NULL, .length = 0})

struct span span_of(const char *text);
struct span span_of_buffer(const struct strbuf *buf);
bool span_equal(struct span a, struct span b);
/* Bytes in order, the shorter first where one begins the other; NULL first. */
int span_compare(struct span a, struct span b);
struct digest span_digest(struct span span); /* NULL and '' differ */

/* Order of digests, for sorting only. */
int digest_order(struct digest a, struct digest b);

/* Splits a COPY line at its tabs, its newline left out; the fields stay escaped. False when their
 * number differs. */
bool text_split(const char *line, size_t length, struct span *fields, size_t count);
/* The value of an escaped field; `buffer` is used only when there is something to unescape. */
struct span text_read(struct strbuf *buffer, struct span raw);
/* Appends a value as COPY writes it. */
void text_write(struct strbuf *out, struct span value);

/* Appends a JSON string with its quotes, as jsonb prints it. */
void text_write_json(struct strbuf *out, struct span value);
/* Reads such a string, whose opening quote stands at `*at`; afterwards `*at` is behind the closing
   one. `buffer` is used only when there are escapes. */
struct span text_read_json(struct strbuf *buffer, struct span text, size_t *at);

/*
 * A key as text: one column as it is, several (or one that is NULL) as jsonb prints an array of
 * strings and nulls. Add the parts in order, then end it.
 */
void key_add(struct strbuf *key, struct span value, size_t count);
void key_end(struct strbuf *key, bool is_array);

#endif
