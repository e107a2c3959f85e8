/* What may be an ID when no map knows it. */
#include "idmigrate/idmap.h"

enum { LONGEST_SHOWN = 255 };

bool
idmap_looks_like_id(const char *id, size_t length)
{
    bool has_digit = false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)id[i];
        if (c <= ' ' || c >= 0x7F || c == '@')
            return false;
        has_digit = has_digit || (c >= '0' && c <= '9');
    }
    return has_digit && length <= LONGEST_SHOWN;
}

void
idmap_add_shown(struct strbuf *text, const char *id, size_t length)
{
    char hex[DIGEST_HEX_SIZE];
    if (idmap_looks_like_id(id, length)) {
        strbuf_add(text, id, length);
        return;
    }
    digest_to_hex(digest_bytes(id, length), hex);
    strbuf_printf(text, "digest %.12s", hex);
}
