/* A second look at what differs: both sides once more, only the buckets that differ, then row by
 * row and column by column. */
#include "events.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* Rows that are kept in the second look; what goes beyond is counted by its buckets. */
enum { MOST_ROWS = 200000 };

/* ---- rows ---- */

static bool
read_source(struct work *work, struct drill *drill, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct copy copy;
    struct decided decided;
    const struct expect *expect = &work->expect;
    plan_sql_copy_out(&sql, work->table, NULL);
    if (!copy_begin(&copy, work->source, sql.data, err))
        return false;
    while (copy_next_line(&copy, err)) {
        if (!source_decide(work, copy.line, copy.length, true, &decided, err)) {
            copy_abandon(&copy);
            break;
        }
        if (decided.is_in_part && decided.fate == FATE_WRITTEN &&
            drill_wants(drill, expect->target_key_digest))
            drill_add(drill, BAG_EXPECTED, expect->target_key_digest, expect->line_digest,
                      span_of_buffer(&expect->line));
    }
    return copy_end(&copy, err);
}

static bool
read_target(struct work *work, struct drill *drill, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct copy copy;
    plan_sql_copy_target(&sql, work->table);
    if (!copy_begin(&copy, work->v->in->target, sql.data, err))
        return false;
    while (copy_next(&copy, work->fields, work->table->column_count, err)) {
        const struct span line = {.data = copy.line, .length = copy.length - 1};
        struct digest key =
            expect_key_of(work->table, work->fields, line, &work->key, &work->value);
        if (drill_wants(drill, key) && prints_has(&work->prints, key))
            drill_add(drill, BAG_FOUND, key, digest_bytes(line.data, line.length), line);
    }
    return copy_end(&copy, err);
}

struct row_visit {
    struct work *work;
    const struct drill *drill;
    struct span *expected, *found;
    int64_t visits;
    int64_t surplus; /* equal rows without a key beyond what was expected */
};

/* The key text of a row that was kept, or its digest. */
static void
show_key(struct row_visit *visit, const struct drill_item *item, struct span line)
{
    struct work *work = visit->work;
    char hex[DIGEST_HEX_SIZE];
    if (line.data != NULL &&
        text_split(line.data, line.length, visit->expected, work->table->column_count)) {
        expect_key_of(work->table, visit->expected, line, &work->key, &work->value);
        check_show_key(&work->shown, work->table, span_of_buffer(&work->key));
        return;
    }
    digest_to_hex(item->key, hex);
    strbuf_reset(&work->shown);
    strbuf_printf(&work->shown, "digest:%s", hex);
}

static void
name_columns(struct row_visit *visit, struct span expected, struct span found)
{
    struct work *work = visit->work;
    size_t count = work->table->column_count;
    if (expected.data == NULL || found.data == NULL ||
        !text_split(expected.data, expected.length, visit->expected, count) ||
        !text_split(found.data, found.length, visit->found, count)) {
        check_difference_text(&work->rows_check, span_of_buffer(&work->shown), NULL,
                              "another content", "not the content that was expected");
        return;
    }
    if (later_explains(work, visit->expected, visit->found)) {
        work->later_rows++;
        return;
    }
    size_t named = 0;
    int64_t before = work->rows_check.found;
    for (size_t i = 0; i < count; i++) {
        CLEANUP(strbuf_release) struct strbuf left = STRBUF_INIT;
        CLEANUP(strbuf_release) struct strbuf right = STRBUF_INIT;
        if (span_equal(visit->expected[i], visit->found[i]))
            continue;
        named++;
        check_show_value(&left, work->table, i, visit->expected[i]);
        check_show_value(&right, work->table, i, visit->found[i]);
        check_difference(&work->rows_check, span_of_buffer(&work->shown),
                         work->table->columns[i].target->name, span_of_buffer(&left),
                         span_of_buffer(&right));
    }
    /* However many columns differ: one row does. */
    if (named > 0)
        work->rows_check.found = before + 1;
}

