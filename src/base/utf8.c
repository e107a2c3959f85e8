/* Checks on UTF-8 text (RFC 3629). */
#include "idmigrate/utf8.h"

#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <wctype.h>

/* Decodes one character; returns its length in bytes, 0 when it is not valid. */
static size_t
decode(const unsigned char *text, size_t length, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = text[0];
    size_t size = first < 0x80                    ? 1
                  : first >= 0xC2 && first < 0xE0 ? 2
                  : first >= 0xE0 && first < 0xF0 ? 3
                  : first >= 0xF0 && first < 0xF5 ? 4
                                                  : 0;
    if (size == 0 || size > length)
        return 0;
    uint32_t value = size == 1 ? first : first & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (text[i] & 0x3Fu);
    }
    if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *character = value;
    return size;
}

size_t
utf8_valid_length(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t i = 0;
    uint32_t ignored;
    while (i < length) {
        if (bytes[i] < 0x80) {
            i++;
            continue;
        }
        size_t size = decode(bytes + i, length - i, &ignored);
        if (size == 0)
            return i;
        i += size;
    }
    return length;
}

static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void
open_unicode(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static bool
is_word_character(uint32_t character)
{
    if (character < 0x80)
        return character == '_' || (character >= '0' && character <= '9') ||
               (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');

    /* Workers are threads, and come here at the same time. */
    pthread_once(&unicode_once, open_unicode);
    /* Without that locale every other character counts as a letter: rather no match than a wrong
     * one. */
    return unicode == (locale_t)0 || iswalnum_l((wint_t)character, unicode);
}

bool
utf8_word_ends_at(const char *text, size_t offset)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t start = offset;
    uint32_t character = 0;
    if (offset == 0)
        return false;
    do
        start--;
    while (start > 0 && offset - start < 4 && (bytes[start] & 0xC0) == 0x80);
    return decode(bytes + start, offset - start, &character) == offset - start &&
           is_word_character(character);
}

bool
utf8_word_starts_at(const char *text, size_t length, size_t offset)
{
    uint32_t character;
    return offset < length &&
           decode((const unsigned char *)text + offset, length - offset, &character) > 0 &&
           is_word_character(character);
}

static bool
is_hidden(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x061C, 0x061C},
        {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F},   {0x2028, 0x202E},
        {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F},
    };
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (character >= hidden[i].first && character <= hidden[i].last)
            return true;
    return false;
}

size_t
utf8_hidden_length(const char *text, uint32_t *character)
{
    size_t length = strnlen(text, 4),
           size = length > 0 ? decode((const unsigned char *)text, length, character) : 0;
    return size > 0 && is_hidden(*character) ? size : 0;
}
