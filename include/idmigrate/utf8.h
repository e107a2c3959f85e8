/* Checks on UTF-8 text. */
#ifndef IDMIGRATE_UTF8_H
#define IDMIGRATE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Offset of the first byte that is not valid UTF-8 (RFC 3629: no surrogates, nothing above
 * U+10FFFF), or `length`. */
size_t utf8_valid_length(const char *text, size_t length);

/*
 * Whether a letter or digit of any script, or '_', stands directly before / starts at `offset`.
 * Used to keep an ID from being matched as a part of a longer word. Bytes that are not valid UTF-8
 * are no letters.
 */
bool utf8_word_ends_at(const char *text, size_t offset);
bool utf8_word_starts_at(const char *text, size_t length, size_t offset);

#endif
