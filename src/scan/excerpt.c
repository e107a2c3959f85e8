/* What is shown of a text: enough to know the place again, and nobody's data. */
#include "finder.h"
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <string.h>

enum { BEFORE = 40, AFTER = 60, LONG_TOKEN = 20, SHOWN_OF_TOKEN = 4, SHOWN_OF_DIGEST = 6 };

static void
add_visible(struct strbuf *out, const char *text, size_t length)
{
    CLEANUP(memory_free_string) char *copy = memory_strndup(text, length);
    uint32_t character;
    for (const char *at = copy; *at != '\0';) {
        size_t hidden = utf8_hidden_length(at, &character);
        if (hidden > 0 && (out->length == 0 || out->data[out->length - 1] != ' '))
            strbuf_add_char(out, ' ');
        if (hidden == 0)
            strbuf_add_char(out, *at);
        at += hidden > 0 ? hidden : 1;
    }
}

void
excerpt_add_id(struct strbuf *out, const struct scan_finder *finder, const char *id,
               const struct scan_hit *hit)
{
    char hex[DIGEST_HEX_SIZE];
    if (hit->state != SCAN_UNKNOWN) {
        add_visible(out, id, hit->length);
        return;
    }
    digest_to_hex(digest_bytes(id, hit->length), hex);
    strbuf_printf(out, "%s...#%.*s",
                  idmap_format_prefix(scan_finder_kind(finder, (size_t)hit->kind)->format),
                  SHOWN_OF_DIGEST, hex);
}

static bool
is_token(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("_.+@-", c) != NULL);
}

static void
add_token(struct strbuf *out, const char *token, size_t length)
{
    bool has_digit = false, has_letter = false;
    const char *at = memchr(token, '@', length);
    for (size_t i = 0; i < length; i++) {
        has_digit = has_digit || (token[i] >= '0' && token[i] <= '9');
        has_letter = has_letter || (token[i] | ' ') >= 'a';
    }
    if (at != NULL && at > token && at + 1 < token + length)
        strbuf_add_string(out, "...@...");
    else if (length >= LONG_TOKEN && has_digit && has_letter)
        strbuf_printf(out, "%.*s...", SHOWN_OF_TOKEN, token);
    else
        strbuf_add(out, token, length);
}

static void
add_text(struct strbuf *out, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (end < length && is_token(text[end]))
            end++;
        if (end > at) {
            add_token(out, text + at, end - at);
            at = end;
            continue;
        }
        while (end < length && !is_token(text[end]))
            end++;
        add_visible(out, text + at, end - at);
        at = end;
    }
}

/* Not in the middle of a character or a token: half a secret is one, too. */
static size_t
widen(const char *text, size_t length, size_t at, int step)
{
    while (at > 0 && at < length &&
           (((unsigned char)text[at] & 0xC0) == 0x80 ||
            (is_token(text[at]) && is_token(text[at - 1]))))
        at = step < 0 ? at - 1 : at + 1;
    return at;
}

char *
excerpt_make(const struct scan_finder *finder, const char *text, size_t length, size_t start,
             size_t found_length)
{
    struct strbuf out = STRBUF_INIT;
    size_t first = widen(text, length, start > BEFORE ? start - BEFORE : 0, -1);
    size_t last = start + found_length;
    last = widen(text, length, length - last > AFTER ? last + AFTER : length, 1);
    struct scan_hit hit;
    size_t at = first;
    strbuf_add_string(&out, first > 0 ? "... " : "");
    while (at < last && scan_find(finder, text, last, at, &hit)) {
        add_text(&out, text + at, hit.start - at);
        excerpt_add_id(&out, finder, text + hit.start, &hit);
        at = hit.start + hit.length;
    }
    add_text(&out, text + at, last - at);
    strbuf_add_string(&out, last < length ? " ..." : "");
    return strbuf_take(&out);
}
