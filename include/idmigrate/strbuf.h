/*
 * A growing byte string. `data` is always zero-terminated (never NULL), may hold zero bytes inside,
 * and belongs to the buffer until strbuf_take().
 */
#ifndef IDMIGRATE_STRBUF_H
#define IDMIGRATE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
    char *data;
    size_t length;
    size_t capacity; /* 0 while `data` is the shared empty string */
};

extern char strbuf_empty[]; /* the shared empty string; never written */

#define STRBUF_INIT                                                                                \
    {                                                                                              \
        .data = strbuf_empty, .length = 0, .capacity = 0                                           \
    }

void strbuf_release(struct strbuf *buf); /* idempotent; the buffer is empty and usable afterwards */
void strbuf_reset(struct strbuf *buf);   /* empties, keeps the memory */
void strbuf_reserve(struct strbuf *buf, size_t extra);
void strbuf_add(struct strbuf *buf, const void *data, size_t length);
void strbuf_add_string(struct strbuf *buf, const char *text);
void strbuf_add_char(struct strbuf *buf, char c);
void strbuf_printf(struct strbuf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *buf, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void strbuf_truncate(struct strbuf *buf, size_t length);

/* Gives the bytes (zero-terminated, to be freed with free()) to the caller and empties the buffer.
 */
char *strbuf_take(struct strbuf *buf);

#endif
