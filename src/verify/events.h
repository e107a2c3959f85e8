/* What events.c and event_report.c share. */
#ifndef VERIFY_EVENTS_H
#define VERIFY_EVENTS_H

#include "work.h"

/* In the order in which events are read and described. */
enum {
    EVENT_ACTION,
    EVENT_SOURCE_KEY,
    EVENT_ROW_DIGEST,
    EVENT_RESOURCE_ID,
    EVENT_TYPE,
    EVENT_OLD,
    EVENT_NEW,
    EVENT_ID,
    EVENT_ACTOR_ID,
    EVENT_ACTOR_TYPE,
    EVENT_OUTCOME,
    EVENT_REASON,
    EVENT_TENANT,
    EVENT_VERSION,
    EVENT_SOURCE,
    EVENT_REST
};
_Static_assert(EVENT_REST + 1 == EVENT_FIELDS, "one name for each field");

/* event_layout.c: what the audit table stores */
struct event_layout event_layout_read(const struct plan *plan, const struct plan_table *table);
void event_layout_release(struct event_layout *layout);
bool event_is_uuid(struct span text);

/* Of the row at hand: the key of the row in the target, or of the row that stands for it, as an
 * event shows it. */
struct span events_resource_id(struct work *work, const struct decided *decided);
struct span events_new_value(const struct expect_column *column);
/* The name that old values have: the source column's, or the target's where there is no one source
 * column. */
const char *events_old_name(const struct plan_column *column);
/* The fields from the actor on that an event with this outcome must have, as COPY text. */
void events_write_rest(struct work *work, const struct decided *decided, struct strbuf *out);
/* What an event's action counts as: that of a second pass as the one of a first. */
const char *events_action(const struct work *work, const struct span *fields, struct span action);

/*
 * event_reader.c: the events of a table that say what holds now.
 *
 * After a second pass a source row may have several events; the last one by its ID holds, those
 * before it are history. So is the last event of a row that is gone from the source and left no row
 * behind.
 */
struct event_reader {
    struct work *work;
    struct copy copy;
    bool is_by_row, is_at_end;
    bool compares_history;
    struct strbuf held, shown; /* lines; `held` is the last one of its row so far */
    bool has_held;
    struct span fields[EVENT_FIELDS]; /* of `held` */
    int64_t events, updated, removed; /* all that were read */
};
bool event_reader_begin(struct event_reader *reader, struct work *work, struct error *err);
/* Where each table's events are, into `run` too; `places` (to be freed) stays NULL where that
 * cannot be known: then they are looked for everywhere, and who cannot read them says so. */
bool events_find(struct audit_run *run, struct audit_places **places, const struct plan *plan,
                 struct db *target, struct error *err);
/* False at the end and on an error; event_reader_end() tells which. */
bool event_reader_next(struct event_reader *reader, struct span *fields, struct span *line,
                       struct error *err);
bool event_reader_end(struct event_reader *reader, struct error *err);

#endif
