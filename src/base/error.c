/* Errors as values; see the header for the rules. */
#include "idmigrate/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text that does not fit ends in dots, so that nobody takes it for whole. */
__attribute__((format(printf, 3, 0))) static void
format_limited(char *text, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(text, size, format, arguments);
    if (length >= 0 && (size_t)length >= size && size > 4)
        memcpy(text + size - 4, "...", 4);
}

bool
error_set(struct error *err, enum exit_status code, const char *format, ...)
{
    if (err->is_set)
        return false;
    va_list arguments;
    va_start(arguments, format);
    format_limited(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    err->is_set = true;
    err->code = code;
    return false;
}

bool
error_hint(struct error *err, const char *format, ...)
{
    if (err->hint[0] != '\0')
        return false;
    va_list arguments;
    va_start(arguments, format);
    format_limited(err->hint, sizeof err->hint, format, arguments);
    va_end(arguments);
    return false;
}

bool
error_context(struct error *err, const char *format, ...)
{
    char context[512];
    char whole[sizeof err->text + sizeof context + 4];

    va_list arguments;
    va_start(arguments, format);
    format_limited(context, sizeof context, format, arguments);
    va_end(arguments);
    snprintf(whole, sizeof whole, "%s: %s", context, err->text);
    memcpy(err->text, whole, sizeof err->text);
    err->text[sizeof err->text - 1] = '\0';
    return false;
}

void
error_clear(struct error *err)
{
    *err = (struct error)ERROR_INIT;
}

enum exit_status
exit_status_worse(enum exit_status a, enum exit_status b)
{
    static const enum exit_status order[] = {
        EXIT_BUG,       EXIT_STOPPED,     EXIT_TOO_MANY_REJECTS,
        EXIT_DIFFERENT, EXIT_NOT_CHECKED, EXIT_REJECTS};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return a != EXIT_DONE ? a : b;
}
