/* Binary rows (PostgreSQL documentation, COPY, "Binary Format", and the send functions of the
 * types). */
#include "binary.h"

#include "uuid5.h"

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers, most significant byte first ---- */

static int64_t
number(const char *bytes, size_t count)
{
    int64_t value = (unsigned char)bytes[0];
    value -= value > INT8_MAX ? 256 : 0;
    for (size_t i = 1; i < count; i++)
        value = value * 256 + (unsigned char)bytes[i];
    return value;
}

static void
add_number(struct strbuf *out, int64_t value, size_t count)
{
    char bytes[8];
    for (size_t i = 0; i < count; i++)
        bytes[i] = (char)((uint64_t)value >> (8 * (count - 1 - i)) & 0xFF);
    strbuf_add(out, bytes, count);
}

static size_t
width_of(enum plan_wire wire)
{
    return wire == PLAN_WIRE_INT2 ? 2 : wire == PLAN_WIRE_INT4 ? 4 : wire == PLAN_WIRE_INT8 ? 8 : 0;
}

/* The same of a field's length, which every field has. */
static int32_t
length_at(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return (int32_t)be32toh(value);
}

/* ---- rows ---- */

bool
binary_split_fields(const char *bytes, size_t length, struct span *fields, size_t count)
{
    const char *at = bytes, *end = bytes + length;
    for (size_t i = 0; i < count; i++) {
        if (end - at < 4)
            return false;
        int32_t size = length_at(at);
        at += 4;
        if (size < -1 || size > end - at)
            return false;
        fields[i] = size < 0 ? SPAN_NULL : (struct span){.data = at, .length = (size_t)size};
        at += size < 0 ? 0 : size;
    }
    return at == end;
}

bool
binary_split(const char *row, size_t length, struct span *fields, size_t count)
{
    return length >= BINARY_COUNT && number(row, BINARY_COUNT) == (int64_t)count &&
           binary_split_fields(row + BINARY_COUNT, length - BINARY_COUNT, fields, count);
}

void
binary_add(struct strbuf *out, struct span bytes)
{
    const uint32_t length = htobe32(bytes.data != NULL ? (uint32_t)bytes.length : UINT32_MAX);
    strbuf_reserve(out, sizeof length + bytes.length);
    memcpy(out->data + out->length, &length, sizeof length);
    out->length += sizeof length;
    if (bytes.data != NULL)
        memcpy(out->data + out->length, bytes.data, bytes.length);
    out->length += bytes.length;
    out->data[out->length] = '\0';
}

/* ---- values ---- */

static struct span
read_uuid(struct strbuf *buffer, struct span raw)
{
    struct uuid uuid;
    char text[UUID_TEXT_SIZE];
    if (raw.length != sizeof uuid.bytes)
        return SPAN_NULL;
    memcpy(uuid.bytes, raw.data, sizeof uuid.bytes);
    uuid5_format(&uuid, text);
    strbuf_add_string(buffer, text);
    return span_of_buffer(buffer);
}

static struct span
read_value(enum plan_wire wire, struct strbuf *buffer, struct span raw)
{
    if (raw.data == NULL || wire == PLAN_WIRE_TEXT)
        return raw;
    if (wire == PLAN_WIRE_JSONB)
        return raw.length > 0 && raw.data[0] == 1
                   ? (struct span){.data = raw.data + 1, .length = raw.length - 1}
                   : SPAN_NULL;
    strbuf_reset(buffer);
    if (wire == PLAN_WIRE_UUID)
        return read_uuid(buffer, raw);
    if (wire == PLAN_WIRE_BOOL && raw.length == 1)
        return span_of(raw.data[0] ? "t" : "f");
    if (width_of(wire) == 0 || raw.length != width_of(wire))
        return SPAN_NULL;
    strbuf_printf(buffer, "%" PRId64, number(raw.data, raw.length));
    return span_of_buffer(buffer);
}

static int
hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c | 0x20) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

static bool
write_uuid(struct strbuf *out, struct span value)
{
    char bytes[16];
    size_t digits = 0;
    for (size_t i = 0; i < value.length; i++) {
        int digit = hex_value(value.data[i]);
        if (value.data[i] == '-')
            continue;
        if (digit < 0 || digits == 32)
            return false;
        bytes[digits / 2] = (char)(digits % 2 == 0 ? digit << 4 : bytes[digits / 2] | digit);
        digits++;
    }
    if (digits != 32)
        return false;
    binary_add(out, (struct span){.data = bytes, .length = sizeof bytes});
    return true;
}

static bool
write_number(struct strbuf *out, size_t width, struct span value)
{
    char text[24], *end;
    if (width == 0 || value.length == 0 || value.length >= sizeof text)
        return false;
    memcpy(text, value.data, value.length);
    text[value.length] = '\0';
    long long whole = strtoll(text, &end, 10);
    if (*end != '\0')
        return false;
    add_number(out, (int64_t)width, 4);
    add_number(out, whole, width);
    return true;
}

bool
binary_write(struct strbuf *out, enum plan_wire wire, struct span value)
{
    if (value.data == NULL || wire == PLAN_WIRE_TEXT) {
        binary_add(out, value);
        return true;
    }
    switch (wire) {
    case PLAN_WIRE_JSONB:
        add_number(out, (int64_t)value.length + 1, 4);
        strbuf_add_char(out, 1);
        strbuf_add(out, value.data, value.length);
        return true;
    case PLAN_WIRE_UUID:
        return write_uuid(out, value);
    case PLAN_WIRE_BOOL:
        add_number(out, 1, 4);
        strbuf_add_char(out, value.length == 1 && value.data[0] == 't');
        return value.length == 1 && (value.data[0] == 't' || value.data[0] == 'f');
    default:
        return write_number(out, width_of(wire), value);
    }
}

/* ---- either format ---- */

bool
codec_split(const struct plan_table *table, const char *row, size_t length, struct span *fields,
            size_t count, struct span *content)
{
    if (table->codec == PLAN_CODEC_BINARY) {
        if (!binary_split(row, length, fields, count))
            return false;
        *content = (struct span){.data = row + BINARY_COUNT, .length = length - BINARY_COUNT};
        return true;
    }
    if (!text_split(row, length, fields, count))
        return false;
    bool has_newline = length > 0 && row[length - 1] == '\n';
    *content = (struct span){.data = row, .length = length - (has_newline ? 1 : 0)};
    return true;
}

struct span
codec_read_field(const struct plan_table *table, enum plan_wire wire, struct strbuf *buffer,
                 struct span raw)
{
    return table->codec == PLAN_CODEC_BINARY ? read_value(wire, buffer, raw)
                                             : text_read(buffer, raw);
}

struct span
codec_read_column(const struct plan_table *table, size_t column, struct strbuf *buffer,
                  struct span raw)
{
    return codec_read_field(table, table->columns[column].target_wire, buffer, raw);
}
