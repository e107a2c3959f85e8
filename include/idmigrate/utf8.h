/* Checks on UTF-8 text. */
#ifndef IDMIGRATE_UTF8_H
#define IDMIGRATE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/*
 * Length in bytes of the character at the beginning of a zero-terminated text when it does not show
 * as itself: a control character, which could steer a terminal, a mark that changes the direction
 * of what stands around it (U+202E makes "abc" look like "cba"), a line end that is no control
 * character, or one without any width. 0: it shows, or it is no valid UTF-8. Joiners (U+200C,
 * U+200D) are letters' business.
 */
size_t utf8_hidden_length(const char *text, uint32_t *character);

#endif
