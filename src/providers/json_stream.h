/*
 * JSON of any size as a stream of records.
 *
 * A document, or several one behind the other (NDJSON, pages that were put together), is cut into
 * records: each outer object, with the arrays that are members with one of the names in `lists`
 * left empty, and before it each element of such an array. Objects in outer arrays, of whatever
 * depth, are outer objects: an array of pages is what a list of users is. Only strings and brackets
 * are known here; whatever else is wrong with a record, jansson finds. Members with a name in
 * `ignored`, directly in a record, are not even kept until then: secrets, and what nobody asks for.
 * One outer object {"old": "new", ...} may be larger than memory too: it comes in parts.
 */
#ifndef PROVIDERS_JSON_STREAM_H
#define PROVIDERS_JSON_STREAM_H

#include "idmigrate/error.h"
#include "idmigrate/strbuf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_stream_record {
    json_t *json;      /* borrowed */
    uint64_t number;   /* among the file's records, from 1 */
    uint64_t line;     /* on which it begins */
    bool is_outer;     /* an object of its own, or what is left of one */
    uint64_t in_lists; /* of such an object: records that were in its lists */
    bool is_part;      /* more members of the same object come */
};

struct json_stream {
    char *const *lists, *const *ignored;
    size_t list_count, ignored_count;
    /* Errors name no place. */
    bool (*sink)(void *context, const struct json_stream_record *record, struct error *err);
    void *context;

    enum json_stream_state { STREAM_BETWEEN, STREAM_OBJECT, STREAM_LIST } state;
    size_t arrays; /* outer ones that are open */
    /* Whether what no JSON can go on with is found where it stands, and not when the record ends.
     */
    bool is_strict;
    char last;      /* with is_strict: outside of texts, and no white space */
    bool has_given; /* something of the outer object went to the sink before it has ended */
    bool after_value;
    struct strbuf outer, element; /* what is read so far of the object, and of the element */
    size_t depth;                 /* inside of what is being read */
    bool in_string, after_backslash, has_content, after_comma;
    /* Of the member that is being read, directly in the object or element: */
    size_t member_start, text_start, text_end; /* where it, and its last string, are */
    bool is_member_name;                       /* the last string is followed by a colon */
    bool is_flat; /* nothing but texts and numbers in the object so far */
    uint64_t line, number, outer_line, element_line, in_lists;
};

#define JSON_STREAM_INIT                                                                           \
    {                                                                                              \
        .outer = STRBUF_INIT, .element = STRBUF_INIT, .line = 1                                    \
    }

bool json_stream_feed(struct json_stream *stream, const char *data, size_t length,
                      struct error *err);
bool json_stream_end(struct json_stream *stream, struct error *err);
/* Whether it stands between outer objects, outside of arrays: a file may end here. */
bool json_stream_is_between(const struct json_stream *stream);
/* Forgets the outer object at hand; what is fed next stands on this line. */
void json_stream_drop(struct json_stream *stream, uint64_t line);
void json_stream_release(struct json_stream *stream); /* for CLEANUP too; wipes what was read */

#endif
