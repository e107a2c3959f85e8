/* The bytes of a mapping: read within the limit, and refused when they are no UTF-8 text. */
#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"
#include "idmigrate/utf8.h"
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t
line_of(const char *text, size_t offset)
{
    size_t line = 1;
    for (const char *c = text; (c = memchr(c, '\n', offset - (size_t)(c - text))) != NULL; c++)
        line++;
    return line;
}

static bool
starts_with(const char *text, size_t length, const char *bytes, size_t count)
{
    return length >= count && memcmp(text, bytes, count) == 0;
}

static bool
check_byte_order_mark(const char *text, size_t length, struct error *err)
{
    if (starts_with(text, length, "\xEF\xBB\xBF", 3)) {
        error_set(err, EXIT_INPUT, "the file starts with a byte-order mark");
        return error_hint(err, "save it as UTF-8 without BOM");
    }
    if (starts_with(text, length, "\xFF\xFE", 2) || starts_with(text, length, "\xFE\xFF", 2)) {
        error_set(err, EXIT_INPUT, "the file is UTF-16");
        return error_hint(err, "save it as UTF-8 without BOM");
    }
    return true;
}

static bool
fail_too_large(struct error *err)
{
    error_set(err, EXIT_INPUT, "the file is larger than %d MB", MAPPING_SIZE_LIMIT >> 20);
    return error_hint(err, "is this a mapping? ID maps belong into files of their own, named in "
                           "\"ids\"");
}

bool
bytes_check(const char *text, size_t length, struct error *err)
{
    if (length > MAPPING_SIZE_LIMIT)
        return fail_too_large(err);
    if (!check_byte_order_mark(text, length, err))
        return false;
    const char *zero = memchr(text, '\0', length);
    if (zero != NULL) {
        error_set(err, EXIT_INPUT, "line %zu: NUL byte", line_of(text, (size_t)(zero - text)));
        return error_hint(err, "a mapping is JSON in UTF-8");
    }
    size_t valid = utf8_valid_length(text, length);
    if (valid < length) {
        error_set(err, EXIT_INPUT, "line %zu: byte 0x%02x is not valid UTF-8", line_of(text, valid),
                  (unsigned)(unsigned char)text[valid]);
        return error_hint(err, "save the file as UTF-8");
    }
    if (strspn(text, " \t\r\n") >= length) {
        error_set(err, EXIT_INPUT, "the file is empty");
        return error_hint(err, "a mapping says which table goes where; see mappings/README.md");
    }
    return true;
}

static void
close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

static bool
fail_to_read(const char *path, int number, struct error *err)
{
    error_set(err, EXIT_INPUT, "cannot read the file: %s", strerror(number));
    if (number == ENOENT && path[0] != '/')
        return error_hint(err, "the path is relative to the current directory");
    return false;
}

static bool
read_within_limit(const char *path, int descriptor, struct strbuf *bytes, struct error *err)
{
    for (;;) {
        strbuf_reserve(bytes, 65536);
        ssize_t count = read(descriptor, bytes->data + bytes->length, 65536);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_to_read(path, errno, err);
        if (count == 0)
            return true;
        bytes->length += (size_t)count;
        bytes->data[bytes->length] = '\0';
        if (bytes->length > MAPPING_SIZE_LIMIT)
            return fail_too_large(err);
    }
}

bool
bytes_read_file(const char *path, char **text, size_t *length, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
    CLEANUP(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (descriptor < 0 || fstat(descriptor, &status) < 0)
        return fail_to_read(path, errno, err);
    if (S_ISDIR(status.st_mode)) {
        error_set(err, EXIT_INPUT, "is a directory");
        return error_hint(err, "name the mapping file in it");
    }
    if (!read_within_limit(path, descriptor, &bytes, err))
        return false;
    *length = bytes.length;
    *text = strbuf_take(&bytes);
    return true;
}
