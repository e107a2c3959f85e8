/* JSON strings (RFC 8259, section 7), decoded with the place in the text that each byte comes from.
 */
#include "json.h"

#include "idmigrate/memory.h"

#include <string.h>

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
read_unit(struct span text, size_t at, uint32_t *unit)
{
    *unit = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = at + i < text.length ? hex_value(text.data[at + i]) : -1;
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

static void
add_decoded(struct json *json, char byte, size_t place)
{
    size_t count = json->decoded.length;
    if (count + 1 >= json->place_capacity) {
        json->place_capacity = json->place_capacity ? json->place_capacity * 2 : 256;
        json->places =
            memory_realloc_array(json->places, json->place_capacity, sizeof *json->places);
    }
    json->places[count] = place;
    strbuf_add_char(&json->decoded, byte);
}

static void
add_character(struct json *json, uint32_t character, size_t place)
{
    if (character < 0x80) {
        add_decoded(json, (char)character, place);
        return;
    }
    int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    uint32_t lead = more == 1 ? 0xC0 : more == 2 ? 0xE0 : 0xF0;
    add_decoded(json, (char)(lead | character >> (6 * more)), place);
    while (more-- > 0)
        add_decoded(json, (char)(0x80 | ((character >> (6 * more)) & 0x3F)), place);
}

/* The escape whose backslash stands at json->at. */
static bool
decode_escape(struct json *json)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    size_t place = json->at;
    char letter = place + 1 < json->text.length ? json->text.data[place + 1] : '\0';
    const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
    uint32_t unit, low;

    if (found != NULL) {
        add_decoded(json, bytes[found - letters], place);
        json->at += 2;
        return true;
    }
    if (letter != 'u' || !read_unit(json->text, place + 2, &unit))
        return json_fail(json);
    json->at += 6;
    if (unit >= 0xD800 && unit < 0xDC00 && json_peek(json) == '\\' &&
        json->at + 1 < json->text.length && json->text.data[json->at + 1] == 'u' &&
        read_unit(json->text, json->at + 2, &low) && low >= 0xDC00 && low < 0xE000) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        json->at += 6;
    }
    /* Half a pair alone (json may hold one) becomes bytes that are no UTF-8, so that no ID is found
     * there. */
    add_character(json, unit, place);
    return true;
}

bool
json_decode_string(struct json *json)
{
    strbuf_reset(&json->decoded);
    json->at++;
    while (json->at < json->text.length && json->text.data[json->at] != '"') {
        unsigned char c = (unsigned char)json->text.data[json->at];
        if (c < ' ')
            return json_fail(json);
        if (c == '\\') {
            if (!decode_escape(json))
                return false;
        } else {
            add_decoded(json, (char)c, json->at);
            json->at++;
        }
    }
    if (json->at >= json->text.length)
        return json_fail(json);
    add_decoded(json, '"', json->at);
    strbuf_truncate(&json->decoded, json->decoded.length - 1);
    json->at++;
    return true;
}
