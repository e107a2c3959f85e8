/* Counting rows and values: exact for rows, bounded for values. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* Where a cut at or before `limit` does not split a character. */
static size_t
cut(const char *data, size_t length, size_t limit)
{
    if (length <= limit)
        return length;
    while (limit > 0 && ((unsigned char)data[limit] & 0xC0) == 0x80)
        limit--;
    return limit;
}

void
check_show(struct strbuf *text, struct row_value value, bool is_open)
{
    char hex[DIGEST_HEX_SIZE];
    if (value.data == NULL) {
        strbuf_add_string(text, "NULL");
        return;
    }
    if (!is_open) {
        digest_to_hex(digest_bytes(value.data, value.length), hex);
        strbuf_printf(text, "digest:%s", hex);
        return;
    }
    size_t shown = cut(value.data, value.length, CHECK_SAMPLE_BYTES);
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c < 0x20 || c == 0x7F)
            strbuf_printf(text, "\\x%02x", c);
        else
            strbuf_add_char(text, value.data[i]);
    }
    if (shown < value.length)
        strbuf_add_string(text, "...");
    if (value.length == 0)
        strbuf_add_string(text, "''");
}

static void
add_sample(struct tally *tally, struct row_value value, bool is_open)
{
    struct strbuf text = STRBUF_INIT;
    /* What looks like an address is one, whatever column it stands in. */
    check_show(&text, value, is_open && memchr(value.data, '@', value.length) == NULL);
    tally->samples[tally->sample_count++] = strbuf_take(&text);
}

void
tally_add(struct tally *tally, struct row_value value, bool is_open)
{
    uint64_t known;
    tally->rows++;
    struct digest digest = digest_bytes(value.data, value.length);
    if (digest_map_get(&tally->seen, digest, &known))
        return;
    if (tally->seen.count >= CHECK_DISTINCT) {
        tally->has_more = true;
        return;
    }
    digest_map_put(&tally->seen, digest, 0);
    if (tally->sample_count < CHECK_SAMPLES)
        add_sample(tally, value, is_open);
}

char *
tally_describe(const struct tally *tally, const char *one, const char *many)
{
    if (tally->has_more)
        return memory_printf("more than %d %s", CHECK_DISTINCT, many);
    return memory_printf("%zu %s", tally->seen.count, tally->seen.count == 1 ? one : many);
}

void
tally_fill(const struct tally *tally, struct finding *finding)
{
    finding->rows = tally->rows;
    for (size_t i = 0; i < tally->sample_count; i++)
        finding_add_sample(finding, tally->samples[i]);
}

void
tally_release(struct tally *tally)
{
    for (size_t i = 0; i < tally->sample_count; i++)
        free(tally->samples[i]);
    digest_map_release(&tally->seen);
    *tally = (struct tally){.rows = 0};
}
