/* Reading an ID map from a file: one reader for CSV, one for the two kinds of JSON. */
#ifndef IDMAP_FILE_H
#define IDMAP_FILE_H

#include "idmigrate/idmap.h"
#include "idmigrate/input.h"
#include "idmigrate/strbuf.h"

/* Each starts with the block that `input` holds and reads to the end; `count` gets the number of
 * pairs read. */
bool file_read_csv(struct idmap *map, const struct idmap_file *file, struct input *input,
                   uint64_t *count, struct error *err);
bool file_read_json(struct idmap *map, const struct idmap_file *file, struct input *input,
                    uint64_t *count, struct error *err);
bool file_read_ndjson(struct idmap *map, const struct idmap_file *file, struct input *input,
                      uint64_t *count, struct error *err);

/* "found: a, b, c": names of columns for a hint. What has an '@' is rather somebody's address. */
void file_add_name(struct strbuf *list, const char *name, size_t length);

#endif
