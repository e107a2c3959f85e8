/* JSON streams: cut at any place they give the same records, and the fast reader agrees with
 * jansson. */
#include "fuzz.h"
#include "json_object.h"
#include "json_stream.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <string.h>

struct seen {
    struct digest sum;
    uint64_t count;
};

static bool
see(void *context, const struct json_stream_record *record, struct error *err)
{
    struct seen *seen = context;
    CLEANUP(memory_free_string) char *text = json_dumps(record->json, JSON_SORT_KEYS);
    (void)err;
    fuzz_require(text != NULL, "a record can be written");
    digest_add(&seen->sum, digest_bytes(text, strlen(text)));
    seen->count++;
    return true;
}

static bool
read_all(const char *text, size_t size, size_t step, struct seen *seen)
{
    char data[] = "data", users[] = "users", first_name[] = "first_name", digest[] = "digest";
    char *lists[] = {data, users}, *ignored[] = {first_name, digest};
    struct error err = ERROR_INIT;
    CLEANUP(json_stream_release) struct json_stream stream = JSON_STREAM_INIT;
    stream.lists = lists;
    stream.list_count = 2;
    stream.ignored = ignored;
    stream.ignored_count = 2;
    stream.sink = see;
    stream.context = seen;
    for (size_t i = 0; i < size; i += step)
        if (!json_stream_feed(&stream, text + i, step < size - i ? step : size - i, &err))
            return false;
    return json_stream_end(&stream, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct seen whole = {.count = 0}, parts = {.count = 0};
    size = utf8_valid_length(text, size);
    if (memchr(text, '\0', size) != NULL || size == 0)
        return 0;
    bool good = read_all(text, size, size, &whole);
    fuzz_require(read_all(text, size, 1 + size / 3, &parts) == good && whole.count == parts.count &&
                     digest_equal(whole.sum, parts.sum),
                 "blocks do not matter");
    json_t *plain = json_object_read_plain(text, size);
    json_t *known = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    fuzz_require(plain == NULL || json_equal(plain, known), "the fast reader agrees with jansson");
    json_decref(plain);
    json_decref(known);
    return 0;
}
