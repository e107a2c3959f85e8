/* Reading the events of a table, those that hold apart from those that are history. */
#include "events.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

bool
events_find(struct audit_run *run, struct audit_places **places, const struct plan *plan,
            struct db *target, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error problem = ERROR_INIT;
    *places = NULL;
    if (!audit_sql_places(&sql, plan, run))
        return true;
    if (!copy_query(target, sql.data, 0, NULL, &result, &problem))
        return copy_error_is_local(&problem) || (*err = problem, false);
    run->places = *places = audit_places_new(result);
    return true;
}

bool
event_reader_begin(struct event_reader *reader, struct work *work, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    const struct verify *v = work->v;
    *reader = (struct event_reader){.work = work,
                                    .is_by_row = work->ledger->pass > 0,
                                    .held = STRBUF_INIT,
                                    .shown = STRBUF_INIT};
    if (reader->is_by_row)
        audit_copy_out_by_row(&sql, v->plan, work->table, &v->run);
    else
        audit_copy_out(&sql, v->plan, work->table, &v->run);
    if (!copy_begin(&reader->copy, work->events.target, sql.data, err))
        return false;
    reader->copy.stops = &work->stops;
    return true;
}

static bool
is_action(const struct work *work, const struct span *fields, enum audit_action action)
{
    return span_equal(fields[EVENT_ACTION], span_of(work->v->plan->mapping->audit.actions[action]));
}

static void
count(struct event_reader *reader, const struct span *fields)
{
    reader->events++;
    reader->updated += is_action(reader->work, fields, AUDIT_UPDATED);
    reader->removed += is_action(reader->work, fields, AUDIT_REMOVED);
}

/* Without an ID nobody knows which event came last: each one counts. */
static bool
is_of_held_row(const struct event_reader *reader, const struct span *fields)
{
    return reader->has_held && fields[EVENT_SOURCE_KEY].length > 0 && fields[EVENT_ID].length > 0 &&
           span_equal(fields[EVENT_SOURCE_KEY], reader->fields[EVENT_SOURCE_KEY]);
}

/* What became of the row is past, but who says so must be the run. */
static void
compare_history(struct event_reader *reader, const struct span *fields)
{
    struct work *work = reader->work;
    const struct event_layout *layout = &work->events.layout;
    const struct {
        int field;
        const char *name, *expected;
    } constants[] = {{EVENT_ACTOR_ID, "actor id", layout->actor_id},
                     {EVENT_ACTOR_TYPE, "actor type", layout->actor_type},
                     {EVENT_VERSION, "event version", layout->version},
                     {EVENT_SOURCE, "source", layout->source},
                     {EVENT_REST, "other columns", "t"}};
    struct digest key;
    if (!reader->compares_history)
        return;
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
        struct span found = text_read(&buffer, fields[constants[i].field]);
        struct span expected = constants[i].expected ? span_of(constants[i].expected) : SPAN_NULL;
        if (span_equal(expected, found))
            continue;
        if (!digest_from_hex(fields[EVENT_SOURCE_KEY].data, fields[EVENT_SOURCE_KEY].length, &key))
            key = (struct digest){0, 0};
        check_show_source_key(&work->shown, key);
        check_difference(&work->audit_check, span_of_buffer(&work->shown), constants[i].name,
                         expected, found);
    }
}

static int
compare_digests(const void *a, const void *b)
{
    const struct digest *left = a, *right = b;
    return digest_order(*left, *right);
}

/* Whether the source still has the row, and it did not become a row of its own. */
static bool
is_unwritten(const struct event_state *events, struct span hex)
{
    struct digest key;
    return events->unwritten_count > 0 && digest_from_hex(hex.data, hex.length, &key) &&
           bsearch(&key, events->unwritten, events->unwritten_count, sizeof *events->unwritten,
                   compare_digests) != NULL;
}

/* The last event of a row that has no row in the target and is gone from the source: there is
 * nothing left that it could be compared with. */
static bool
is_past(const struct event_reader *reader, const struct span *fields)
{
    const struct work *work = reader->work;
    const struct event_state *events = &work->events;
    if (is_action(work, fields, AUDIT_REMOVED) &&
        span_equal(fields[EVENT_REASON], span_of("gone_from_source")))
        return true;
    const char *action = events_action(work, fields, fields[EVENT_ACTION]);
    bool left_no_row =
        is_action(work, fields, AUDIT_REMOVED) || action == events->actions[FATE_REJECTED] ||
        action == events->actions[FATE_SKIPPED] || action == events->actions[FATE_MERGED];
    return left_no_row && !is_unwritten(events, fields[EVENT_SOURCE_KEY]);
}

static void
hold(struct event_reader *reader)
{
    strbuf_reset(&reader->held);
    strbuf_add(&reader->held, reader->copy.line, reader->copy.length);
    text_split(reader->held.data, reader->held.length, reader->fields, EVENT_FIELDS);
    reader->has_held = true;
}

/* Gives the line that was held to the caller, unless it is past. */
static bool
give(struct event_reader *reader, struct span *fields, struct span *line)
{
    struct strbuf given = reader->held;
    reader->held = reader->shown;
    reader->shown = given;
    reader->has_held = false;
    text_split(given.data, given.length, fields, EVENT_FIELDS);
    *line = (struct span){.data = given.data, .length = given.length - 1};
    if (!is_past(reader, fields))
        return true;
    compare_history(reader, fields);
    return false;
}

static bool
next_by_row(struct event_reader *reader, struct span *fields, struct span *line, struct error *err)
{
    while (!reader->is_at_end && copy_next(&reader->copy, fields, EVENT_FIELDS, err)) {
        bool follows = is_of_held_row(reader, fields), had = reader->has_held;
        count(reader, fields);
        if (follows)
            compare_history(reader, reader->fields);
        bool given = had && !follows && give(reader, fields, line);
        hold(reader);
        if (given)
            return true;
    }
    reader->is_at_end = true;
    return reader->has_held && !reader->copy.failed && give(reader, fields, line);
}

bool
event_reader_next(struct event_reader *reader, struct span *fields, struct span *line,
                  struct error *err)
{
    if (reader->is_by_row)
        return next_by_row(reader, fields, line, err);
    if (!copy_next(&reader->copy, fields, EVENT_FIELDS, err))
        return false;
    *line = (struct span){.data = reader->copy.line, .length = reader->copy.length - 1};
    count(reader, fields);
    return true;
}

bool
event_reader_end(struct event_reader *reader, struct error *err)
{
    strbuf_release(&reader->held);
    strbuf_release(&reader->shown);
    return copy_end(&reader->copy, err);
}
