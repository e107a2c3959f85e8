/* Values and tuples of COPY's binary format. */
#include "idmigrate/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uuid.h>

static const size_t integer_sizes[] = {
    [PLAN_WIRE_INT2] = 2, [PLAN_WIRE_INT4] = 4, [PLAN_WIRE_INT8] = 8};

static uint64_t
read_unsigned(const char *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

/* Of a field: the many times that matter for speed. */
static uint32_t
read_length(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return ntohl(value);
}

static void
write_unsigned(struct strbuf *out, uint64_t value, size_t count)
{
    char bytes[8];
    for (size_t i = count; i > 0; i--, value >>= 8)
        bytes[i - 1] = (char)(value & 0xFF);
    strbuf_add(out, bytes, count);
}

void
wire_add_count(struct strbuf *tuple, size_t count)
{
    write_unsigned(tuple, count, WIRE_COUNT_SIZE);
}

void
wire_add_bytes(struct strbuf *tuple, const char *data, size_t length)
{
    write_unsigned(tuple, data != NULL ? length : UINT32_MAX, WIRE_LENGTH_SIZE);
    if (data != NULL)
        strbuf_add(tuple, data, length);
}

bool
wire_split(const char *tuple, size_t length, size_t *ends, size_t count)
{
    size_t at = WIRE_COUNT_SIZE;
    if (length < WIRE_COUNT_SIZE || read_unsigned(tuple, WIRE_COUNT_SIZE) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (length - at < WIRE_LENGTH_SIZE)
            return false;
        size_t size = read_length(tuple + at);
        at += WIRE_LENGTH_SIZE;
        if (size == UINT32_MAX)
            size = 0;
        if (size > length - at)
            return false;
        ends[i] = at += size;
    }
    return at == length;
}

size_t
wire_start(const size_t *ends, size_t field)
{
    return field == 0 ? WIRE_COUNT_SIZE : ends[field - 1];
}

struct row_value
wire_field(const char *tuple, const size_t *ends, size_t field)
{
    size_t start = wire_start(ends, field);
    if (read_length(tuple + start) == UINT32_MAX)
        return (struct row_value){.data = NULL};
    start += WIRE_LENGTH_SIZE;
    return (struct row_value){.data = tuple + start, .length = ends[field] - start};
}

/* ---- from bytes to text ---- */

static bool
read_uuid(struct row_value bytes, struct strbuf *buffer)
{
    /* For every row's key: by hand, since libuuid's formatting is most of the row's time. */
    static const char digits[] = "0123456789abcdef";
    char text[UUID_STR_LEN], *at = text;
    if (bytes.length != sizeof(uuid_t))
        return false;
    for (size_t i = 0; i < sizeof(uuid_t); i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[byte >> 4];
        *at++ = digits[byte & 0xF];
    }
    strbuf_add(buffer, text, UUID_STR_LEN - 1);
    return true;
}

static bool
read_integer(size_t size, struct row_value bytes, struct strbuf *buffer)
{
    if (bytes.length != size)
        return false;
    unsigned unused = (unsigned)(64 - 8 * size);
    /* Shifted up and down again, the sign fills what the value does not use. */
    int64_t value = (int64_t)(read_unsigned(bytes.data, size) << unused) >> unused;
    strbuf_printf(buffer, "%" PRId64, value);
    return true;
}

bool
wire_read(enum plan_wire wire, struct row_value bytes, struct strbuf *buffer,
          struct row_value *text)
{
    bool good = false;
    *text = bytes;
    if (bytes.data == NULL || wire == PLAN_WIRE_TEXT)
        return true;
    if (wire == PLAN_WIRE_JSONB) {
        if (bytes.length < 1 || bytes.data[0] != 1)
            return false;
        *text = (struct row_value){.data = bytes.data + 1, .length = bytes.length - 1};
        return true;
    }
    strbuf_reset(buffer);
    if (wire == PLAN_WIRE_UUID) {
        good = read_uuid(bytes, buffer);
    } else if (wire == PLAN_WIRE_BOOL && bytes.length == 1) {
        strbuf_add_char(buffer, bytes.data[0] != 0 ? 't' : 'f');
        good = true;
    } else if (wire == PLAN_WIRE_INT2 || wire == PLAN_WIRE_INT4 || wire == PLAN_WIRE_INT8) {
        good = read_integer(integer_sizes[wire], bytes, buffer);
    }
    *text = (struct row_value){.data = buffer->data, .length = buffer->length};
    return good;
}

/* ---- from text to bytes ---- */

static bool
write_uuid(struct strbuf *out, struct row_value text)
{
    uuid_t uuid;
    char copy[UUID_STR_LEN];
    if (text.length != UUID_STR_LEN - 1)
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    if (uuid_parse(copy, uuid) != 0)
        return false;
    wire_add_bytes(out, (const char *)uuid, sizeof uuid);
    return true;
}

static bool
write_integer(struct strbuf *out, size_t size, struct row_value text)
{
    char copy[24], *end;
    if (text.length == 0 || text.length >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    errno = 0;
    int64_t value = strtoll(copy, &end, 10);
    int64_t most = INT64_MAX >> (64 - 8 * size);
    if (errno != 0 || *end != '\0' || value > most || value < -most - 1)
        return false;
    write_unsigned(out, size, WIRE_LENGTH_SIZE);
    write_unsigned(out, (uint64_t)value, size);
    return true;
}

static bool
write_bool(struct strbuf *out, struct row_value text)
{
    if (text.length != 1 || (text.data[0] != 't' && text.data[0] != 'f'))
        return false;
    wire_add_bytes(out, text.data[0] == 't' ? "\1" : "\0", 1);
    return true;
}

bool
wire_write(struct strbuf *out, enum plan_wire wire, struct row_value text)
{
    if (text.data == NULL || wire == PLAN_WIRE_TEXT) {
        wire_add_bytes(out, text.data, text.length);
        return true;
    }
    switch (wire) {
    case PLAN_WIRE_JSONB:
        write_unsigned(out, text.length + 1, WIRE_LENGTH_SIZE);
        strbuf_add_char(out, 1);
        strbuf_add(out, text.data, text.length);
        return true;
    case PLAN_WIRE_UUID:
        return write_uuid(out, text);
    case PLAN_WIRE_INT2:
    case PLAN_WIRE_INT4:
    case PLAN_WIRE_INT8:
        return write_integer(out, integer_sizes[wire], text);
    case PLAN_WIRE_BOOL:
        return write_bool(out, text);
    default:
        return false;
    }
}
