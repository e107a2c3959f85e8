/* Flat JSON objects, as jsonb prints them, reduced to a digest that does not depend on the order of
 * their members. */
#include "document.h"

#include "idmigrate/memory.h"

#include <string.h>

struct digest
document_member_digest(struct digest name, struct span value)
{
    const struct digest parts[] = {name, span_digest(value)};
    return digest_bytes(parts, sizeof parts);
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
        struct digest name = span_digest(text_read_json(&buffer, text, &at));
        while (at < text.length && (text.data[at] == ':' || text.data[at] == ' '))
            at++;
        struct span value = SPAN_NULL;
        if (at < text.length && text.data[at] == '"') {
            value = text_read_json(&buffer, text, &at);
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
