/* The walk over a JSON text, shared by rewrite_json.c and json_string.c. */
#ifndef VERIFY_JSON_H
#define VERIFY_JSON_H

#include "rewrite.h"

#include <stdint.h>

struct member {
    size_t old_key, old_length, new_key, new_length; /* in json->keys */
    size_t start, end;                               /* in json->out */
};

struct json {
    struct strbuf *out;
    const struct finder *finder;
    struct span text;
    size_t at;
    bool sorts;
    size_t depth;
    enum rewrite_result result;
    struct member *members; /* of the objects that are open, one behind the other */
    size_t member_count, member_capacity;
    struct strbuf keys;
    struct strbuf decoded;
    size_t *places; /* where each decoded byte stands in the text, and the end */
    size_t place_capacity;
    struct strbuf *found; /* the first ID, when nothing is to be replaced; otherwise NULL */
};

/* The text is no JSON; always false. */
bool json_fail(struct json *json);
/* The character at hand; zero at the end. */
char json_peek(const struct json *json);

/* Decodes the string that starts at json->at into json->decoded and json->places; afterwards `at`
 * stands behind its closing quote. */
bool json_decode_string(struct json *json);

#endif
