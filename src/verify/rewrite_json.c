/*
 * JSON (RFC 8259), walked from left to right: every byte that belongs to no ID is copied as it
 * stands, so that digits, escapes, white space and order stay. Only an object whose keys changed is
 * put in order again, and only for jsonb.
 */
#include "json.h"

#include "idmigrate/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 10000 }; /* the server's own stack ends before */

static bool take_value(struct json *json);

bool
json_fail(struct json *json)
{
    json->result = REWRITE_NOT_VALID;
    return false;
}

char
json_peek(const struct json *json)
{
    return json->at < json->text.length ? json->text.data[json->at] : '\0';
}

static void
take_space(struct json *json)
{
    size_t start = json->at;
    while (json->at < json->text.length && strchr(" \t\n\r", json_peek(json)) != NULL &&
           json_peek(json) != '\0')
        json->at++;
    strbuf_add(json->out, json->text.data + start, json->at - start);
}

static bool
take_char(struct json *json, char wanted)
{
    if (json_peek(json) != wanted || json->at >= json->text.length)
        return json_fail(json);
    strbuf_add_char(json->out, wanted);
    json->at++;
    return true;
}

/* Writes the decoded string, IDs replaced, everything else as it stands in the text. */
static bool
take_string(struct json *json)
{
    size_t done = json->at;
    struct finding_place place;
    if (json_peek(json) != '"')
        return json_fail(json);
    if (!json_decode_string(json))
        return false;
    struct span decoded = span_of_buffer(&json->decoded);
    if (json->found != NULL) {
        if (json->found->length == 0 && finder_next(json->finder, decoded, 0, &place))
            strbuf_add(json->found, decoded.data + place.start, place.length);
        return true;
    }
    for (size_t from = 0; finder_next(json->finder, decoded, from, &place);
         from = place.start + place.length) {
        CLEANUP(strbuf_release) struct strbuf quoted = STRBUF_INIT;
        size_t start = json->places[place.start];
        strbuf_add(json->out, json->text.data + done, start - done);
        text_write_json(&quoted, place.new_id);
        strbuf_add(json->out, quoted.data + 1, quoted.length - 2);
        done = json->places[place.start + place.length];
    }
    strbuf_add(json->out, json->text.data + done, json->at - done);
    return true;
}

/* ---- objects ---- */

static struct span
key_of(const struct json *json, const struct member *member, bool is_new)
{
    return (struct span){
        .data = json->keys.data + (is_new ? member->new_key : member->old_key),
        .length = is_new ? member->new_length : member->old_length,
    };
}

static bool
take_member(struct json *json)
{
    struct member member = {.start = json->out->length, .old_key = json->keys.length};
    if (!take_string(json))
        return false;
    strbuf_add(&json->keys, json->decoded.data, json->decoded.length);
    member.old_length = json->decoded.length;
    member.new_key = json->keys.length;
    if (json->found != NULL)
        strbuf_add(&json->keys, json->decoded.data, json->decoded.length);
    else
        rewrite_text(&json->keys, json->finder, span_of_buffer(&json->decoded));
    member.new_length = json->keys.length - member.new_key;

    take_space(json);
    if (!take_char(json, ':') || !take_value(json))
        return false;
    member.end = json->out->length;
    *ARRAY_ADD(json->members, json->member_count, json->member_capacity) = member;
    return true;
}

struct sorted_member {
    struct member member;
    struct span key, old_key;
};

static int
compare_members(const void *a, const void *b)
{
    const struct sorted_member *left = a, *right = b;
    if (left->key.length != right->key.length)
        return left->key.length < right->key.length ? -1 : 1;
    return span_compare(left->key, right->key);
}

static void
put_in_order(struct json *json, const struct sorted_member *sorted, size_t count, size_t start)
{
    CLEANUP(strbuf_release) struct strbuf ordered = STRBUF_INIT;
    for (size_t i = 0; i < count; i++) {
        strbuf_add_string(&ordered, i > 0 ? ", " : "");
        strbuf_add(&ordered, json->out->data + sorted[i].member.start,
                   sorted[i].member.end - sorted[i].member.start);
    }
    strbuf_truncate(json->out, start);
    strbuf_add(json->out, ordered.data, ordered.length);
}

