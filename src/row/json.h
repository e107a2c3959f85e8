/*
 * The words of JSON (RFC 8259), as bytes: where a string or a number ends, what a string says, how
 * one is written.
 *
 * No tree is built: what is not an ID must come out as it went in, with its digits, escapes and
 * white space.
 */
#ifndef IDMIGRATE_ROW_JSON_H
#define IDMIGRATE_ROW_JSON_H

#include "rewrite.h"

/* No place: the text is not valid JSON. */
#define JSON_NOT_VALID SIZE_MAX

size_t row_json_skip_space(const char *text, size_t length, size_t at);
/* `at` stands behind the opening quote; gives the place of the closing one. */
size_t row_json_string_end(const char *text, size_t length, size_t at, bool *has_escapes);
/* The end of a number, true, false or null that starts at `at`. */
size_t row_json_scalar_end(const char *text, size_t length, size_t at);

/*
 * The content of a string (valid, without its quotes): one character or escape, as UTF-8. Gives its
 * length in the text. Half of a surrogate pair alone, which `json` may hold, becomes three bytes
 * that are no valid UTF-8, so that no two of them are equal.
 */
size_t row_json_decode_one(const char *text, size_t end, size_t at, char bytes[4], size_t *count);
void row_json_decode(struct strbuf *out, const char *text, size_t start, size_t end);
/* Where `bytes` further decoded bytes end. */
size_t row_json_advance(const char *text, size_t end, size_t at, size_t bytes);

/* As escape_json() of the server: quote, backslash and control characters; everything else stays.
 * Without quotes. */
void row_json_escape(struct strbuf *out, const char *data, size_t length);

/*
 * An object of which a key was rewritten, in the source (valid JSON, braces included) and in `out`
 * from `start` to the end, members in the same order. False when two keys are one now that were two
 * before. `sort` puts the members into jsonb's order and form.
 */
bool row_json_close_object(struct row_scratch *scratch, const char *source, size_t length,
                           struct strbuf *out, size_t start, bool sort);

#endif
