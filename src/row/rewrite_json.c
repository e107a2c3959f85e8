/*
 * Replacing IDs inside the strings of a JSON text, keys included.
 *
 * The text is read once from front to back and checked like the server's own parser does; what is
 * replaced is written, and the bytes between are copied as they are. Nesting uses a stack of our
 * own: a row must not decide how deep we call.
 */
#include "json.h"

#include "idmigrate/memory.h"

#include <stdlib.h>

/* Deeper than any server reads: its own limit is its stack, and stands near 6,000 (2 MB) to 25,000
 * levels. */
enum { JSON_DEPTH = 100000 };

struct json_frame {
    size_t start, out_start; /* of the brace or bracket */
    bool is_object, has_changed_key;
};

enum json_expect {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* behind [ */
    EXPECT_KEY,
    EXPECT_KEY_OR_END, /* behind { */
    EXPECT_COLON,
    EXPECT_NEXT, /* a comma or the end of what is open */
};

struct json_walk {
    const char *text;
    size_t length, at;
    size_t copied; /* the text before it is in `out`, rewritten */
    struct strbuf *out;
    const struct idmap_matcher *matcher;
    struct row_scratch *scratch;
    size_t depth;
    enum json_expect expect;
    bool sort_keys, has_collision;
    int64_t replaced;
};

void
row_scratch_release(struct row_scratch *scratch)
{
    strbuf_release(&scratch->decoded);
    strbuf_release(&scratch->object);
    row_arena_release(&scratch->keys);
    free(scratch->frames);
    free(scratch->members);
    *scratch = (struct row_scratch)ROW_SCRATCH_INIT;
}

static void
copy_until(struct json_walk *walk, size_t end)
{
    strbuf_add(walk->out, walk->text + walk->copied, end - walk->copied);
    walk->copied = end;
}

static void
replace(struct json_walk *walk, size_t start, size_t end, const struct idmap_pair *pair)
{
    copy_until(walk, start);
    row_json_escape(walk->out, pair->new_id, pair->new_length);
    walk->copied = end;
    walk->replaced++;
}

static void
rewrite_plain(struct json_walk *walk, size_t start, size_t end)
{
    const char *content = walk->text + start;
    struct idmap_match match;
    size_t from = 0;
    while (row_rewrite_next(walk->matcher, content, end - start, from, &match)) {
        from = match.start + match.length;
        replace(walk, start + match.start, start + from, match.pair);
    }
}

/*
 * A string with escapes is matched as what it says, so that the neighbours of an ID are characters
 * and not the ends of escapes
 * (\n before an ID is no letter, \u0041 is one) and an ID is found however it is written. What is
 * not replaced keeps its escapes.
 */
static void
rewrite_escaped(struct json_walk *walk, size_t start, size_t end)
{
    struct strbuf *decoded = &walk->scratch->decoded;
    struct idmap_match match;
    size_t from = 0, at = start;

    strbuf_reset(decoded);
    row_json_decode(decoded, walk->text, start, end);
    while (row_rewrite_next(walk->matcher, decoded->data, decoded->length, from, &match)) {
        size_t match_start = row_json_advance(walk->text, end, at, match.start - from);
        at = row_json_advance(walk->text, end, match_start, match.length);
        from = match.start + match.length;
        replace(walk, match_start, at, match.pair);
    }
}

/* Reads the string at `at` and rewrites it. */
static bool
read_string(struct json_walk *walk)
{
    bool has_escapes;
    size_t start = walk->at + 1;
    size_t end = row_json_string_end(walk->text, walk->length, start, &has_escapes);
    if (end == JSON_NOT_VALID)
        return false;
    if (has_escapes)
        rewrite_escaped(walk, start, end);
    else
        rewrite_plain(walk, start, end);
    walk->at = end + 1;
    return true;
}

static bool
read_key(struct json_walk *walk)
{
    int64_t before = walk->replaced;
    if (walk->text[walk->at] != '"' || !read_string(walk))
        return false;
    if (walk->replaced > before)
        walk->scratch->frames[walk->depth - 1].has_changed_key = true;
    walk->expect = EXPECT_COLON;
    return true;
}

static bool
open_frame(struct json_walk *walk, bool is_object)
{
    struct row_scratch *scratch = walk->scratch;
    if (walk->depth == JSON_DEPTH)
        return false;
    *ARRAY_ADD(scratch->frames, walk->depth, scratch->frame_capacity) = (struct json_frame){
        .start = walk->at,
        .out_start = walk->out->length + (walk->at - walk->copied),
        .is_object = is_object,
    };
    walk->at++;
    walk->expect = is_object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
    return true;
}

static bool
close_frame(struct json_walk *walk, bool is_object)
{
    if (walk->depth == 0 || walk->scratch->frames[walk->depth - 1].is_object != is_object)
        return false;
    struct json_frame frame = walk->scratch->frames[--walk->depth];
    walk->at++;
    walk->expect = EXPECT_NEXT;
    if (frame.has_changed_key) {
        copy_until(walk, walk->at);
        if (!row_json_close_object(walk->scratch, walk->text + frame.start, walk->at - frame.start,
                                   walk->out, frame.out_start, walk->sort_keys))
            walk->has_collision = true;
    }
    return true;
}

static bool
read_value(struct json_walk *walk)
{
    walk->expect = EXPECT_NEXT;
    switch (walk->text[walk->at]) {
    case '"':
        return read_string(walk);
    case '{':
        return open_frame(walk, true);
    case '[':
        return open_frame(walk, false);
    default:
        walk->at = row_json_scalar_end(walk->text, walk->length, walk->at);
        return walk->at != JSON_NOT_VALID;
    }
}

static bool
read_comma(struct json_walk *walk)
{
    if (walk->depth == 0)
        return false;
    walk->at++;
    walk->expect = walk->scratch->frames[walk->depth - 1].is_object ? EXPECT_KEY : EXPECT_VALUE;
    return true;
}

/* Reads one word; false when it does not belong where it stands. */
static bool
read_word(struct json_walk *walk)
{
    char c = walk->text[walk->at];
    switch (walk->expect) {
    case EXPECT_VALUE:
        return read_value(walk);
    case EXPECT_VALUE_OR_END:
        return c == ']' ? close_frame(walk, false) : read_value(walk);
    case EXPECT_KEY:
        return read_key(walk);
    case EXPECT_KEY_OR_END:
        return c == '}' ? close_frame(walk, true) : read_key(walk);
    case EXPECT_COLON:
        walk->at++;
        walk->expect = EXPECT_VALUE;
        return c == ':';
    case EXPECT_NEXT:
        return c == ','   ? read_comma(walk)
               : c == '}' ? close_frame(walk, true)
               : c == ']' ? close_frame(walk, false)
                          : false;
    }
    return false;
}

enum row_rewrite_result
row_rewrite_json_with(struct row_scratch *scratch, struct strbuf *out,
                      const struct idmap_matcher *matcher, const char *data, size_t length,
                      bool sort_keys, int64_t *replaced)
{
    struct json_walk walk = {.text = data,
                             .length = length,
                             .out = out,
                             .matcher = matcher,
                             .scratch = scratch,
                             .sort_keys = sort_keys};
    size_t out_start = out->length;
    bool is_valid = true;

    strbuf_reserve(out, length);
    while (is_valid && (walk.at = row_json_skip_space(data, length, walk.at)) < length)
        is_valid = read_word(&walk);
    is_valid = is_valid && walk.depth == 0 && walk.expect == EXPECT_NEXT;
    if (!is_valid || walk.has_collision) {
        strbuf_truncate(out, out_start);
        return is_valid ? ROW_REWRITE_KEY_COLLISION : ROW_REWRITE_NOT_VALID;
    }
    copy_until(&walk, length);
    *replaced += walk.replaced;
    return walk.replaced > 0 ? ROW_REWRITE_CHANGED : ROW_REWRITE_SAME;
}

enum row_rewrite_result
row_rewrite_json(struct strbuf *out, const struct idmap_matcher *matcher, const char *data,
                 size_t length, bool sort_keys, int64_t *replaced)
{
    CLEANUP(row_scratch_release) struct row_scratch scratch = ROW_SCRATCH_INIT;
    return row_rewrite_json_with(&scratch, out, matcher, data, length, sort_keys, replaced);
}
