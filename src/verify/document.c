/* Flat JSON objects, as jsonb prints them, reduced to a digest that does not depend on the order of
 * their members. */
#include "document.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

struct digest
document_member_digest(struct digest name, struct span value)
{
    const struct digest parts[] = {name, span_digest(value)};
    return digest_bytes(parts, sizeof parts);
}

/* A JSON string, as jsonb prints it, that starts at *at with its quote. */
static struct span
read_string(struct span text, size_t *at, struct strbuf *buffer)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    size_t start = ++*at;
    bool has_escapes = false;
    while (*at < text.length && text.data[*at] != '"') {
        has_escapes |= text.data[*at] == '\\';
        *at += text.data[*at] == '\\' ? 2 : 1;
    }
    size_t end = *at < text.length ? *at : text.length;
    ++*at;
    if (!has_escapes)
        return (struct span){.data = text.data + start, .length = end - start};
    strbuf_reset(buffer);
    for (size_t i = start; i < end; i++) {
        char c = text.data[i];
        if (c == '\\' && i + 1 < end) {
            c = text.data[++i];
            const char *letter = memchr(letters, c, sizeof letters - 1);
            if (c == 'u' && i + 4 < end) {
                const char hex[] = {text.data[i + 3], text.data[i + 4], '\0'};
                c = (char)strtol(hex, NULL, 16);
                i += 4;
            } else if (letter != NULL) {
                c = meanings[letter - letters];
            }
        }
        strbuf_add_char(buffer, c);
    }
    return span_of_buffer(buffer);
}

/* The members of a flat object of strings and nulls, whatever their order. */
struct digest
document_digest(struct span text)
{
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    struct digest sum = {0, 0};
    for (size_t at = 0; at < text.length;) {
        if (text.data[at] != '"') {
            at++;
            continue;
        }
        struct digest name = span_digest(read_string(text, &at, &buffer));
        while (at < text.length && (text.data[at] == ':' || text.data[at] == ' '))
            at++;
        struct span value = SPAN_NULL;
        if (at < text.length && text.data[at] == '"') {
            value = read_string(text, &at, &buffer);
        } else {
            size_t start = at;
            while (at < text.length && text.data[at] != ',' && text.data[at] != '}')
                at++;
            if (at - start != 4 || memcmp(text.data + start, "null", 4) != 0)
                value = (struct span){.data = text.data + start, .length = at - start};
        }
        digest_add(&sum, document_member_digest(name, value));
    }
    return sum;
}
