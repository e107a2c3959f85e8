/*
 * One month: every event goes to the seal whose range it is in, and each tree is made anew.
 *
 * Events that were accepted after their time had been sealed are in seals of their own, whose lists
 * say which they are.
 */
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "verifying.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A seal of this month and its tree as the events make it. */
struct check {
    size_t seal; /* in the chain */
    struct merkle_tree tree;
    unsigned char to_id[SEAL_ID_SIZE];
    size_t to_length;   /* 0: all events of that time */
    struct strbuf late; /* list of leaves of accepted events */
    const unsigned char *late_at;
    struct seal_leaf late_next;
    bool has_late;
    size_t next; /* of the same stream; 0: none, since the first is no follower */
};

/* Where a stream's events are. */
struct lane {
    size_t at, last;
};

struct month {
    struct verifying *verifying;
    struct db *db;
    int64_t number;
    struct check *checks; /* in the order of the chain */
    size_t count, capacity, late_count;
    struct lane *lanes;
    size_t lane_count, lane_capacity;
    struct seal_reader *reader;
    struct merkle_hasher *hasher;
    int64_t events, pending;
};

static void
month_release(struct month *month)
{
    for (size_t i = 0; i < month->count; i++)
        strbuf_release(&month->checks[i].late);
    free(month->checks);
    free(month->lanes);
    seal_reader_free(&month->reader);
    merkle_hasher_free(&month->hasher);
}

static const struct seal *
seal_of(const struct month *month, const struct check *check)
{
    return &month->verifying->chain.seals[check->seal];
}

static void
next_late(struct check *check)
{
    const unsigned char *end = (const unsigned char *)check->late.data + check->late.length;
    check->has_late = seal_leaf_next(&check->late_at, end, &check->late_next);
}

static const char *
stream_name(const struct month *month, size_t check)
{
    const char *stream = seal_of(month, &month->checks[check])->stream;
    return stream != NULL ? stream : "";
}

static void
add_to_lane(struct month *month, size_t check)
{
    for (size_t i = 0; i < month->lane_count; i++) {
        struct lane *lane = &month->lanes[i];
        if (strcmp(stream_name(month, lane->at), stream_name(month, check)) != 0)
            continue;
        month->checks[lane->last].next = check;
        lane->last = check;
        return;
    }
    *ARRAY_ADD(month->lanes, month->lane_count, month->lane_capacity) =
        (struct lane){.at = check, .last = check};
}

static bool
add_check(struct month *month, size_t number, struct error *err)
{
    const struct verifying *verifying = month->verifying;
    const struct seal *seal = &verifying->chain.seals[number];
    struct check *check = ARRAY_ADD(month->checks, month->count, month->capacity);
    *check = (struct check){.seal = number, .late = STRBUF_INIT};
    if (seal->to.id != NULL)
        seal_id_bytes(verifying->layouts[verifying->layout_of[number]], seal->to.id, check->to_id,
                      &check->to_length);
    if (seal->reason == NULL) {
        add_to_lane(month, month->count - 1);
        return true;
    }
    month->late_count++;
    if (!seal_leaves_load(month->db, seal, -1, &check->late, err))
        return false;
    check->late_at = (const unsigned char *)check->late.data;
    next_late(check);
    return true;
}

static bool
find_checks(struct month *month, struct error *err)
{
    const struct seal_chain *chain = &month->verifying->chain;
    for (size_t i = 0; i < chain->count; i++)
        if (chain->seals[i].month == month->number && !add_check(month, i, err))
            return false;
    return true;
}

/* ---- where an event belongs ---- */

static bool
is_late(struct check *check, const struct seal_event *event)
{
    while (check->has_late) {
        const struct seal_leaf *leaf = &check->late_next;
        int order = seal_compare(leaf->time, leaf->id, leaf->id_length, event->time, event->id,
                                 event->id_length);
        if (order > 0)
            return false;
        next_late(check);
        if (order == 0)
            return true;
    }
    return false;
}

static bool
is_within(const struct check *check, const struct seal *seal, const struct seal_event *event)
{
    if (check->to_length == 0 || event->time != seal->to.time)
        return event->time <= seal->to.time;
    return seal_compare(event->time, event->id, event->id_length, seal->to.time, check->to_id,
                        check->to_length) <= 0;
}

static bool
is_of_stream(const struct month *month, const struct check *check, const struct seal_event *event)
{
    const char *stream = seal_of(month, check)->stream;
    return strcmp(stream != NULL ? stream : "", event->stream) == 0;
}

/* A stream's seals of this month that have a range, in order; events come in order too, so the
 * ones whose range is behind are never looked at again. */
static struct check *
place_in_range(struct month *month, const struct seal_event *event)
{
    struct lane *lane = NULL;
    for (size_t i = 0; i < month->lane_count && lane == NULL; i++)
        if (is_of_stream(month, &month->checks[month->lanes[i].at], event))
            lane = &month->lanes[i];
    while (lane != NULL) {
        struct check *check = &month->checks[lane->at];
        if (is_within(check, seal_of(month, check), event))
            return check;
        if (check->next == 0)
            return NULL;
        lane->at = check->next;
    }
    return NULL;
}

static struct check *
place(struct month *month, const struct seal_event *event)
{
    for (size_t i = 0; i < month->count && month->late_count > 0; i++) {
        struct check *check = &month->checks[i];
        if (check->late.length > 0 && is_of_stream(month, check, event) && is_late(check, event))
            return check;
    }
    return place_in_range(month, event);
}

/* ---- events ---- */

