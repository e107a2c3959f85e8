/* RFC 9562, section 5.5: SHA-1 of namespace and name, with version and variant written over it. */
#include "uuid5.h"

#include "idmigrate/memory.h"

#include <openssl/evp.h>
#include <string.h>

/* Itself uuid5(DNS namespace, "idmigrate"); part of the contract, since references made by other
 * runs must agree. */
static const struct uuid root = {{0x66, 0xce, 0xdd, 0xd6, 0xe7, 0xfa, 0x58, 0x26, 0xa4, 0xd7, 0x93,
                                  0x38, 0xba, 0xb4, 0x03, 0x28}};

struct uuid
uuid5_make(const struct uuid *space, struct span name)
{
    CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
    unsigned char hash[EVP_MAX_MD_SIZE] = {0};
    struct uuid made;
    strbuf_add(&bytes, space->bytes, sizeof space->bytes);
    strbuf_add(&bytes, name.data, name.length);
    EVP_Digest(bytes.data, bytes.length, hash, NULL, EVP_sha1(), NULL);
    memcpy(made.bytes, hash, sizeof made.bytes);
    made.bytes[6] = (unsigned char)(0x50 | (made.bytes[6] & 0x0F));
    made.bytes[8] = (unsigned char)(0x80 | (made.bytes[8] & 0x3F));
    return made;
}

struct uuid
uuid5_namespace(const char *text)
{
    return uuid5_make(&root, span_of(text));
}

void
uuid5_format(const struct uuid *uuid, char text[UUID_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < sizeof uuid->bytes; i++) {
        if (i >= 4 && i <= 10 && i % 2 == 0)
            text[at++] = '-';
        text[at++] = hex[uuid->bytes[i] / 16];
        text[at++] = hex[uuid->bytes[i] % 16];
    }
    text[at] = '\0';
}
