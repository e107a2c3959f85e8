/* Files that git cannot hold: records and documents larger than what is held at once. */
#include "idmigrate/memory.h"
#include "idmigrate/providers.h"
#include "idmigrate/sql.h"
#include "idmigrate/strbuf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool
count(void *context, const struct provider_record *record, struct error *err)
{
    uint64_t *counts = context;
    counts[record->gives]++;
    return !err->is_set;
}

struct result {
    enum provider_recognised recognised;
    uint64_t counts[PROVIDER_NOTE + 1];
    struct error err;
};

static struct result
read_text(const struct strbuf *text)
{
    struct result result = {.err = ERROR_INIT};
    struct error err = ERROR_INIT;
    struct provider_file file;
    char path[32];
    CLEANUP(idmap_formats_free) struct idmap_formats *formats = NULL;
    CLEANUP(provider_kinds_free) struct provider_kinds *kinds = NULL;
    int descriptor = memfd_create("large", MFD_CLOEXEC);
    cr_assert_eq(write(descriptor, text->data, text->length), (ssize_t)text->length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    cr_assert(idmap_formats_new(embedded_formats_json, NULL, NULL, &formats, &err));
    cr_assert(provider_kinds_new(embedded_exports_json, NULL, NULL, formats, &kinds, &err));
    result.recognised = provider_read(kinds, path, count, result.counts, &file, &result.err);
    close(descriptor);
    return result;
}

static void
add_user(struct strbuf *text, int number, size_t padding)
{
    strbuf_printf(text,
                  "{\"object\":\"user\",\"id\":\"user_w%d\",\"email\":\"%d@x.org\",\"extra\":\"",
                  number, number);
    for (size_t i = 0; i < padding; i++)
        strbuf_add_char(text, 'x');
    strbuf_add_string(text, "\"}");
}

Test(providers_large, a_map_of_many_members_comes_in_parts)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    strbuf_add_char(&text, '{');
    for (int i = 0; i < 40000; i++)
        /* IDs of tests are out of format: only the first must be in it. */
        strbuf_printf(&text, "%s\"user_%s%027d\": \"user_01HKWYPPG0RWE1CTA%09d\"",
                      i > 0 ? ",\n" : "", i > 0 ? "seed-" : "", i, i);
    strbuf_add_char(&text, '}');
    struct result result = read_text(&text);
    cr_expect_eq(result.recognised, PROVIDER_READ, "%s", result.err.text);
    cr_expect_eq(result.counts[PROVIDER_PAIR], 40000);
}

Test(providers_large, records_of_16_MB_are_read)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    strbuf_add_char(&text, '[');
    add_user(&text, 1, 15 * 1024 * 1024);
    strbuf_add_char(&text, ',');
    add_user(&text, 2, 0);
    strbuf_add_char(&text, ']');
    struct result result = read_text(&text);
    cr_expect_eq(result.recognised, PROVIDER_READ, "%s", result.err.text);
    cr_expect_eq(result.counts[PROVIDER_LIST], 2);
}

Test(providers_large, larger_records_are_refused)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    add_user(&text, 1, 0);
    strbuf_add_char(&text, '\n');
    add_user(&text, 2, 17 * 1024 * 1024);
    struct result result = read_text(&text);
    cr_expect_eq(result.recognised, PROVIDER_BAD_FILE);
    cr_expect_str_eq(result.err.text, "record 2 is longer than 16 MB");
}
