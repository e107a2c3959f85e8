/*
 * Rows that the application changed after the run had written them, which are no damage: the
 * mapping names a column ("changed_at") that the application sets then. Such a row tells a time
 * after the run began with its table, and after the time that the run wrote. Anybody who changes a
 * row and sets the column looks the same; whoever must tell these apart does not name one.
 */
#include "work.h"

#include <endian.h>
#include <string.h>

/* Binary: microseconds since 2000-01-01, the most significant byte first; the last number stands
 * for infinity. */
static bool
is_after_number(struct span raw, int64_t began)
{
    uint64_t bytes;
    if (raw.length != sizeof bytes)
        return false;
    memcpy(&bytes, raw.data, sizeof bytes);
    int64_t time = (int64_t)be64toh(bytes);
    return time != INT64_MAX && time > began;
}

/* Text: as ISO writes it in UTC, where later times are greater as bytes too; of `infinity` not. */
static bool
is_after_text(struct span raw, const char *began)
{
    return raw.length > 0 && raw.data[0] >= '0' && raw.data[0] <= '9' &&
           span_compare(raw, span_of(began)) > 0;
}

bool
later_is_after_run(const struct work *work, const struct span *fields)
{
    const struct ledger_table *ledger = work->ledger;
    int column = work->table->changed_at;
    if (column < 0 || ledger->began[0] == '\0' || fields[column].data == NULL)
        return false;
    return work->table->codec == PLAN_CODEC_BINARY
               ? is_after_number(fields[column], ledger->began_number)
               : is_after_text(fields[column], ledger->began);
}

bool
later_explains(const struct work *work, const struct span *expected, const struct span *found)
{
    int column = work->table->changed_at;
    return later_is_after_run(work, found) && (span_equal(expected[column], span_of("\\N")) ||
                                               span_compare(found[column], expected[column]) > 0);
}

void
later_note(struct work *work)
{
    if (work->later_rows > 0)
        check_note(&work->rows_check, "%lld rows that the application changed since, as %s tells",
                   (long long)work->later_rows,
                   work->table->columns[work->table->changed_at].target->name);
}
