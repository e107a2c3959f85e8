/*
 * Events one after the other, as texts. The binary format is used for its lengths: its fields are
 * texts here, and need no unescaping.
 */
#include "filter.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT_SIZE = 2, LENGTH_SIZE = 4 };

struct reading {
    trail_takes *take;
    void *context;
    int64_t events;
};

static void
add_part(struct strbuf *sql, const struct log_table *table, enum log_part part)
{
    const struct log_column *column = table->parts[part];
    bool is_time = column != NULL && strncmp(column->type, "timestamp", 9) == 0;
    if (column == NULL) {
        strbuf_add_string(sql, "NULL::pg_catalog.text");
        return;
    }
    if (!is_time) {
        trail_add_column(sql, column);
        strbuf_add_string(sql, "::pg_catalog.text");
        return;
    }
    /* The session is in UTC, and a column without a zone holds UTC. */
    strbuf_add_string(sql, "pg_catalog.to_char(");
    trail_add_column(sql, column);
    strbuf_add_string(sql, ", 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
}

static void
add_statement(struct strbuf *sql, const struct log_table *table, const struct trail_filter *filter)
{
    const char *direction = filter->oldest_first ? "" : " DESC";
    strbuf_add_string(sql, "COPY (SELECT ");
    for (size_t part = 0; part < LOG_PART_COUNT; part++) {
        strbuf_add_string(sql, part > 0 ? ", " : "");
        add_part(sql, table, (enum log_part)part);
    }
    strbuf_add_string(sql, " FROM ");
    db_quote_name(sql, table->schema, table->table);
    strbuf_add_string(sql, " AS e WHERE ");
    trail_add_conditions(sql, table, filter);
    strbuf_add_string(sql, " ORDER BY ");
    trail_add_column(sql, table->parts[LOG_RECORDED_AT]);
    /* Where there can be none, the order is that of an index. */
    bool has_nulls = table->parts[LOG_RECORDED_AT]->is_nullable && !filter->oldest_first;
    strbuf_printf(sql, "%s%s, ", direction, has_nulls ? " NULLS LAST" : "");
    trail_add_id(sql, table);
    strbuf_add_string(sql, direction);
    if (filter->limit > 0)
        strbuf_printf(sql, " LIMIT %" PRId64, filter->limit);
    strbuf_add_string(sql, ") TO STDOUT (FORMAT binary)");
}

/* The texts are put behind each other, each with its zero. */
static bool
split(const char *tuple, size_t size, struct strbuf *texts, struct trail_event *event)
{
    size_t starts[LOG_PART_COUNT], at = COUNT_SIZE;
    strbuf_reset(texts);
    for (size_t part = 0; part < LOG_PART_COUNT; part++) {
        uint32_t length;
        if (at + LENGTH_SIZE > size)
            return false;
        memcpy(&length, tuple + at, sizeof length);
        length = ntohl(length);
        at += LENGTH_SIZE;
        starts[part] = SIZE_MAX;
        if (length == UINT32_MAX)
            continue;
        if (length > size - at)
            return false;
        starts[part] = texts->length;
        strbuf_add(texts, tuple + at, length);
        strbuf_add_char(texts, '\0');
        at += length;
    }
    for (size_t part = 0; part < LOG_PART_COUNT; part++)
        event->parts[part] = starts[part] == SIZE_MAX ? NULL : texts->data + starts[part];
    return at == size;
}

static bool
is_interrupted(struct error *err)
{
    int number = interrupt_signal();
    if (number != 0)
        error_set(err, number == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED, "interrupted");
    return number != 0;
}

/* What the server says about a value of the filter is about the command line. */
static bool
explain(const struct log_table *table, struct error *err)
{
    error_context(err, "audit log %s", table->name);
    if (strncmp(err->sqlstate, "22", 2) == 0) {
        err->code = EXIT_USAGE;
        error_hint(err, "times are written as 2026-11-28 or 2026-11-28T17:00:00Z");
    }
    return false;
}

static bool
read_part(struct db *db, const struct log_table *table, const struct trail_filter *filter,
          struct reading *reading, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf texts = STRBUF_INIT;
    struct trail_event event;
    const char *tuple;
    size_t size;
    add_statement(&sql, table, filter);
    if (!db_copy_out_begin(db, sql.data, err))
        return explain(table, err);
    for (;;) {
        if (!db_copy_out_next(db, &tuple, &size, err))
            return explain(table, err);
        if (tuple == NULL)
            return true;
        if (!split(tuple, size, &texts, &event))
            error_set(err, EXIT_BUG, "audit log %s: what was sent is no event", table->name);
        reading->events++;
        if (err->is_set || is_interrupted(err) || !reading->take(reading->context, &event, err)) {
            struct error ignored = ERROR_INIT;
            db_copy_out_abandon(db, &ignored);
            return false;
        }
    }
}

/* ---- months ---- */

/*
 * A page of the newest events nearly always lies in the last months. To plan a statement over all
 * months of a log takes the server ten times as long as to carry it out: so the last ones are asked
 * first, and the others when the page is not full.
 */
static bool
is_worth_parting(const struct log_table *table, const struct trail_filter *filter)
{
    return table->is_partitioned && !table->parts[LOG_RECORDED_AT]->is_nullable &&
           filter->limit > 0 && !filter->oldest_first && filter->since == NULL &&
           (filter->until == NULL || filter->cursor == NULL);
}

enum { MONTH_TEXT = 64 };

/* The first day of the month so many months before the newest event that is asked for; false: its
 * time is written as only the server reads it. */
static bool
find_month(const struct trail_filter *filter, int months, char text[MONTH_TEXT])
{
    const char *newest = filter->cursor != NULL ? filter->cursor : filter->until;
    const time_t now = time(NULL);
    struct tm date;
    int year, month;
    if (newest == NULL) {
        gmtime_r(&now, &date);
        year = date.tm_year + 1900;
        month = date.tm_mon;
    } else {
        const char *rest = strptime(newest, "%Y-%m-%d", &date);
        if (rest == NULL || rest - newest != 10)
            return false;
        year = date.tm_year + 1900;
        month = date.tm_mon;
    }
    month += year * 12 - months;
    snprintf(text, MONTH_TEXT, "%04d-%02d-01", month / 12, month % 12 + 1);
    return month >= 12 * 1000;
}

static bool
read_by_months(struct db *db, const struct log_table *table, const struct trail_filter *filter,
               struct reading *reading, struct error *err)
{
    static const int months[] = {1, 6};
    enum { STEPS = sizeof months / sizeof months[0] };
    char limits[STEPS][MONTH_TEXT];
    struct trail_filter part = *filter;
    for (size_t i = 0; i < STEPS; i++)
        if (!find_month(filter, months[i], limits[i]))
            return read_part(db, table, filter, reading, err);
    for (size_t i = 0; i <= STEPS; i++) {
        part.until = i > 0 ? limits[i - 1] : filter->until;
        part.since = i < STEPS ? limits[i] : NULL;
        part.limit = filter->limit - reading->events;
        if (part.limit > 0 && !read_part(db, table, &part, reading, err))
            return false;
    }
    return true;
}

bool
trail_read(struct db *db, const struct log_table *table, const struct trail_filter *filter,
           trail_takes *take, void *context, struct error *err)
{
    struct reading reading = {.take = take, .context = context};
    return is_worth_parting(table, filter) ? read_by_months(db, table, filter, &reading, err)
                                           : read_part(db, table, filter, &reading, err);
}

char *
trail_cursor(const struct trail_event *event)
{
    return memory_printf("%s %s",
                         event->parts[LOG_RECORDED_AT] != NULL ? event->parts[LOG_RECORDED_AT] : "",
                         event->parts[LOG_ID] != NULL ? event->parts[LOG_ID] : "");
}
