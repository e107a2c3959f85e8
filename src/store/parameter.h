/* Values on their way into and out of statements; only for files of this room. */
#ifndef IDMIGRATE_STORE_PARAMETER_H
#define IDMIGRATE_STORE_PARAMETER_H

#include "idmigrate/db.h"

#include <stdint.h>

/* A number as a text parameter: STORE_NUMBER(value) lives as long as the block it is written in. */
struct store_number {
    char text[24];
};
struct store_number store_number_of(int64_t value);
#define STORE_NUMBER(value) ((struct store_number[]){store_number_of(value)}[0].text)

/* A copy of a field, NULL for NULL. */
char *store_take_text(const struct db_result *result, size_t row, int column);
double store_take_double(const struct db_result *result, size_t row, int column);

/* Appends a field of COPY text format; NULL is \N. */
void store_copy_text(struct strbuf *lines, const char *text);

#endif