/* The members from `first` on are one whole object, without its closing brace. */
static void
close_object(struct json *json, size_t first)
{
    size_t count = json->member_count - first;
    struct sorted_member *sorted = memory_realloc_array(NULL, count, sizeof *sorted);
    bool changed = false, collides = false;
    for (size_t i = 0; i < count; i++) {
        const struct member *member = &json->members[first + i];
        sorted[i] = (struct sorted_member){.member = *member,
                                           .key = key_of(json, member, true),
                                           .old_key = key_of(json, member, false)};
        changed |= !span_equal(sorted[i].key, sorted[i].old_key);
    }
    if (changed) {
        qsort(sorted, count, sizeof *sorted, compare_members);
        for (size_t i = 1; i < count; i++)
            collides |= span_equal(sorted[i - 1].key, sorted[i].key) &&
                        !span_equal(sorted[i - 1].old_key, sorted[i].old_key);
        if (json->sorts && !collides)
            put_in_order(json, sorted, count, json->members[first].start);
    }
    free(sorted);
    if (count > 0)
        strbuf_truncate(&json->keys, json->members[first].old_key);
    json->member_count = first;
    /* The walk goes on: that the text is no JSON at all would weigh more. */
    if (collides)
        json->result = REWRITE_COLLISION;
}

static bool
take_object(struct json *json)
{
    size_t first = json->member_count;
    if (!take_char(json, '{'))
        return false;
    take_space(json);
    while (json_peek(json) != '}') {
        if (json->member_count > first) {
            if (!take_char(json, ','))
                return false;
            take_space(json);
        }
        if (!take_member(json))
            return false;
        take_space(json);
    }
    close_object(json, first);
    return take_char(json, '}');
}

static bool
take_list(struct json *json)
{
    bool is_first = true;
    if (!take_char(json, '['))
        return false;
    take_space(json);
    for (; json_peek(json) != ']'; is_first = false)
        if ((!is_first && !take_char(json, ',')) || !take_value(json))
            return false;
    return take_char(json, ']');
}

/* ---- scalars ---- */

static size_t
count_digits(const struct json *json, size_t at)
{
    size_t start = at;
    while (at < json->text.length && json->text.data[at] >= '0' && json->text.data[at] <= '9')
        at++;
    return at - start;
}

static bool
take_number(struct json *json)
{
    const char *text = json->text.data;
    size_t length = json->text.length, at = json->at;
    at += text[at] == '-';
    size_t digits = count_digits(json, at);
    if (digits == 0 || (digits > 1 && text[at] == '0'))
        return json_fail(json);
    at += digits;
    if (at < length && text[at] == '.') {
        digits = count_digits(json, at + 1);
        if (digits == 0)
            return json_fail(json);
        at += 1 + digits;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        at += at < length && (text[at] == '+' || text[at] == '-');
        digits = count_digits(json, at);
        if (digits == 0)
            return json_fail(json);
        at += digits;
    }
    strbuf_add(json->out, text + json->at, at - json->at);
    json->at = at;
    return true;
}

static bool
take_scalar(struct json *json)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if (json->text.length - json->at < length ||
            memcmp(json->text.data + json->at, words[i], length) != 0)
            continue;
        strbuf_add(json->out, words[i], length);
        json->at += length;
        return true;
    }
    return json->at < json->text.length ? take_number(json) : json_fail(json);
}

static bool
take_value(struct json *json)
{
    take_space(json);
    if (++json->depth > DEEPEST)
        return json_fail(json);
    char c = json_peek(json);
    bool good = c == '{'   ? take_object(json)
                : c == '[' ? take_list(json)
                : c == '"' ? take_string(json)
                           : take_scalar(json);
    json->depth--;
    if (good)
        take_space(json);
    return good;
}

static void
release(struct json *json)
{
    free(json->members);
    free(json->places);
    strbuf_release(&json->keys);
    strbuf_release(&json->decoded);
}

enum rewrite_result
rewrite_json(struct strbuf *out, const struct finder *finder, struct span value, bool sorts)
{
    struct json json = {.out = out,
                        .finder = finder,
                        .text = value,
                        .sorts = sorts,
                        .result = REWRITE_DONE,
                        .keys = STRBUF_INIT,
                        .decoded = STRBUF_INIT};
    if (take_value(&json) && json.at != value.length)
        json.result = REWRITE_NOT_VALID;
    release(&json);
    return json.result;
}

bool
rewrite_finds(const struct finder *finder, struct span value, bool is_json, struct strbuf *found)
{
    struct finding_place place;
    strbuf_reset(found);
    if (value.data == NULL)
        return false;
    /* Without a backslash the bytes are what the strings say. */
    if (is_json && memchr(value.data, '\\', value.length) != NULL) {
        CLEANUP(strbuf_release) struct strbuf ignored = STRBUF_INIT;
        struct json json = {.out = &ignored,
                            .finder = finder,
                            .text = value,
                            .found = found,
                            .keys = STRBUF_INIT,
                            .decoded = STRBUF_INIT};
        take_value(&json);
        release(&json);
    } else if (finder_next(finder, value, 0, &place)) {
        strbuf_add(found, value.data + place.start, place.length);
    }
    return found->length > 0;
}