static void
visit_row(void *context, enum drill_kind kind, const struct drill_item *expected,
          const struct drill_item *found)
{
    struct row_visit *visit = context;
    struct work *work = visit->work;
    struct span expected_line = drill_text(visit->drill, expected),
                found_line = drill_text(visit->drill, found);
    visit->visits++;
    if (kind == DRILL_EXTRA && work->table->target_key_count == 0) {
        visit->surplus++;
        return;
    }
    show_key(visit, expected ? expected : found, expected ? expected_line : found_line);
    switch (kind) {
    case DRILL_MISSING:
        check_difference_text(&work->rows_check, span_of_buffer(&work->shown), NULL, "a row", NULL);
        break;
    case DRILL_EXTRA:
        check_difference_text(&work->rows_check, span_of_buffer(&work->shown), NULL,
                              "one row with this key", "more than one");
        break;
    case DRILL_CHANGED:
        name_columns(visit, expected_line, found_line);
        break;
    }
}

static bool
compare_rows(struct work *work, struct drill *drill, struct row_visit *visit, struct error *err)
{
    size_t count = work->table->column_count;
    if (!read_source(work, drill, err) || !read_target(work, drill, err))
        return false;
    visit->expected = memory_zalloc((count + 1) * sizeof *visit->expected);
    visit->found = memory_zalloc((count + 1) * sizeof *visit->found);
    drill_compare(drill, visit_row, visit);
    work->surplus_rows += visit->surplus;
    work->rows_check.found += drill->left_out;
    work->rows_check.is_partial |= drill->left_out > 0;
    free(visit->expected);
    free(visit->found);
    return true;
}

/* Rows are found again by their keys, which are text in either codec; what differs in them is shown
 * as text. */
bool
drill_rows(struct work *work, struct error *err)
{
    const struct plan_table *table = work->table;
    struct plan_table as_text = *table;
    struct drill drill;
    struct row_visit visit = {.work = work, .drill = &drill};
    as_text.codec = PLAN_CODEC_TEXT;
    drill_init(&drill, &work->rows, MOST_ROWS);
    work->table = work->expect.table = &as_text;
    bool good = compare_rows(work, &drill, &visit, err);
    work->table = work->expect.table = table;
    if (good && visit.visits == 0 && drill.left_out == 0)
        check_difference_text(&work->rows_check, SPAN_NULL, NULL, "the bytes of the source",
                              "other bytes, which print the same");
    drill_release(&drill);
    return good;
}

/* ---- events ---- */

static bool
read_expected_events(struct work *work, struct drill *drill, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct copy copy;
    struct decided decided;
    struct digest key, item;
    plan_sql_copy_out(&sql, work->table, NULL);
    if (!copy_begin(&copy, work->source, sql.data, err))
        return false;
    while (copy_next_line(&copy, err)) {
        if (!source_decide(work, copy.line, copy.length, true, &decided, err)) {
            copy_abandon(&copy);
            break;
        }
        events_expect(work, &decided, &key, &item);
        if (drill_wants(drill, key)) {
            events_describe_expected(work, &decided, &work->value);
            drill_add(drill, BAG_EXPECTED, key, item, span_of_buffer(&work->value));
        }
    }
    return copy_end(&copy, err);
}

static bool
read_found_events(struct work *work, struct drill *drill, struct error *err)
{
    struct event_reader reader;
    struct digest key, item;
    struct span fields[EVENT_FIELDS], line;
    if (!event_reader_begin(&reader, work, err))
        return false;
    while (event_reader_next(&reader, fields, &line, err)) {
        events_read(work, fields, &key, &item);
        if (drill_wants(drill, key))
            drill_add(drill, BAG_FOUND, key, item, line);
    }
    return event_reader_end(&reader, err);
}

struct event_visit {
    struct work *work;
    const struct drill *drill;
};

static void
visit_event(void *context, enum drill_kind kind, const struct drill_item *expected,
            const struct drill_item *found)
{
    struct event_visit *visit = context;
    struct work *work = visit->work;
    events_report(work, kind, (expected ? expected : found)->key,
                  drill_text(visit->drill, expected), drill_text(visit->drill, found));
}

bool
drill_events(struct work *work, struct error *err)
{
    struct drill drill;
    drill_init(&drill, &work->events.bag, MOST_ROWS);
    struct event_visit visit = {.work = work, .drill = &drill};
    bool good = read_expected_events(work, &drill, err) && read_found_events(work, &drill, err);
    if (good) {
        drill_compare(&drill, visit_event, &visit);
        work->audit_check.found += drill.left_out;
        work->audit_check.is_partial |= drill.left_out > 0;
    }
    drill_release(&drill);
    return good;
}
