/* Reading a file: which kind it is of, from what stands in its first block. */
#include "read.h"

#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

struct sha256 {
    EVP_MD_CTX *state;
    uint64_t bytes;
};

static void
tap(void *context, const void *data, size_t length)
{
    struct sha256 *sha256 = context;
    sha256->bytes += length;
    EVP_DigestUpdate(sha256->state, data, length);
}

static void
release_sha256(struct sha256 *sha256)
{
    EVP_MD_CTX_free(sha256->state);
}

static bool
end_sha256(const struct sha256 *sha256, struct provider_file *file, struct error *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(sha256->state, digest, &length) != 1 || length != 32)
        return error_set(err, EXIT_BUG, "SHA-256 cannot be made");
    for (size_t i = 0; i < length; i++)
        snprintf(file->sha256 + 2 * i, 3, "%02x", digest[i]);
    file->bytes = sha256->bytes;
    return true;
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
    CLEANUP(release_sha256) struct sha256 sha256 = {.state = EVP_MD_CTX_new()};
    CLEANUP(extract_release)
    struct extract extract = {.kinds = kinds, .sink = sink, .context = context, .file = file};
    *file = (struct provider_file){.tally_count = 0};
    if (sha256.state == NULL || EVP_DigestInit_ex(sha256.state, EVP_sha256(), NULL) != 1)
        memory_exhausted();
    input.tap = tap;
    input.tap_context = &sha256;
    if (!input_open(&input, path, err))
        return PROVIDER_BAD_FILE;
    if (!input_next(&input, err))
        return PROVIDER_UNKNOWN;
    if (input.length == 0) {
        error_set(err, EXIT_INPUT, "the file is empty");
        return PROVIDER_UNKNOWN;
    }
    enum provider_recognised result = read_block(&extract, &input, err);
    if (result == PROVIDER_READ && !end_sha256(&sha256, file, err))
        return PROVIDER_BAD_FILE;
    return result;
}

bool
provider_digest(const char *path, struct provider_file *file, struct error *err)
{
    CLEANUP(release_sha256) struct sha256 sha256 = {.state = EVP_MD_CTX_new()};
    char block[16384];
    size_t count;
    FILE *stream = fopen(path, "re");
    if (sha256.state == NULL || EVP_DigestInit_ex(sha256.state, EVP_sha256(), NULL) != 1)
        memory_exhausted();
    while (stream != NULL && (count = fread(block, 1, sizeof block, stream)) > 0)
        tap(&sha256, block, count);
    bool is_read = stream != NULL && !ferror(stream);
    if (stream != NULL)
        fclose(stream);
    return is_read ? end_sha256(&sha256, file, err)
                   : error_set(err, EXIT_INPUT, "cannot read the file: %s", strerror(errno));
}
