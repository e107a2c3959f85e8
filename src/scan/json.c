/*
 * IDs in a JSON document (RFC 8259), walked from left to right without building it. The server has
 * checked it before; from where it is no JSON after all it is searched as a text, so that nothing
 * is missed.
 *
 * Paths are general: [*] for any element, {format} for a key that is an ID, * for a key that is no
 * plain word, which may be anything: a number, an address, a name.
 */
#include "finder.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <string.h>

enum { DEEPEST = 10000, LONGEST_KEY = 64, LONGEST_PATH = 512 };

struct walk {
    const struct scan_finder *finder;
    struct scan_scratch *scratch;
    const struct scan_sink *sink;
    const char *text;
    size_t length, at;
    int depth;
};

static bool take_value(struct walk *walk);

static char
peek(const struct walk *walk)
{
    return walk->at < walk->length ? walk->text[walk->at] : '\0';
}

static void
skip_space(struct walk *walk)
{
    while (walk->at < walk->length && peek(walk) != '\0' && strchr(" \t\n\r", peek(walk)) != NULL)
        walk->at++;
}

static void
look(struct walk *walk, const char *text, size_t length, bool is_key)
{
    struct scan_place place = {.path = walk->scratch->path.data,
                               .path_length = walk->scratch->path.length,
                               .is_key = is_key};
    struct scan_hit hit;
    for (size_t from = 0; scan_find(walk->finder, text, length, from, &hit);
         from = hit.start + hit.length)
        walk->sink->found(walk->sink->context, &place, text, length, &hit);
}

/* ---- strings ---- */

static void
add_character(struct strbuf *out, unsigned code)
{
    if (code < 0x80) {
        strbuf_add_char(out, (char)code);
    } else if (code < 0x800) {
        strbuf_add_char(out, (char)(0xC0 | code >> 6));
        strbuf_add_char(out, (char)(0x80 | (code & 0x3F)));
    } else {
        /* Halves of a pair become bytes that are no letters; no ID is made of them. */
        strbuf_add_char(out, (char)(0xE0 | code >> 12));
        strbuf_add_char(out, (char)(0x80 | (code >> 6 & 0x3F)));
        strbuf_add_char(out, (char)(0x80 | (code & 0x3F)));
    }
}

static bool
take_unicode(struct walk *walk, struct strbuf *out)
{
    unsigned code = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef";
        char c = peek(walk);
        const char *digit = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
        if (digit == NULL)
            return false;
        code = code << 4 | (unsigned)(digit - digits);
        walk->at++;
    }
    add_character(out, code);
    return true;
}

static bool
take_escape(struct walk *walk, struct strbuf *out)
{
    static const char letters[] = "bfnrt\"\\/", bytes[] = "\b\f\n\r\t\"\\/";
    char c = peek(walk);
    const char *found = c == '\0' ? NULL : strchr(letters, c);
    walk->at++;
    if (c == 'u')
        return take_unicode(walk, out);
    if (found == NULL)
        return false;
    strbuf_add_char(out, bytes[found - letters]);
    return true;
}

/* The string's characters: in the text itself, or decoded where it has escapes. */
static bool
take_string(struct walk *walk, const char **data, size_t *length)
{
    struct strbuf *out = &walk->scratch->decoded;
    size_t start = ++walk->at;
    while (walk->at < walk->length && peek(walk) != '"' && peek(walk) != '\\')
        walk->at++;
    *data = walk->text + start;
    *length = walk->at - start;
    if (peek(walk) == '\\') {
        strbuf_reset(out);
        strbuf_add(out, *data, *length);
        while (walk->at < walk->length && peek(walk) != '"')
            if (peek(walk) != '\\')
                strbuf_add_char(out, walk->text[walk->at++]);
            else if (walk->at++, !take_escape(walk, out))
                return false;
        *data = out->data;
        *length = out->length;
    }
    return walk->at++ < walk->length;
}

/* ---- paths ---- */

