/* Pieces of COPY text: escaping (PostgreSQL documentation, COPY, "Text Format"; RFC 8259, section
 * 7). */
#include "line.h"

#include <ctype.h>
#include <stdint.h>

/* No byte becomes more than this many: a control character in JSON in COPY text is \\u001f. */
enum { GROWTH = 7 };

static const char hex_digits[] = "0123456789abcdef";

/* Room for `length` bytes however they are escaped; what is written there is counted by
 * end_writing(). */
static char *
begin_writing(struct strbuf *line, size_t length)
{
    strbuf_reserve(line, length * GROWTH);
    return line->data + line->length;
}

static void
end_writing(struct strbuf *line, char *end)
{
    *end = '\0';
    line->length = (size_t)(end - line->data);
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
audit_line_add_text(struct strbuf *line, const char *text, size_t length)
{
    char *to = begin_writing(line, length);
    for (size_t i = 0; i < length; i++) {
        char letter = escape_letter(text[i]);
        if (letter != 0)
            *to++ = '\\';
        *to++ = letter != 0 ? letter : text[i];
    }
    end_writing(line, to);
}

void
audit_line_add_json(struct strbuf *line, const char *text, size_t length)
{
    char *to = begin_writing(line, length);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20) {
            for (const char *start = "\\\\u00"; *start != '\0'; start++)
                *to++ = *start;
            *to++ = hex_digits[c >> 4];
            *to++ = hex_digits[c & 0xF];
            continue;
        }
        /* JSON puts one backslash before these two, COPY text doubles every backslash. */
        int backslashes = c == '"' ? 2 : c == '\\' ? 3 : 0;
        while (backslashes-- > 0)
            *to++ = '\\';
        *to++ = text[i];
    }
    end_writing(line, to);
}

void
audit_line_add_digest(struct strbuf *line, struct digest digest)
{
    enum { HALF = 16 };
    const uint64_t halves[] = {digest.high, digest.low};
    char *to = begin_writing(line, (size_t)2 * HALF);
    for (unsigned i = 0; i < 2 * HALF; i++)
        *to++ = hex_digits[halves[i / HALF] >> (60 - i % HALF * 4) & 0xF];
    end_writing(line, to);
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
