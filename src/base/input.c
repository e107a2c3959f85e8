/* The bytes of a text file, block by block. */
#include "idmigrate/input.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { BLOCK_SIZE = 256 * 1024 };

bool
input_open(struct input *input, const char *path, struct error *err)
{
    struct stat status;
    input->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (input->descriptor < 0 || fstat(input->descriptor, &status) < 0)
        return error_set(err, EXIT_INPUT, "cannot read the file: %s", strerror(errno));
    if (S_ISDIR(status.st_mode)) {
        error_set(err, EXIT_INPUT, "is a directory");
        return error_hint(err, "name the file in it");
    }
    input->hash = XXH3_createState();
    input->buffer = memory_alloc(BLOCK_SIZE);
    if (input->hash == NULL)
        return error_set(err, EXIT_BUG, "out of memory");
    XXH3_128bits_reset(input->hash);
    input->line = 1;
    return true;
}

void
input_close(struct input *input)
{
    if (input->descriptor >= 0)
        close(input->descriptor);
    XXH3_freeState(input->hash);
    if (input->buffer != NULL)
        explicit_bzero(input->buffer, BLOCK_SIZE);
    free(input->buffer);
    *input = (struct input)INPUT_INIT;
}

static uint64_t
count_lines(const char *data, size_t length)
{
    uint64_t count = 0;
    for (const char *c = data; (c = memchr(c, '\n', length - (size_t)(c - data))) != NULL; c++)
        count++;
    return count;
}

/* Pipes give what they have: the block is filled as far as the file goes. */
static bool
fill(struct input *input, size_t *used, struct error *err)
{
    while (*used < BLOCK_SIZE) {
        ssize_t count = read(input->descriptor, input->buffer + *used, BLOCK_SIZE - *used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set(err, EXIT_INPUT, "cannot read the file: %s", strerror(errno));
        if (count == 0)
            return true;
        XXH3_128bits_update(input->hash, input->buffer + *used, (size_t)count);
        if (input->tap != NULL)
            input->tap(input->tap_context, input->buffer + *used, (size_t)count);
        *used += (size_t)count;
    }
    return true;
}

/* The first bytes of what people forget to unpack. */
static bool
refuse_packed(const struct input *input, size_t used, struct error *err)
{
    static const struct {
        const char *bytes, *name, *tool;
    } packings[] = {{"\x1F\x8B", "gzip", "gunzip"},
                    {"PK\x03\x04", "zip", "unzip"},
                    {"\x28\xB5\x2F\xFD", "zstd", "unzstd"},
                    {"\xFD\x37zXZ", "xz", "unxz"},
                    {"BZh91AY&SY", "bzip2", "bunzip2"}};
    for (size_t i = 0; i < sizeof packings / sizeof packings[0]; i++) {
        size_t length = strlen(packings[i].bytes);
        if (used < length || memcmp(input->buffer, packings[i].bytes, length) != 0)
            continue;
        error_set(err, EXIT_INPUT, "the file is compressed (%s)", packings[i].name);
        return error_hint(err, "decompress it first: %s", packings[i].tool);
    }
    return true;
}

static bool
skip_byte_order_mark(struct input *input, size_t used, struct error *err)
{
    if (used >= 3 && memcmp(input->buffer, "\xEF\xBB\xBF", 3) == 0)
        input->data += 3;
    if (used < 2 ||
        (memcmp(input->buffer, "\xFF\xFE", 2) != 0 && memcmp(input->buffer, "\xFE\xFF", 2) != 0))
        return true;
    error_set(err, EXIT_INPUT, "the file is UTF-16");
    return error_hint(err, "save it as UTF-8");
}

bool
input_check_zeros(const struct input *input, struct error *err)
{
    const char *zero = input->may_hold_zeros ? NULL : memchr(input->data, '\0', input->length);
    if (zero == NULL)
        return true;
    uint64_t line = input->line + count_lines(input->data, (size_t)(zero - input->data));
    error_set(err, EXIT_INPUT, "line %" PRIu64 ": NUL byte", line);
    return error_hint(err, "is this a text file?");
}

/* An incomplete character at the end of a full block waits for the next one. */
static bool
check_text(struct input *input, bool is_last, struct error *err)
{
    if (!input_check_zeros(input, err))
        return false;
    size_t valid = utf8_valid_length(input->data, input->length);
    input->held = input->data + valid;
    input->held_length = input->length - valid;
    input->length = valid;
    if (input->held_length == 0 || (input->held_length < 4 && !is_last))
        return true;
    error_set(err, EXIT_INPUT, "line %" PRIu64 ": byte 0x%02x is not valid UTF-8",
              input->line + count_lines(input->data, valid),
              (unsigned)(unsigned char)input->data[valid]);
    return error_hint(err, "save the file as UTF-8");
}

bool
input_next(struct input *input, struct error *err)
{
    size_t used = input->held_length;
    if (input->length > 0)
        input->line += count_lines(input->data, input->length);
    if (used > 0)
        memmove(input->buffer, input->held, used);
    input->held_length = 0;
    input->data = input->buffer;
    if (!fill(input, &used, err))
        return false;
    if (!input->has_read &&
        (!refuse_packed(input, used, err) || !skip_byte_order_mark(input, used, err)))
        return false;
    input->has_read = true;
    input->length = used - (size_t)(input->data - input->buffer);
    return check_text(input, used < BLOCK_SIZE, err);
}

struct digest
input_digest(const struct input *input)
{
    XXH128_hash_t hash = XXH3_128bits_digest(input->hash);
    return (struct digest){.high = hash.high64, .low = hash.low64};
}

bool
input_fail_too_long(const char *what, uint64_t number, struct error *err)
{
    error_set(err, EXIT_INPUT, "%s %" PRIu64 " is longer than %d MB", what, number,
              INPUT_LONGEST_RECORD >> 20);
    return error_hint(err, "is this an ID map? CSV and NDJSON have one pair a line");
}