static bool
is_plain_word(const char *key, size_t length)
{
    if (length == 0 || length > LONGEST_KEY || (key[0] >= '0' && key[0] <= '9'))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)key[i] < 0x80 && !utf8_word_starts_at(key, length, i) && key[i] != '-' &&
            key[i] != '$')
            return false;
    return true;
}

static const char *
name_of(const struct scan_finder *finder, int number)
{
    const struct scan_kind *kind = scan_finder_kind(finder, (size_t)number);
    return kind->format != NULL ? kind->name : idmap_name(scan_finder_map(finder, kind->map));
}

static void
add_key(struct walk *walk, const char *key, size_t length)
{
    struct strbuf *path = &walk->scratch->path;
    struct scan_hit hit;
    if (path->length > LONGEST_PATH)
        return;
    strbuf_add_char(path, '.');
    if (scan_find(walk->finder, key, length, 0, &hit))
        strbuf_printf(path, "{%s}", name_of(walk->finder, hit.kind));
    else if (is_plain_word(key, length))
        strbuf_add(path, key, length);
    else
        strbuf_add_char(path, '*');
}

/* ---- values ---- */

static bool
take_member(struct walk *walk)
{
    const char *key;
    size_t length, path = walk->scratch->path.length;
    skip_space(walk);
    if (peek(walk) != '"' || !take_string(walk, &key, &length))
        return false;
    look(walk, key, length, true);
    add_key(walk, key, length);
    skip_space(walk);
    bool good = peek(walk) == ':';
    walk->at += good;
    good = good && take_value(walk);
    strbuf_truncate(&walk->scratch->path, path);
    return good;
}

static bool
take_element(struct walk *walk)
{
    size_t path = walk->scratch->path.length;
    if (path <= LONGEST_PATH)
        strbuf_add_string(&walk->scratch->path, "[*]");
    bool good = take_value(walk);
    strbuf_truncate(&walk->scratch->path, path);
    return good;
}

static bool
take_list(struct walk *walk, char end, bool (*take_one)(struct walk *))
{
    walk->at++;
    skip_space(walk);
    if (peek(walk) == end) {
        walk->at++;
        return true;
    }
    for (;;) {
        if (!take_one(walk))
            return false;
        skip_space(walk);
        char c = peek(walk);
        if (c != end && c != ',')
            return false;
        walk->at++;
        if (c == end)
            return true;
    }
}

static bool
take_scalar(struct walk *walk)
{
    size_t start = walk->at;
    while (walk->at < walk->length && peek(walk) != '\0' &&
           strchr(",]} \t\n\r", peek(walk)) == NULL)
        walk->at++;
    look(walk, walk->text + start, walk->at - start, false);
    return walk->at > start;
}

static bool
take_value(struct walk *walk)
{
    const char *text;
    size_t length;
    bool good;
    if (++walk->depth > DEEPEST)
        return false;
    skip_space(walk);
    if (peek(walk) == '{') {
        good = take_list(walk, '}', take_member);
    } else if (peek(walk) == '[') {
        good = take_list(walk, ']', take_element);
    } else if (peek(walk) == '"') {
        good = take_string(walk, &text, &length);
        if (good)
            look(walk, text, length, false);
    } else {
        good = take_scalar(walk);
    }
    walk->depth--;
    return good;
}

void
scan_json(const struct scan_finder *finder, struct scan_scratch *scratch, const char *root,
          const char *text, size_t length, const struct scan_sink *sink)
{
    struct walk walk = {
        .finder = finder, .scratch = scratch, .sink = sink, .text = text, .length = length};
    strbuf_reset(&scratch->path);
    strbuf_add_string(&scratch->path, root);
    bool good = take_value(&walk);
    /* What was found before the fault is not told twice. */
    if (!good && walk.at < length)
        scan_text(finder, text + walk.at, length - walk.at, sink);
}

void
scan_scratch_release(struct scan_scratch *scratch)
{
    strbuf_release(&scratch->path);
    strbuf_release(&scratch->decoded);
    strbuf_release(&scratch->value);
}
