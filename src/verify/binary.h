/*
 * COPY's binary format, read and written by code of this room's own: verification must not share a
 * mistake with the writer.
 *
 * A row is a count (two bytes), then for each field its length (four bytes, all bits set: NULL) and
 * its bytes.
 */
#ifndef VERIFY_BINARY_H
#define VERIFY_BINARY_H

#include "text.h"

#include "idmigrate/plan.h"

enum { BINARY_COUNT = 2 };

/* The fields' bytes. False when it is not exactly one row of so many. */
bool binary_split(const char *row, size_t length, struct span *fields, size_t count);
/* The same of fields without the count before them. */
bool binary_split_fields(const char *bytes, size_t length, struct span *fields, size_t count);
/* Appends one field. */
void binary_add(struct strbuf *out, struct span bytes);
/* A value's bytes from its text. False when the text is no such value. */
bool binary_write(struct strbuf *out, enum plan_wire wire, struct span value);

/* ---- either format ---- */

/* A row that was read: its fields, and in `content` what its digest is over. */
bool codec_split(const struct plan_table *table, const char *row, size_t length,
                 struct span *fields, size_t count, struct span *content);
/* The text of a field; `buffer` is used only when it does not stand there. A field that cannot be
   read is NULL. */
struct span codec_read_field(const struct plan_table *table, enum plan_wire wire,
                             struct strbuf *buffer, struct span raw);
/* The same of a column of the target. */
struct span codec_read_column(const struct plan_table *table, size_t column, struct strbuf *buffer,
                              struct span raw);

#endif
