/*
 * An object of which a key was rewritten: no two keys may have become one, and jsonb keeps its
 * members in an order of its own, by length of the key and then by bytes.
 *
 * Keys are not kept while an object is read, since nearly none is ever rewritten and an object may
 * be as large as a row: an object is read again when it ends with a changed key.
 */
#include "json.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

struct json_member {
    struct row_value old_key, key; /* decoded */
    size_t start, end;             /* of the key as it is written, quotes included */
    size_t value_start, value_end;
    size_t number;
};

/* The end of the value at `at` of valid JSON. */
static size_t
value_end(const char *text, size_t length, size_t at)
{
    size_t depth = 0;
    bool ignored;
    do {
        switch (text[at]) {
        case '"':
            at = row_json_string_end(text, length, at + 1, &ignored) + 1;
            break;
        case '{':
        case '[':
            depth++;
            at++;
            break;
        case '}':
        case ']':
            depth--;
            at++;
            break;
        case ',':
        case ':':
        case ' ':
        case '\t':
        case '\n':
        case '\r':
            at++;
            break;
        default:
            at = row_json_scalar_end(text, length, at);
        }
    } while (depth > 0);
    return at;
}

static struct row_value
decode_key(struct row_scratch *scratch, const char *text, size_t start, size_t end,
           bool has_escapes)
{
    if (!has_escapes)
        return (struct row_value){.data = text + start, .length = end - start};
    strbuf_reset(&scratch->decoded);
    row_json_decode(&scratch->decoded, text, start, end);
    return row_arena_copy(&scratch->keys, (struct row_value){.data = scratch->decoded.data,
                                                             .length = scratch->decoded.length});
}

/* The next member of an object at `*at` (behind its brace or the last member); false at its end. */
static bool
next_member(struct row_scratch *scratch, const char *text, size_t length, size_t *at,
            struct json_member *member)
{
    bool has_escapes;
    *at = row_json_skip_space(text, length, *at);
    if (text[*at] == ',')
        *at = row_json_skip_space(text, length, *at + 1);
    if (text[*at] == '}')
        return false;

    member->start = *at;
    member->end = row_json_string_end(text, length, *at + 1, &has_escapes) + 1;
    member->key = decode_key(scratch, text, member->start + 1, member->end - 1, has_escapes);
    *at = row_json_skip_space(text, length, member->end) + 1; /* the colon */
    member->value_start = row_json_skip_space(text, length, *at);
    *at = member->value_end = value_end(text, length, member->value_start);
    return true;
}

static size_t
collect_members(struct row_scratch *scratch, const char *source, size_t length, const char *out,
                size_t out_length)
{
    size_t count = 0, source_at = 1, out_at = 1;
    struct json_member old, member;
    while (next_member(scratch, out, out_length, &out_at, &member) &&
           next_member(scratch, source, length, &source_at, &old)) {
        member.old_key = old.key;
        member.number = count;
        *ARRAY_ADD(scratch->members, count, scratch->member_capacity) = member;
    }
    return count;
}

static bool
is_same(struct row_value a, struct row_value b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

/* jsonb's order of keys; doubled keys, which only `json` has, stay as they follow each other. */
static int
compare_members(const void *a, const void *b)
{
    const struct json_member *left = a, *right = b;
    if (left->key.length != right->key.length)
        return left->key.length < right->key.length ? -1 : 1;
    int order = memcmp(left->key.data, right->key.data, left->key.length);
    if (order != 0)
        return order;
    return left->number < right->number ? -1 : 1;
}

static void
write_sorted(struct strbuf *object, const struct json_member *members, size_t count,
             const char *text)
{
    strbuf_reset(object);
    strbuf_add_char(object, '{');
    for (size_t i = 0; i < count; i++) {
        const struct json_member *member = &members[i];
        if (i > 0)
            strbuf_add(object, ", ", 2);
        strbuf_add(object, text + member->start, member->end - member->start);
        strbuf_add(object, ": ", 2);
        strbuf_add(object, text + member->value_start, member->value_end - member->value_start);
    }
    strbuf_add_char(object, '}');
}

bool
row_json_close_object(struct row_scratch *scratch, const char *source, size_t length,
                      struct strbuf *out, size_t start, bool sort)
{
    const char *text = out->data + start;
    row_arena_reset(&scratch->keys);
    size_t count = collect_members(scratch, source, length, text, out->length - start);
    struct json_member *members = scratch->members;

    qsort(members, count, sizeof *members, compare_members);
    for (size_t i = 1; i < count; i++)
        if (is_same(members[i - 1].key, members[i].key) &&
            !is_same(members[i - 1].old_key, members[i].old_key))
            return false;
    if (sort) {
        write_sorted(&scratch->object, members, count, text);
        strbuf_truncate(out, start);
        strbuf_add(out, scratch->object.data, scratch->object.length);
    }
    return true;
}
