/* Pieces of a line of COPY text, appended without an allocation once the buffer has grown; only for
 * files of this room. */
#ifndef IDMIGRATE_AUDIT_LINE_H
#define IDMIGRATE_AUDIT_LINE_H

#include "idmigrate/digest.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* A text as COPY text; inside a JSON string as COPY text (the quotes around it are the caller's).
 */
void audit_line_add_text(struct strbuf *line, const char *text, size_t length);
void audit_line_add_json(struct strbuf *line, const char *text, size_t length);
/* 32 hexadecimal digits. */
void audit_line_add_digest(struct strbuf *line, struct digest digest);

/* Whether the text is a UUID as every version of PostgreSQL prints and reads it. */
bool audit_line_is_uuid(const char *text, size_t length);

#endif
