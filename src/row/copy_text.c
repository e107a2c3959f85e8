/*
 * COPY's text format (PostgreSQL documentation, COPY, "Text Format"), byte for byte as the server
 * writes and reads it.
 *
 * Writing escapes backslash, tab and five control characters and nothing else; reading takes
 * everything the server would take, octal and hexadecimal escapes too.
 */
#include "idmigrate/row.h"

#include <string.h>

/* The letter after the backslash, or 0 for a byte that is written as it is. */
static const char escape_letter[256] = {
    ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',  ['\r'] = 'r',
    ['\t'] = 't', ['\v'] = 'v', ['\\'] = '\\',
};

void
row_escape(struct strbuf *out, const char *data, size_t length)
{
    size_t done = 0;
    strbuf_reserve(out, length);
    for (size_t i = 0; i < length; i++) {
        char letter = escape_letter[(unsigned char)data[i]];
        if (letter == 0)
            continue;
        strbuf_add(out, data + done, i - done);
        strbuf_add(out, (const char[]){'\\', letter}, 2);
        done = i + 1;
    }
    strbuf_add(out, data + done, length - done);
}

static int
digit_value(char c, int base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : base;
    return value < base ? value : -1;
}

/* Reads up to `most` digits at `*at`; the value as a byte, as the server cuts it. */
static char
read_digits(const char *data, size_t length, size_t *at, int base, size_t most)
{
    unsigned value = 0;
    for (size_t n = 0; n < most && *at < length && digit_value(data[*at], base) >= 0; n++, ++*at)
        value = value * (unsigned)base + (unsigned)digit_value(data[*at], base);
    return (char)(value & 0xFF);
}

/* The byte that the escape at `*at` (just behind its backslash) stands for. */
static char
read_escape(const char *data, size_t length, size_t *at)
{
    char c = data[*at];
    if (digit_value(c, 8) >= 0)
        return read_digits(data, length, at, 8, 3);
    ++*at;
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    case 'x':
        if (*at < length && digit_value(data[*at], 16) >= 0)
            return read_digits(data, length, at, 16, 2);
        return c;
    default:
        return c;
    }
}

void
row_unescape(struct strbuf *out, const char *data, size_t length)
{
    size_t at = 0;
    strbuf_reserve(out, length);
    while (at < length) {
        const char *backslash = memchr(data + at, '\\', length - at);
        size_t plain = backslash ? (size_t)(backslash - data) - at : length - at;
        strbuf_add(out, data + at, plain);
        at += plain + 1;
        /* A backslash that ends the data stands for nothing, as for the server. */
        if (at < length)
            strbuf_add_char(out, read_escape(data, length, &at));
    }
}

bool
row_split(const char *line, size_t length, size_t *ends, size_t count)
{
    size_t at = 0;
    if (length > 0 && line[length - 1] == '\n')
        length--;
    if (count == 0)
        return length == 0;
    for (size_t i = 0; i + 1 < count; i++) {
        const char *tab = memchr(line + at, '\t', length - at);
        if (tab == NULL)
            return false;
        ends[i] = (size_t)(tab - line);
        at = ends[i] + 1;
    }
    ends[count - 1] = length;
    return memchr(line + at, '\t', length - at) == NULL;
}
