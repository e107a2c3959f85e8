/* COPY text (PostgreSQL documentation, COPY, "Text Format"), keys and JSON strings. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

struct span
span_of(const char *text)
{
    return (struct span){.data = text, .length = text ? strlen(text) : 0};
}

struct span
span_of_buffer(const struct strbuf *buf)
{
    return (struct span){.data = buf->data, .length = buf->length};
}

bool
span_equal(struct span a, struct span b)
{
    if (a.data == NULL || b.data == NULL)
        return a.data == b.data;
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

int
span_compare(struct span a, struct span b)
{
    if (a.data == NULL || b.data == NULL)
        return (a.data != NULL) - (b.data != NULL);
    int order = memcmp(a.data, b.data, a.length < b.length ? a.length : b.length);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

struct digest
span_digest(struct span span)
{
    /* Any fixed value will do, as long as no text is likely to have it. */
    static const struct digest null_digest = {.high = 0x6E756C6C, .low = 0x4E554C4C};
    return span.data == NULL ? null_digest : digest_bytes(span.data, span.length);
}

int
digest_order(struct digest a, struct digest b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

bool
text_split(const char *line, size_t length, struct span *fields, size_t count)
{
    const char *at = line, *end = line + length;
    if (length > 0 && end[-1] == '\n')
        end--;
    for (size_t i = 0; i < count; i++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        if ((tab == NULL) != (i + 1 == count))
            return false;
        const char *stop = tab ? tab : end;
        fields[i] = (struct span){.data = at, .length = (size_t)(stop - at)};
        at = stop + 1;
    }
    return count > 0 || line == end;
}

static char
meaning_of(char letter)
{
    static const char letters[] = "bfnrtv", bytes[] = "\b\f\n\r\t\v";
    const char *found = strchr(letters, letter);
    return found != NULL && letter != '\0' ? bytes[found - letters] : letter;
}

/* The server writes no octal or hexadecimal escapes, so none are read here. */
struct span
text_read(struct strbuf *buffer, struct span raw)
{
    if (raw.length == 2 && raw.data[0] == '\\' && raw.data[1] == 'N')
        return SPAN_NULL;
    if (memchr(raw.data, '\\', raw.length) == NULL)
        return raw;
    strbuf_reset(buffer);
    strbuf_reserve(buffer, raw.length);
    for (size_t i = 0; i < raw.length; i++) {
        char c = raw.data[i];
        if (c == '\\' && i + 1 < raw.length)
            c = meaning_of(raw.data[++i]);
        buffer->data[buffer->length++] = c;
    }
    buffer->data[buffer->length] = '\0';
    return span_of_buffer(buffer);
}

void
text_write(struct strbuf *out, struct span value)
{
    static const char special[] = "\\\b\f\n\r\t\v", letters[] = "\\bfnrtv";
    if (value.data == NULL) {
        strbuf_add(out, "\\N", 2);
        return;
    }
    size_t done = 0;
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];
        if ((unsigned char)c >= ' ' && c != '\\')
            continue;
        const char *found = c != '\0' ? strchr(special, c) : NULL;
        if (found == NULL)
            continue;
        strbuf_add(out, value.data + done, i - done);
        strbuf_add_char(out, '\\');
        strbuf_add_char(out, letters[found - special]);
        done = i + 1;
    }
    strbuf_add(out, value.data + done, value.length - done);
}

void
text_write_json(struct strbuf *out, struct span value)
{
    static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];
        const char *found = c != '\0' ? strchr(special, c) : NULL;
        if (found != NULL) {
            strbuf_add_char(out, '\\');
            strbuf_add_char(out, letters[found - special]);
        } else if ((unsigned char)c < ' ') {
            strbuf_printf(out, "\\u%04x", (unsigned)c);
        } else {
            strbuf_add_char(out, c);
        }
    }
    strbuf_add_char(out, '"');
}

/* Behind a backslash: one letter, or \u00XX for a control character. */
static char
json_meaning(struct span text, size_t *at)
{
    static const char letters[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    char c = text.data[*at];
    const char *letter = memchr(letters, c, sizeof letters - 1);
    if (c == 'u' && *at + 4 < text.length) {
        const char hex[] = {text.data[*at + 3], text.data[*at + 4], '\0'};
        *at += 4;
        return (char)strtol(hex, NULL, 16);
    }
    return letter != NULL ? bytes[letter - letters] : c;
}

struct span
text_read_json(struct strbuf *buffer, struct span text, size_t *at)
{
    size_t start = ++*at;
    while (*at < text.length && text.data[*at] != '"' && text.data[*at] != '\\')
        ++*at;
    const struct span plain = {.data = text.data + start, .length = *at - start};
    if (*at >= text.length || text.data[*at] == '"') {
        ++*at;
        return plain;
    }
    strbuf_reset(buffer);
    strbuf_add(buffer, plain.data, plain.length);
    for (; *at < text.length && text.data[*at] != '"'; ++*at) {
        char c = text.data[*at];
        if (c == '\\' && *at + 1 < text.length) {
            ++*at;
            c = json_meaning(text, at);
        }
        strbuf_add_char(buffer, c);
    }
    ++*at;
    return span_of_buffer(buffer);
}

void
key_add(struct strbuf *key, struct span value, size_t count)
{
    if (count == 1 && value.data != NULL) {
        strbuf_add(key, value.data, value.length);
        return;
    }
    strbuf_add_string(key, key->length == 0 ? "[" : ", ");
    if (value.data == NULL)
        strbuf_add_string(key, "null");
    else
        text_write_json(key, value);
}

void
key_end(struct strbuf *key, bool is_array)
{
    if (is_array)
        strbuf_add_char(key, ']');
}
