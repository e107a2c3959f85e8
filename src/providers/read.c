/* Reading a file: which kind it is of, from what stands in its first block. */
#include "read.h"

#include "idmigrate/memory.h"
#include "idmigrate/sha256.h"
#include "idmigrate/strbuf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct tapped {
    struct sha256 *sha256;
    uint64_t bytes;
};

static void
tap(void *context, const void *data, size_t length)
{
    struct tapped *tapped = context;
    tapped->bytes += length;
    sha256_add(tapped->sha256, data, length);
}

static void
release_tapped(struct tapped *tapped)
{
    sha256_free(&tapped->sha256);
}

static void
describe_file(const struct tapped *tapped, struct provider_file *file)
{
    sha256_end(tapped->sha256, file->sha256);
    file->bytes = tapped->bytes;
}

static char
first_character(const struct input *input)
{
    for (size_t i = 0; i < input->length; i++)
        if (strchr(" \t\r\n", input->data[i]) == NULL)
            return input->data[i];
    return '\0';
}

static bool
fail_unknown(const struct provider_kinds *kinds, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
    for (size_t i = 0; i < kinds->count; i++) {
        const char *name = kinds->kinds[i].name;
        bool is_new = true;
        for (size_t j = 0; j < i && is_new; j++)
            is_new = strcmp(kinds->kinds[j].name, name) != 0;
        if (is_new && kinds->kinds[i].gives != PROVIDER_NOTE)
            strbuf_printf(&names, "%s%s", names.length == 0 ? "" : "; ", name);
    }
    error_set(err, EXIT_INPUT,
              "of no known kind (no JSON of a provider, no CSV header of one, no line of a log, no "
              "pair of IDs)");
    return error_hint(err, "known are: %.900s", names.data);
}

/* JSON that begins like JSON is never taken for something else. */
static enum provider_recognised
read_block(struct extract *extract, struct input *input, struct error *err)
{
    const struct provider_kinds *kinds = extract->kinds;
    char first = first_character(input);
    bool is_log = read_lines_fits(kinds, input->data, input->length, true);
    bool is_json = !is_log && (first == '{' || first == '[');
    char delimiter =
        is_log || is_json ? '\0' : read_csv_delimiter(kinds, input->data, input->length);
    bool good;
    input->may_hold_zeros = is_json;
    if (!input_check_zeros(input, err))
        return PROVIDER_UNKNOWN;
    if (is_json)
        good = read_json(extract, input, err);
    else if (delimiter != '\0')
        good = read_csv(extract, input, delimiter, err);
    else if (is_log || read_lines_fits(kinds, input->data, input->length, false))
        good = read_lines(extract, input, err);
    else {
        fail_unknown(kinds, err);
        return PROVIDER_UNKNOWN;
    }
    return good ? PROVIDER_READ : extract->is_unknown ? PROVIDER_UNKNOWN : PROVIDER_BAD_FILE;
}

enum provider_recognised
provider_read(const struct provider_kinds *kinds, const char *path, provider_sink *sink,
              void *context, struct provider_file *file, struct error *err)
{
    CLEANUP(input_close) struct input input = INPUT_INIT;
    CLEANUP(release_tapped) struct tapped tapped = {.sha256 = sha256_new()};
    CLEANUP(extract_release)
    struct extract extract = {
        .kinds = kinds, .sink = sink, .context = context, .file = file, .listed = PROVIDER_NOTHING};
    *file = (struct provider_file){.tally_count = 0};
    input.tap = tap;
    input.tap_context = &tapped;
    input.may_hold_zeros = true; /* until it is known what it is */
    if (!input_open(&input, path, err))
        return PROVIDER_BAD_FILE;
    if (!input_next(&input, err))
        return PROVIDER_UNKNOWN;
    if (input.length == 0) {
        error_set(err, EXIT_INPUT, "the file is empty");
        return PROVIDER_UNKNOWN;
    }
    enum provider_recognised result = read_block(&extract, &input, err);
    if (result == PROVIDER_READ)
        describe_file(&tapped, file);
    return result;
}

bool
provider_digest(const char *path, struct provider_file *file, struct error *err)
{
    CLEANUP(release_tapped) struct tapped tapped = {.sha256 = sha256_new()};
    char block[16384];
    size_t count;
    FILE *stream = fopen(path, "re");
    while (stream != NULL && (count = fread(block, 1, sizeof block, stream)) > 0)
        tap(&tapped, block, count);
    bool is_read = stream != NULL && !ferror(stream);
    if (stream != NULL)
        fclose(stream);
    if (!is_read)
        return error_set(err, EXIT_INPUT, "cannot read the file: %s", strerror(errno));
    describe_file(&tapped, file);
    return true;
}