/* When a UUID of version 7 was made (RFC 9562, section 5.7), as microseconds since 2000. */
static bool
read_uuid_time(const struct seal_event *event, int64_t *time)
{
    static const int64_t epoch = 946684800000; /* 2000-01-01 in milliseconds since 1970-01-01 */
    uint64_t milliseconds = 0;
    if (event->id_length != 16 || event->id[6] >> 4 != 7)
        return false;
    for (size_t i = 0; i < 6; i++)
        milliseconds = milliseconds << 8 | event->id[i];
    *time = ((int64_t)milliseconds - epoch) * 1000;
    return true;
}

static void
add_inserted(struct month *month, const struct seal_event *event)
{
    static const int64_t hour = 3600000000;
    const struct seal_layout *layout = month->verifying->layouts[0];
    char time[SEAL_TIME_SIZE], made_text[SEAL_TIME_SIZE];
    int64_t made;
    bool is_back_dated = read_uuid_time(event, &made) && made > event->time + hour;
    seal_time_format(event->time, time);
    if (month->verifying->late != NULL)
        verifying_collect(month->verifying, month->number, event, month->reader,
                          month->verifying->today);
    if (is_back_dated)
        seal_time_format(made, made_text);
    verifying_add(
        month->verifying, is_back_dated ? "back-dated" : "inserted",
        seal_id_text(layout, event->id, event->id_length), memory_strdup(time), 0,
        is_back_dated
            ? memory_printf("its time is sealed without it, and its ID was made at %s", made_text)
            : memory_strdup("its time is sealed without it"));
}

static void
take_event(struct month *month, const struct seal_event *event)
{
    const struct verifying *verifying = month->verifying;
    struct check *check = place(month, event);
    if (check != NULL && seal_of(month, check)->certificate == NULL) {
        size_t layout = verifying->layout_of[check->seal];
        if (verifying->fits[layout])
            merkle_add(&check->tree, month->hasher, seal_reader_leaf(month->reader, layout));
        month->events++;
    } else if (check != NULL || (verifying->has_horizon && event->time <= verifying->horizon)) {
        add_inserted(month, event);
    } else {
        month->pending++;
    }
}

static bool
is_interrupted(struct error *err)
{
    int number = interrupt_signal();
    if (number != 0)
        error_set(err, number == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED, "interrupted");
    return number != 0;
}

static bool
read_events(struct month *month, struct error *err)
{
    struct seal_range range = {.from = seal_month_start(month->number),
                               .to = seal_month_start(month->number + 1) - 1};
    struct seal_event event;
    bool more = true;
    if (!seal_reader_begin(month->reader, &range, err))
        return false;
    for (int64_t read = 0; more; read++) {
        if (read % SEAL_PART == 0 && is_interrupted(err))
            return false;
        if (!seal_reader_next(month->reader, &event, &more, err))
            return false;
        if (more)
            take_event(month, &event);
    }
    return true;
}

/* ---- the result ---- */

static bool
judge(struct month *month, struct check *check, struct error *err)
{
    struct verifying *verifying = month->verifying;
    const struct seal *seal = seal_of(month, check);
    if (seal->certificate != NULL || !verifying->fits[verifying->layout_of[check->seal]])
        return true;
    struct merkle_hash root = merkle_root(&check->tree, month->hasher);
    if (merkle_equal(&root, &seal->root) && (int64_t)check->tree.count == seal->events)
        return true;
    return verifying_name_events(verifying, month->db, check->seal, err);
}

/* What the server cannot give any more is a finding, and no reason to stop. */
static bool
is_damage(const struct error *err)
{
    return strncmp(err->sqlstate, "XX", 2) == 0 || strncmp(err->sqlstate, "58", 2) == 0 ||
           strncmp(err->sqlstate, "22", 2) == 0;
}

static void
add_unreadable(struct month *month, struct error *err)
{
    char time[SEAL_TIME_SIZE];
    seal_time_format(seal_month_start(month->number), time);
    verifying_add(
        month->verifying, "unreadable", NULL, memory_strndup(time, 7), 0,
        memory_printf("the server cannot read the events of this month (%s)", err->sqlstate));
    error_clear(err);
}

static void
count_month(struct month *month)
{
    struct verifying *verifying = month->verifying;
    pthread_mutex_lock(&verifying->lock);
    verifying->verdict->events += month->events;
    verifying->verdict->pending += month->pending;
    pthread_mutex_unlock(&verifying->lock);
}

/* Only the layouts that this month's seals have, and that still fit. */
static struct seal_reader *
open_reader(struct month *month, const struct seal_layout **used)
{
    struct verifying *verifying = month->verifying;
    for (size_t i = 0; i < verifying->layout_count; i++)
        used[i] = verifying->layouts[i];
    return seal_reader_new(month->db, verifying->request->table, used, verifying->layout_count);
}

bool
verifying_check_month(struct verifying *verifying, struct db *db, int64_t number, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    const struct seal_layout **used = memory_alloc(verifying->layout_count * sizeof *used);
    struct month month = {
        .verifying = verifying, .db = db, .number = number, .hasher = merkle_hasher_new()};
    month.reader = open_reader(&month, used);
    bool good =
        seal_begin_reading(&tx, db, verifying->snapshot.data, verifying->request->table, err) &&
        find_checks(&month, err) && read_events(&month, err);
    for (size_t i = 0; good && i < month.count; i++)
        good = judge(&month, &month.checks[i], err);
    if (!good && is_damage(err)) {
        add_unreadable(&month, err);
        good = true;
    }
    count_month(&month);
    month_release(&month);
    free(used);
    return good;
}
