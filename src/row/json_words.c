/* The words of JSON, as bytes. */
#include "json.h"

#include <string.h>

size_t
row_json_skip_space(const char *text, size_t length, size_t at)
{
    while (at < length &&
           (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r'))
        at++;
    return at;
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The four digits of \uXXXX at `at`, or -1. */
static int32_t
read_unicode(const char *text, size_t end, size_t at)
{
    int32_t value = 0;
    if (end < at || end - at < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(text[at + i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* The length of the escape at `at`, its backslash included, or 0. */
static size_t
escape_length(const char *text, size_t length, size_t at)
{
    if (length - at < 2)
        return 0;
    if (text[at + 1] == 'u')
        return read_unicode(text, length, at + 2) < 0 ? 0 : 6;
    return text[at + 1] != '\0' && strchr("\"\\/bfnrt", text[at + 1]) != NULL ? 2 : 0;
}

size_t
row_json_string_end(const char *text, size_t length, size_t at, bool *has_escapes)
{
    *has_escapes = false;
    while (at < length) {
        unsigned char c = (unsigned char)text[at];
        if (c == '"')
            return at;
        if (c == '\\') {
            size_t escape = escape_length(text, length, at);
            if (escape == 0)
                return JSON_NOT_VALID;
            *has_escapes = true;
            at += escape;
        } else if (c < 0x20) {
            return JSON_NOT_VALID;
        } else {
            at++;
        }
    }
    return JSON_NOT_VALID;
}

static size_t
skip_digits(const char *text, size_t length, size_t at)
{
    size_t start = at;
    while (at < length && text[at] >= '0' && text[at] <= '9')
        at++;
    return at > start ? at : JSON_NOT_VALID;
}

static size_t
number_end(const char *text, size_t length, size_t at)
{
    if (text[at] == '-')
        at++;
    /* A zero stands alone: what follows another digit is found to be out of place by the caller. */
    at = at < length && text[at] == '0' ? at + 1 : skip_digits(text, length, at);
    if (at < length && text[at] == '.')
        at = skip_digits(text, length, at + 1);
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < length && (text[at] == '+' || text[at] == '-'))
            at++;
        at = skip_digits(text, length, at);
    }
    return at;
}

size_t
row_json_scalar_end(const char *text, size_t length, size_t at)
{
    static const struct {
        const char *word;
        size_t length;
    } words[] = {{"true", 4}, {"false", 5}, {"null", 4}};

    if (text[at] == '-' || (text[at] >= '0' && text[at] <= '9'))
        return number_end(text, length, at);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (length - at >= words[i].length &&
            memcmp(text + at, words[i].word, words[i].length) == 0)
            return at + words[i].length;
    return JSON_NOT_VALID;
}

static size_t
encode_utf8(uint32_t c, char bytes[4])
{
    size_t count = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char mark[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = count - 1; i > 0; i--, c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3F));
    bytes[0] = (char)(mark[count] | c);
    return count;
}

/* \uXXXX, or two of them that are a surrogate pair. */
static size_t
decode_unicode(const char *text, size_t end, size_t at, char bytes[4], size_t *count)
{
    uint32_t first = (uint32_t)read_unicode(text, end, at + 2);
    if (first >= 0xD800 && first < 0xDC00 && end - at >= 12 && text[at + 6] == '\\' &&
        text[at + 7] == 'u') {
        uint32_t second = (uint32_t)read_unicode(text, end, at + 8);
        if (second >= 0xDC00 && second < 0xE000) {
            *count = encode_utf8(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), bytes);
            return 12;
        }
    }
    *count = encode_utf8(first, bytes);
    return 6;
}

size_t
row_json_decode_one(const char *text, size_t end, size_t at, char bytes[4], size_t *count)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    *count = 1;
    bytes[0] = text[at];
    if (text[at] != '\\')
        return 1;
    if (text[at + 1] == 'u')
        return decode_unicode(text, end, at, bytes, count);
    const char *letter = strchr(letters, text[at + 1]);
    bytes[0] = letter ? meanings[letter - letters] : text[at + 1];
    return 2;
}

void
row_json_decode(struct strbuf *out, const char *text, size_t start, size_t end)
{
    char bytes[4];
    size_t count;
    strbuf_reserve(out, end - start);
    for (size_t at = start; at < end;) {
        const char *backslash = memchr(text + at, '\\', end - at);
        size_t plain = (backslash ? (size_t)(backslash - text) : end) - at;
        strbuf_add(out, text + at, plain);
        at += plain;
        if (at < end) {
            at += row_json_decode_one(text, end, at, bytes, &count);
            strbuf_add(out, bytes, count);
        }
    }
}

size_t
row_json_advance(const char *text, size_t end, size_t at, size_t bytes)
{
    char ignored[4];
    size_t count;
    for (size_t done = 0; done < bytes; done += count)
        at += row_json_decode_one(text, end, at, ignored, &count);
    return at;
}

void
row_json_escape(struct strbuf *out, const char *data, size_t length)
{
    static const char meanings[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
    size_t done = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        strbuf_add(out, data + done, i - done);
        const char *known = c == 0 ? NULL : strchr(meanings, c);
        if (known != NULL)
            strbuf_add(out, (const char[]){'\\', letters[known - meanings]}, 2);
        else
            strbuf_printf(out, "\\u%04x", c);
        done = i + 1;
    }
    strbuf_add(out, data + done, length - done);
}
