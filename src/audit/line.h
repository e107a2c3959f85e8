/* One event on its way into COPY, as text or as a tuple of the binary format (PostgreSQL
 * documentation, COPY), appended without an allocation once the buffer has grown; only for files of
 * this room. */
#ifndef IDMIGRATE_AUDIT_LINE_H
#define IDMIGRATE_AUDIT_LINE_H

#include "idmigrate/audit.h"
#include "idmigrate/digest.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audit_line {
    struct strbuf *bytes; /* borrowed */
    enum audit_format format;
    size_t field; /* where the open field's length stands */
};

enum { AUDIT_LINE_LENGTH_SIZE = 4, AUDIT_LINE_UUID_SIZE = 16 };

/* What a tuple begins with; of a line nothing. */
void audit_line_add_count(struct audit_line *line, size_t fields);
/* A field is begun, filled and ended; one that is null is neither begun nor ended. */
void audit_line_begin(struct audit_line *line, bool is_jsonb);
void audit_line_end(struct audit_line *line);
void audit_line_add_null(struct audit_line *line);

/* A text; inside a JSON string (the quotes around it are the caller's). */
void audit_line_add_text(struct audit_line *line, const char *text, size_t length);
void audit_line_add_json(struct audit_line *line, const char *text, size_t length);
/* 32 hexadecimal digits. */
void audit_line_add_digest(struct audit_line *line, struct digest digest);

/* Whole fields of types whose bytes are no text; in the binary format only. */
void audit_line_put_uuid(struct audit_line *line, const char *uuid); /* 36 characters */
void audit_line_put_digest(struct audit_line *line, struct digest digest);
void audit_line_put_time(struct audit_line *line, int64_t microseconds); /* since 2000-01-01 UTC */

/* Whether the text is a UUID as every version of PostgreSQL prints and reads it. */
bool audit_line_is_uuid(const char *text, size_t length);

#endif
