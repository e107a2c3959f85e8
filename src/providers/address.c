/* E-mail addresses, as digests. */
#include "idmigrate/memory.h"
#include "idmigrate/providers.h"
#include "idmigrate/strbuf.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

static locale_t folding;
static pthread_once_t folding_once = PTHREAD_ONCE_INIT;

/* The locale of whoever runs the program must not decide who is who. C.UTF-8 is a part of glibc. */
static void
make_folding(void)
{
    folding = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static uint32_t
decode(const unsigned char *text, size_t *length)
{
    size_t extra = *text < 0x80 ? 0 : *text < 0xE0 ? 1 : *text < 0xF0 ? 2 : 3;
    uint32_t character = extra == 0 ? *text : *text & (0x3FU >> extra);
    if (extra >= *length)
        extra = *length - 1;
    for (size_t i = 1; i <= extra; i++)
        character = (character << 6) | (text[i] & 0x3FU);
    *length = extra + 1;
    return character;
}

static void
encode(struct strbuf *out, uint32_t character)
{
    if (character < 0x80) {
        strbuf_add_char(out, (char)character);
        return;
    }
    int extra = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const unsigned char heads[] = {0, 0xC0, 0xE0, 0xF0};
    strbuf_add_char(out, (char)(heads[extra] | (character >> (6 * extra))));
    while (extra-- > 0)
        strbuf_add_char(out, (char)(0x80 | ((character >> (6 * extra)) & 0x3F)));
}

static void
fold(struct strbuf *out, const char *address, size_t length)
{
    pthread_once(&folding_once, make_folding);
    for (size_t i = 0; i < length;) {
        size_t used = length - i;
        uint32_t character = decode((const unsigned char *)address + i, &used);
        if (character < 0x80)
            character += character >= 'A' && character <= 'Z' ? 'a' - 'A' : 0;
        else if (folding != (locale_t)0)
            character = (uint32_t)towlower_l((wint_t)character, folding);
        encode(out, character);
        i += used;
    }
}

struct digest
provider_address_digest(const char *address, size_t length)
{
    CLEANUP(strbuf_release) struct strbuf folded = STRBUF_INIT;
    while (length > 0 && strchr(" \t\r\n", address[length - 1]) != NULL)
        length--;
    while (length > 0 && strchr(" \t\r\n", *address) != NULL) {
        address++;
        length--;
    }
    fold(&folded, address, length);
    struct digest digest = digest_bytes(folded.data, folded.length);
    if (folded.length > 0)
        explicit_bzero(folded.data, folded.length);
    return digest;
}
