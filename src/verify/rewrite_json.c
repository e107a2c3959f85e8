/*
 * JSON (RFC 8259), walked from left to right: every byte that belongs to no ID is copied as it
 * stands, so that digits, escapes, white space and order stay. Only an object whose keys changed is
 * put in order again, and only for jsonb.
 */
#include "rewrite.h"

#include "idmigrate/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 10000 }; /* the server's own stack ends before */

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

static bool take_value(struct json *json);

static bool
fail(struct json *json)
{
    json->result = REWRITE_NOT_VALID;
    return false;
}

static char
peek(const struct json *json)
{
    return json->at < json->text.length ? json->text.data[json->at] : '\0';
}

static void
take_space(struct json *json)
{
    size_t start = json->at;
    while (json->at < json->text.length && strchr(" \t\n\r", peek(json)) != NULL &&
           peek(json) != '\0')
        json->at++;
    strbuf_add(json->out, json->text.data + start, json->at - start);
}

static bool
take_char(struct json *json, char wanted)
{
    if (peek(json) != wanted || json->at >= json->text.length)
        return fail(json);
    strbuf_add_char(json->out, wanted);
    json->at++;
    return true;
}

/* ---- strings ---- */

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
read_unit(struct span text, size_t at, uint32_t *unit)
{
    *unit = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = at + i < text.length ? hex_value(text.data[at + i]) : -1;
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

static void
add_decoded(struct json *json, char byte, size_t place)
{
    size_t count = json->decoded.length;
    if (count + 1 >= json->place_capacity) {
        json->place_capacity = json->place_capacity ? json->place_capacity * 2 : 256;
        json->places =
            memory_realloc_array(json->places, json->place_capacity, sizeof *json->places);
    }
    json->places[count] = place;
    strbuf_add_char(&json->decoded, byte);
}

static void
add_character(struct json *json, uint32_t character, size_t place)
{
    if (character < 0x80) {
        add_decoded(json, (char)character, place);
        return;
    }
    int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    uint32_t lead = more == 1 ? 0xC0 : more == 2 ? 0xE0 : 0xF0;
    add_decoded(json, (char)(lead | character >> (6 * more)), place);
    while (more-- > 0)
        add_decoded(json, (char)(0x80 | ((character >> (6 * more)) & 0x3F)), place);
}

/* The escape whose backslash stands at json->at. */
static bool
decode_escape(struct json *json)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    size_t place = json->at;
    char letter = place + 1 < json->text.length ? json->text.data[place + 1] : '\0';
    const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
    uint32_t unit, low;

    if (found != NULL) {
        add_decoded(json, bytes[found - letters], place);
        json->at += 2;
        return true;
    }
    if (letter != 'u' || !read_unit(json->text, place + 2, &unit))
        return fail(json);
    json->at += 6;
    if (unit >= 0xD800 && unit < 0xDC00 && peek(json) == '\\' && json->at + 1 < json->text.length &&
        json->text.data[json->at + 1] == 'u' && read_unit(json->text, json->at + 2, &low) &&
        low >= 0xDC00 && low < 0xE000) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        json->at += 6;
    }
    /* Half a pair alone (json may hold one) becomes bytes that are no UTF-8, so that no ID is found
     * there. */
    add_character(json, unit, place);
    return true;
}

/* Decodes the string that starts at json->at; afterwards `at` stands behind its closing quote. */
static bool
decode_string(struct json *json)
{
    strbuf_reset(&json->decoded);
    json->at++;
    while (json->at < json->text.length && json->text.data[json->at] != '"') {
        unsigned char c = (unsigned char)json->text.data[json->at];
        if (c < ' ')
            return fail(json);
        if (c == '\\') {
            if (!decode_escape(json))
                return false;
        } else {
            add_decoded(json, (char)c, json->at);
            json->at++;
        }
    }
    if (json->at >= json->text.length)
        return fail(json);
    add_decoded(json, '"', json->at);
    strbuf_truncate(&json->decoded, json->decoded.length - 1);
    json->at++;
    return true;
}

/* Writes the decoded string, IDs replaced, everything else as it stands in the text. */
static bool
take_string(struct json *json)
{
    size_t done = json->at;
    struct finding_place place;
    if (peek(json) != '"')
        return fail(json);
    if (!decode_string(json))
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
static bool
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
    if (collides)
        json->result = REWRITE_COLLISION;
    return !collides;
}

static bool
take_object(struct json *json)
{
    size_t first = json->member_count;
    if (!take_char(json, '{'))
        return false;
    take_space(json);
    while (peek(json) != '}') {
        if (json->member_count > first) {
            if (!take_char(json, ','))
                return false;
            take_space(json);
        }
        if (!take_member(json))
            return false;
        take_space(json);
    }
    return close_object(json, first) && take_char(json, '}');
}

static bool
take_list(struct json *json)
{
    bool is_first = true;
    if (!take_char(json, '['))
        return false;
    take_space(json);
    for (; peek(json) != ']'; is_first = false)
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
        return fail(json);
    at += digits;
    if (at < length && text[at] == '.') {
        digits = count_digits(json, at + 1);
        if (digits == 0)
            return fail(json);
        at += 1 + digits;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        at += at < length && (text[at] == '+' || text[at] == '-');
        digits = count_digits(json, at);
        if (digits == 0)
            return fail(json);
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
    return json->at < json->text.length ? take_number(json) : fail(json);
}

static bool
take_value(struct json *json)
{
    take_space(json);
    if (++json->depth > DEEPEST)
        return fail(json);
    char c = peek(json);
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
