/* A growing byte string. */
#include "idmigrate/strbuf.h"

#include "idmigrate/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char strbuf_empty[1] = "";

void
strbuf_release(struct strbuf *buf)
{
    if (buf->capacity > 0)
        free(buf->data);
    *buf = (struct strbuf)STRBUF_INIT;
}

void
strbuf_reset(struct strbuf *buf)
{
    strbuf_truncate(buf, 0);
}

void
strbuf_reserve(struct strbuf *buf, size_t extra)
{
    size_t needed = buf->length + extra + 1;
    if (needed <= buf->capacity)
        return;
    size_t capacity = buf->capacity ? buf->capacity * 2 : 64;
    if (capacity < needed)
        capacity = needed;
    buf->data = memory_realloc(buf->capacity ? buf->data : NULL, capacity);
    buf->capacity = capacity;
    buf->data[buf->length] = '\0';
}

void
strbuf_add(struct strbuf *buf, const void *data, size_t length)
{
    if (length == 0)
        return;
    strbuf_reserve(buf, length);
    memcpy(buf->data + buf->length, data, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
}

void
strbuf_add_string(struct strbuf *buf, const char *text)
{
    strbuf_add(buf, text, strlen(text));
}

void
strbuf_add_char(struct strbuf *buf, char c)
{
    strbuf_add(buf, &c, 1);
}

void
strbuf_vprintf(struct strbuf *buf, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length <= 0)
        return;
    strbuf_reserve(buf, (size_t)length);
    vsnprintf(buf->data + buf->length, (size_t)length + 1, format, arguments);
    buf->length += (size_t)length;
}

void
strbuf_printf(struct strbuf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(buf, format, arguments);
    va_end(arguments);
}

void
strbuf_truncate(struct strbuf *buf, size_t length)
{
    if (length >= buf->length)
        return;
    buf->length = length;
    buf->data[length] = '\0';
}

char *
strbuf_take(struct strbuf *buf)
{
    char *data = buf->capacity ? buf->data : memory_strdup("");
    *buf = (struct strbuf)STRBUF_INIT;
    return data;
}
