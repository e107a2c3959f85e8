/*
 * COPY's binary format (PostgreSQL documentation, COPY, "Binary Format"): a tuple is a count of
 * fields (16 bits), then each field's length (32 bits, -1 for NULL) and bytes. Numbers have their
 * most significant byte first.
 */
#ifndef IDMIGRATE_WIRE_H
#define IDMIGRATE_WIRE_H

#include "idmigrate/row.h"

enum { WIRE_COUNT_SIZE = 2, WIRE_LENGTH_SIZE = 4 };

/* `ends` gets the end of each field's bytes. False when it is not exactly one tuple of `count`. */
bool wire_split(const char *tuple, size_t length, size_t *ends, size_t count);
/* Where a field begins, its length included. */
size_t wire_start(const size_t *ends, size_t field);
/* A field's bytes; data NULL is NULL. */
struct row_value wire_field(const char *tuple, const size_t *ends, size_t field);

void wire_add_count(struct strbuf *tuple, size_t count);
/* A field of these bytes; data NULL: NULL. */
void wire_add_bytes(struct strbuf *tuple, const char *data, size_t length);

/* The text of a value, in `buffer` where its bytes are none; false for bytes that are no such
 * value. */
bool wire_read(enum plan_wire wire, struct row_value bytes, struct strbuf *buffer,
               struct row_value *text);
/* Appends a field; false, with nothing appended, for a text that is no such value. */
bool wire_write(struct strbuf *out, enum plan_wire wire, struct row_value text);

#endif
