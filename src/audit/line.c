/* Fields of COPY text and of COPY's binary format: escaping and lengths (PostgreSQL documentation,
 * COPY, "Text Format" and "Binary Format"; RFC 8259, section 7). */
#include "line.h"

#include <ctype.h>
#include <string.h>

/* No byte becomes more than this many: a control character in JSON in COPY text is \\u001f. */
enum { GROWTH = 7 };

static const char hex_digits[] = "0123456789abcdef";

/* ---- fields ---- */

static void
write_unsigned(char *to, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--, value >>= 8)
        to[i - 1] = (char)(value & 0xFF);
}

static void
add_unsigned(struct strbuf *bytes, uint64_t value, size_t size)
{
    char number[sizeof value];
    write_unsigned(number, value, size);
    strbuf_add(bytes, number, size);
}

void
audit_line_add_count(struct audit_line *line, size_t fields)
{
    add_unsigned(line->bytes, fields, 2);
}

void
audit_line_begin(struct audit_line *line, bool is_jsonb)
{
    line->field = line->bytes->length;
    if (line->format == AUDIT_TEXT)
        return;
    add_unsigned(line->bytes, 0, AUDIT_LINE_LENGTH_SIZE);
    if (is_jsonb)
        strbuf_add_char(line->bytes, 1); /* version of the format */
}

void
audit_line_end(struct audit_line *line)
{
    if (line->format == AUDIT_BINARY)
        write_unsigned(line->bytes->data + line->field,
                       line->bytes->length - line->field - AUDIT_LINE_LENGTH_SIZE,
                       AUDIT_LINE_LENGTH_SIZE);
}

void
audit_line_add_null(struct audit_line *line)
{
    if (line->format == AUDIT_TEXT)
        strbuf_add(line->bytes, "\\N", 2);
    else
        add_unsigned(line->bytes, UINT32_MAX, AUDIT_LINE_LENGTH_SIZE);
}

static int
hex_value(char digit)
{
    return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

void
audit_line_put_uuid(struct audit_line *line, const char *uuid)
{
    char bytes[AUDIT_LINE_LENGTH_SIZE + AUDIT_LINE_UUID_SIZE], *to = bytes + AUDIT_LINE_LENGTH_SIZE;
    write_unsigned(bytes, AUDIT_LINE_UUID_SIZE, AUDIT_LINE_LENGTH_SIZE);
    for (const char *from = uuid; to < bytes + sizeof bytes; from += 2) {
        from += *from == '-';
        *to++ = (char)(hex_value(from[0]) << 4 | hex_value(from[1]));
    }
    strbuf_add(line->bytes, bytes, sizeof bytes);
}

void
audit_line_put_digest(struct audit_line *line, struct digest digest)
{
    add_unsigned(line->bytes, sizeof digest.high + sizeof digest.low, AUDIT_LINE_LENGTH_SIZE);
    add_unsigned(line->bytes, digest.high, sizeof digest.high);
    add_unsigned(line->bytes, digest.low, sizeof digest.low);
}

void
audit_line_put_time(struct audit_line *line, int64_t microseconds)
{
    add_unsigned(line->bytes, sizeof microseconds, AUDIT_LINE_LENGTH_SIZE);
    add_unsigned(line->bytes, (uint64_t)microseconds, sizeof microseconds);
}

/* ---- texts ---- */

/* Room for `length` bytes however they are escaped; what is written there is counted by
 * end_writing(). */
static char *
begin_writing(struct strbuf *bytes, size_t length)
{
    strbuf_reserve(bytes, length * GROWTH);
    return bytes->data + bytes->length;
}

static void
end_writing(struct strbuf *bytes, char *end)
{
    *end = '\0';
    bytes->length = (size_t)(end - bytes->data);
}

/* The letter behind the backslash, or 0. */
static char
escape_letter(char c)
{
    switch (c) {
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\v':
        return 'v';
    case '\\':
        return '\\';
    default:
        return 0;
    }
}

void
audit_line_add_text(struct audit_line *line, const char *text, size_t length)
{
    if (line->format == AUDIT_BINARY) {
        strbuf_add(line->bytes, text, length);
        return;
    }
    char *to = begin_writing(line->bytes, length);
    for (size_t i = 0; i < length; i++) {
        char letter = escape_letter(text[i]);
        if (letter != 0)
            *to++ = '\\';
        *to++ = letter != 0 ? letter : text[i];
    }
    end_writing(line->bytes, to);
}

/* JSON puts one backslash before these two, COPY text doubles every backslash. Control characters
 * are written as jsonb prints them, so that what is sent is what will be read. */
static char *
write_json_character(char *to, unsigned char c, bool is_text)
{
    int backslashes = c == '"' ? (is_text ? 2 : 1) : c == '\\' ? (is_text ? 3 : 1) : 0;
    char letter = c < 0x20 && c != '\v' ? escape_letter((char)c) : 0;
    if (letter != 0) {
        backslashes = is_text ? 2 : 1;
        c = (unsigned char)letter;
    }
    if (c < 0x20) {
        for (const char *start = is_text ? "\\\\u00" : "\\u00"; *start != '\0'; start++)
            *to++ = *start;
        *to++ = hex_digits[c >> 4];
        *to++ = hex_digits[c & 0xF];
        return to;
    }
    while (backslashes-- > 0)
        *to++ = '\\';
    *to++ = (char)c;
    return to;
}

void
audit_line_add_json(struct audit_line *line, const char *text, size_t length)
{
    bool is_text = line->format == AUDIT_TEXT;
    char *to = begin_writing(line->bytes, length);
    for (size_t i = 0; i < length; i++)
        to = write_json_character(to, (unsigned char)text[i], is_text);
    end_writing(line->bytes, to);
}

void
audit_line_add_digest(struct audit_line *line, struct digest digest)
{
    enum { HALF = 16 };
    const uint64_t halves[] = {digest.high, digest.low};
    char *to = begin_writing(line->bytes, (size_t)2 * HALF);
    for (unsigned i = 0; i < 2 * HALF; i++)
        *to++ = hex_digits[halves[i / HALF] >> (60 - i % HALF * 4) & 0xF];
    end_writing(line->bytes, to);
}

bool
audit_line_is_uuid(const char *text, size_t length)
{
    if (length != 36)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool wants_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (wants_hyphen ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return true;
}
