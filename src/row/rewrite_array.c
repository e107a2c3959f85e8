/*
 * Replacing IDs inside the elements of an array as text (PostgreSQL documentation, "Array Input and
 * Output Syntax").
 *
 * Read as array_in reads it, for any delimiter-separated array with commas; an element that is
 * changed is written as array_out writes it, and all else stays: bounds, braces, white space, NULL
 * and the quoting of other elements.
 */
#include "rewrite.h"

#include "idmigrate/memory.h"

#include <string.h>
#include <strings.h>

enum { ARRAY_DIMENSIONS = 6 }; /* MAXDIM of the server */

struct array_walk {
    const char *text;
    size_t length, at, copied;
    struct strbuf *out;
    struct strbuf *element; /* what the element at hand says */
    const struct idmap_matcher *matcher;
    int64_t replaced;
};

/* array_isspace() of the server */
static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_at(const struct array_walk *walk, char c)
{
    return walk->at < walk->length && walk->text[walk->at] == c;
}

static bool
take(struct array_walk *walk, char c)
{
    bool is_there = is_at(walk, c);
    walk->at += is_there;
    return is_there;
}

static void
skip_space(struct array_walk *walk)
{
    while (walk->at < walk->length && is_space(walk->text[walk->at]))
        walk->at++;
}

static bool
take_number(struct array_walk *walk)
{
    if (!take(walk, '-'))
        take(walk, '+');
    size_t start = walk->at;
    while (walk->at < walk->length && walk->text[walk->at] >= '0' && walk->text[walk->at] <= '9')
        walk->at++;
    return walk->at > start;
}

/* [0:1][-2:3]= in front of the braces, or nothing. */
static bool
take_bounds(struct array_walk *walk)
{
    bool has_bounds = false;
    while (skip_space(walk), take(walk, '[')) {
        if (!take_number(walk) || !take(walk, ':') || !take_number(walk) || !take(walk, ']'))
            return false;
        has_bounds = true;
    }
    if (has_bounds && !take(walk, '='))
        return false;
    skip_space(walk);
    return true;
}

static bool
take_quoted(struct array_walk *walk)
{
    walk->at++;
    while (walk->at < walk->length) {
        char c = walk->text[walk->at++];
        if (c == '"')
            return true;
        if (c == '\\') {
            if (walk->at == walk->length)
                return false;
            c = walk->text[walk->at++];
        }
        strbuf_add_char(walk->element, c);
    }
    return false;
}

/* An element without quotes ends at a delimiter or brace; white space around it is not part of it.
 */
static bool
take_bare(struct array_walk *walk, size_t *end)
{
    size_t said = 0;
    *end = walk->at;
    while (walk->at < walk->length && strchr(",{}\"", walk->text[walk->at]) == NULL) {
        bool is_escaped = walk->text[walk->at] == '\\';
        if (is_escaped && ++walk->at == walk->length)
            return false;
        char c = walk->text[walk->at++];
        strbuf_add_char(walk->element, c);
        if (is_escaped || !is_space(c)) {
            *end = walk->at;
            said = walk->element->length;
        }
    }
    strbuf_truncate(walk->element, said);
    return said > 0;
}

/* array_out()'s rule. */
static bool
needs_quotes(const char *text, size_t length)
{
    if (length == 0 || (length == 4 && strncasecmp(text, "NULL", 4) == 0))
        return true;
    for (size_t i = 0; i < length; i++)
        if (strchr("\"\\{},", text[i]) != NULL || is_space(text[i]))
            return true;
    return false;
}

/* Writes what a changed element says now; it stands at the end of `out`, from `start`. */
static void
quote_element(struct array_walk *walk, size_t start)
{
    struct strbuf *out = walk->out, *element = walk->element;
    if (!needs_quotes(out->data + start, out->length - start))
        return;
    strbuf_reset(element);
    strbuf_add(element, out->data + start, out->length - start);
    strbuf_truncate(out, start);
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < element->length; i++) {
        if (element->data[i] == '"' || element->data[i] == '\\')
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, element->data[i]);
    }
    strbuf_add_char(out, '"');
}

static bool
read_element(struct array_walk *walk)
{
    size_t start = walk->at, end;
    struct idmap_match match;

    strbuf_reset(walk->element);
    if (is_at(walk, '"')) {
        if (!take_quoted(walk))
            return false;
        end = walk->at;
    } else if (!take_bare(walk, &end)) {
        return false;
    }
    if (!row_rewrite_next(walk->matcher, walk->element->data, walk->element->length, 0, &match))
        return true;

    strbuf_add(walk->out, walk->text + walk->copied, start - walk->copied);
    size_t out_start = walk->out->length;
    walk->replaced +=
        row_rewrite_append(walk->out, walk->matcher, walk->element->data, walk->element->length);
    quote_element(walk, out_start);
    walk->copied = end;
    return true;
}

enum array_expect { EXPECT_ITEM, EXPECT_ITEM_OR_END /* behind { */, EXPECT_NEXT /* , or } */ };

static bool
read_token(struct array_walk *walk, enum array_expect *expect, int *depth)
{
    if (*expect != EXPECT_NEXT && take(walk, '{')) {
        *expect = EXPECT_ITEM_OR_END;
        return ++*depth <= ARRAY_DIMENSIONS;
    }
    if (*depth == 0)
        return false;
    if (*expect != EXPECT_ITEM && take(walk, '}')) {
        --*depth;
        *expect = EXPECT_NEXT;
        return true;
    }
    if (*expect == EXPECT_NEXT) {
        *expect = EXPECT_ITEM;
        return take(walk, ',');
    }
    *expect = EXPECT_NEXT;
    return read_element(walk);
}

/* The braces and what is in them; nothing may stand behind the last one. */
static bool
read_braces(struct array_walk *walk)
{
    enum array_expect expect = EXPECT_ITEM;
    int depth = 0;
    do {
        if (!read_token(walk, &expect, &depth))
            return false;
        skip_space(walk);
    } while (depth > 0);
    return walk->at == walk->length;
}

enum row_rewrite_result
row_rewrite_array_with(struct row_scratch *scratch, struct strbuf *out,
                       const struct idmap_matcher *matcher, const char *data, size_t length,
                       int64_t *replaced)
{
    struct array_walk walk = {.text = data,
                              .length = length,
                              .out = out,
                              .element = &scratch->decoded,
                              .matcher = matcher};
    size_t out_start = out->length;

    strbuf_reserve(out, length);
    if (!take_bounds(&walk) || !read_braces(&walk)) {
        strbuf_truncate(out, out_start);
        return ROW_REWRITE_NOT_VALID;
    }
    strbuf_add(out, data + walk.copied, length - walk.copied);
    *replaced += walk.replaced;
    return walk.replaced > 0 ? ROW_REWRITE_CHANGED : ROW_REWRITE_SAME;
}

enum row_rewrite_result
row_rewrite_array(struct strbuf *out, const struct idmap_matcher *matcher, const char *data,
                  size_t length, int64_t *replaced)
{
    CLEANUP(row_scratch_release) struct row_scratch scratch = ROW_SCRATCH_INIT;
    return row_rewrite_array_with(&scratch, out, matcher, data, length, replaced);
}
