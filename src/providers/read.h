/* Reading a file: one reader for JSON, one for CSV, one for lines of text. */
#ifndef PROVIDERS_READ_H
#define PROVIDERS_READ_H

#include "extract.h"
#include "idmigrate/input.h"

/* Each begins with the block that `input` holds, and reads to the end. */
bool read_json(struct extract *extract, struct input *input, struct error *err);
bool read_csv(struct extract *extract, struct input *input, char delimiter, struct error *err);
bool read_lines(struct extract *extract, struct input *input, struct error *err);

/* The delimiter with which the header in the block names the columns of a kind, or 0. */
char read_csv_delimiter(const struct provider_kinds *kinds, const char *data, size_t length);
/* Whether some line in the block says something: as a log does (is_log), or with a pair of IDs. */
bool read_lines_fits(const struct provider_kinds *kinds, const char *data, size_t length,
                     bool is_log);

/* Gives a pair that was found by the formats of its IDs alone. */
bool read_plain_pair(struct extract *extract, const struct provider_text *old_id,
                     const struct provider_text *new_id, enum provider_entity of, uint64_t place,
                     struct error *err);

#endif
