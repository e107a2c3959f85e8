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
    EVENT_ID
};

/* Of the row at hand: the key of the row in the target, or of the row that stands for it, as an
 * event shows it. */
struct span events_resource_id(struct work *work, const struct decided *decided);
struct span events_new_value(const struct expect_column *column);
/* The name that old values have: the source column's, or the target's where there is no one source
 * column. */
const char *events_old_name(const struct plan_column *column);

#endif
