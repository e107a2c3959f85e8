/* One object of a provider's JSON, read faster than jansson reads it. */
#ifndef PROVIDERS_JSON_OBJECT_H
#define PROVIDERS_JSON_OBJECT_H

#include <jansson.h>
#include <stddef.h>

/*
 * The object that the text is, or NULL when it is not one of the plain kind: names and most values
 * texts without escapes, no name twice, nothing around it. What is NULL may still be good JSON, and
 * is jansson's to judge; what is not NULL is what jansson would have made of it. The text is valid
 * UTF-8.
 *
 * jansson's lexer takes a text byte by byte through several calls; of a million users that is half
 * of all the time.
 */
json_t *json_object_read_plain(const char *text, size_t length);

#endif
