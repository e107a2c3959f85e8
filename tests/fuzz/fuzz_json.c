/* JSON streams and journals: cut at any place they give the same records, a journal gives what a
 * stream does where that can be read, and the fast reader agrees with jansson. */
#include "fuzz.h"
#include "json_journal.h"
#include "json_object.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <string.h>

struct seen {
    struct digest sum;
    uint64_t count, torn;
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

static char data_name[] = "data", users[] = "users", first_name[] = "first_name",
            digest_name[] = "digest";
static char *const lists[] = {data_name, users}, *const ignored[] = {first_name, digest_name};

static struct json_stream
open_stream(struct seen *seen)
{
    return (struct json_stream){.outer = STRBUF_INIT,
                                .element = STRBUF_INIT,
                                .line = 1,
                                .lists = lists,
                                .list_count = 2,
                                .ignored = ignored,
                                .ignored_count = 2,
                                .sink = see,
                                .context = seen};
}

static bool
read_stream(const char *text, size_t size, size_t step, struct seen *seen)
{
    struct error err = ERROR_INIT;
    CLEANUP(json_stream_release) struct json_stream stream = open_stream(seen);
    for (size_t i = 0; i < size; i += step)
        if (!json_stream_feed(&stream, text + i, step < size - i ? step : size - i, &err))
            return false;
    return json_stream_end(&stream, &err);
}

static bool
read_journal(const char *text, size_t size, size_t step, struct seen *seen)
{
    struct error err = ERROR_INIT;
    CLEANUP(json_journal_release) struct json_journal journal = JSON_JOURNAL_INIT;
    journal.stream = open_stream(seen);
    journal.is_journal = true;
    bool good = true;
    for (size_t i = 0; good && i < size; i += step)
        good = json_journal_feed(&journal, text + i, step < size - i ? step : size - i, &err);
    good = good && json_journal_end(&journal, &err);
    seen->torn = good ? journal.torn : 0;
    return good;
}

static bool
same(const struct seen *a, const struct seen *b)
{
    return a->count == b->count && a->torn == b->torn && digest_equal(a->sum, b->sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct seen whole = {.count = 0}, parts = {.count = 0}, journal = {.count = 0},
                journal_parts = {.count = 0};
    size = utf8_valid_length(text, size);
    if (size == 0)
        return 0;
    bool is_good = read_journal(text, size, size, &journal);
    fuzz_require(read_journal(text, size, 1 + size / 3, &journal_parts) == is_good &&
                     same(&journal, &journal_parts),
                 "blocks of a journal do not matter");
    if (memchr(text, '\0', size) != NULL)
        return 0;
    bool good = read_stream(text, size, size, &whole);
    fuzz_require(read_stream(text, size, 1 + size / 3, &parts) == good && same(&whole, &parts),
                 "blocks do not matter");
    /* In a member that nobody wants a stream passes over what is no JSON. */
    bool has_ignored = memmem(text, size, ignored[0], strlen(ignored[0])) != NULL ||
                       memmem(text, size, ignored[1], strlen(ignored[1])) != NULL;
    fuzz_require(!good || has_ignored || (is_good && same(&whole, &journal)),
                 "a journal may be laid out freely");
    json_t *plain = json_object_read_plain(text, size);
    json_t *known = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    fuzz_require(plain == NULL || json_equal(plain, known), "the fast reader agrees with jansson");
    json_decref(plain);
    json_decref(known);
    return 0;
}
