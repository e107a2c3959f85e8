/* Building JSON; only for files of this room. */
#ifndef IDMIGRATE_REPORT_JSON_H
#define IDMIGRATE_REPORT_JSON_H

#include "idmigrate/strbuf.h"

#include <jansson.h>
#include <stdint.h>

/* Sets a member. Texts that are NULL become null; bytes that are not UTF-8 become '?'. */
void report_put(json_t *object, const char *key, json_t *value); /* takes `value` */
void report_put_text(json_t *object, const char *key, const char *text);
void report_put_count(json_t *object, const char *key, int64_t count);
void report_put_seconds(json_t *object, const char *key,
                        double seconds); /* negative becomes null */
json_t *report_json_text(const char *text);
/* A JSON text of the store as a value; null when it is NULL or cannot be read. */
json_t *report_json_parse(const char *text);

/* Appends the document, indented, with a newline, and frees it. */
void report_json_write(struct strbuf *out, json_t *document);

#endif
