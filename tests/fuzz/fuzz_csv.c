/* CSV rows: cut at any place they give the same rows. */
#include "csv_rows.h"
#include "fuzz.h"

#include "idmigrate/memory.h"

#include <string.h>

struct seen {
    struct digest sum;
    uint64_t rows, fields;
};

static bool
see(void *context, const char *const *fields, size_t count, uint64_t line, struct error *err)
{
    struct seen *seen = context;
    (void)line;
    (void)err;
    for (size_t i = 0; i < count; i++)
        digest_add(&seen->sum, digest_bytes(fields[i], strlen(fields[i])));
    seen->rows++;
    seen->fields += count;
    return true;
}

static bool
read_all(const char *text, size_t size, size_t step, struct seen *seen)
{
    struct error err = ERROR_INIT;
    CLEANUP(csv_rows_release) struct csv_rows rows = CSV_ROWS_INIT;
    rows.on_row = see;
    rows.context = seen;
    if (!csv_rows_begin(&rows, ',', &err))
        return false;
    for (size_t i = 0; i < size; i += step)
        if (!csv_rows_feed(&rows, text + i, step < size - i ? step : size - i, &err))
            return false;
    return csv_rows_end(&rows, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = {.rows = 0}, parts = {.rows = 0};
    if (size == 0 || memchr(data, '\0', size) != NULL)
        return 0;
    bool good = read_all((const char *)data, size, size, &whole);
    bool same = read_all((const char *)data, size, 1 + size / 3, &parts) == good;
    /* Blank pieces between rows are passed over, wherever they are cut. */
    fuzz_require(same && whole.rows == parts.rows && whole.fields == parts.fields &&
                     digest_equal(whole.sum, parts.sum),
                 "blocks do not matter");
    return 0;
}
