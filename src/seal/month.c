/* One month is sealed: its events are read in order, dealt to their streams, and each stream's
 * batch becomes a seal, or several where there are very many events. */
#include "idmigrate/failpoint.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "sealing.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct month {
    struct sealing *sealing;
    int64_t number; /* counted from the first */
    struct merkle_hasher *hasher;
    struct seal_reader *reader;
    struct seal_batch **batches; /* one for each stream that has events */
    size_t count, capacity;
    int64_t held; /* leaves in all of them */
};

static void
month_release(struct month *month)
{
    for (size_t i = 0; i < month->count; i++)
        seal_batch_free(&month->batches[i]);
    free(month->batches);
    seal_reader_free(&month->reader);
    merkle_hasher_free(&month->hasher);
}

static int64_t
month_of(const struct month *month)
{
    return month->sealing->first_month + month->number;
}

static int64_t
month_end(const struct month *month)
{
    int64_t last = seal_month_start(month_of(month) + 1) - 1;
    return last < month->sealing->horizon ? last : month->sealing->horizon;
}

static struct seal_batch *
batch_of(struct month *month, const char *stream)
{
    /* Events of one stream come together: the last one found is tried first. */
    for (size_t i = month->count; i-- > 0;)
        if (strcmp(month->batches[i]->stream, stream) == 0)
            return month->batches[i];
    struct seal_batch *batch = seal_batch_new(stream);
    *ARRAY_ADD(month->batches, month->count, month->capacity) = batch;
    return batch;
}

static bool
put(struct month *month, struct seal_batch *batch, const struct seal_place *to, struct error *err)
{
    return sealing_await_turn(month->sealing, month->number) &&
           sealing_put(month->sealing, month_of(month), batch, to, NULL, month->hasher, err);
}

/* Seals the largest batch as far as it is, so that memory stays bounded. */
static bool
cut(struct month *month, struct error *err)
{
    size_t largest = 0, length;
    for (size_t i = 1; i < month->count; i++)
        if (month->batches[i]->events > month->batches[largest]->events)
            largest = i;
    struct seal_batch *batch = month->batches[largest];
    const unsigned char *id = seal_batch_last_id(batch, &length);
    struct seal_place to = {.time = batch->last_time,
                            .id = seal_id_text(month->sealing->layout, id, length)};
    bool good = put(month, batch, &to, err);
    free(to.id);
    month->held -= batch->events;
    month->batches[largest] = seal_batch_new(batch->stream);
    seal_batch_free(&batch);
    return good;
}

static bool
is_interrupted(struct error *err)
{
    int number = interrupt_signal();
    if (number != 0)
        error_set(err, number == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED,
                  "interrupted; months that were sealed are kept");
    return number != 0;
}

/* Nothing is read twice for the sake of what is sealed already. */
static int64_t
month_begin(const struct month *month)
{
    const struct sealing *sealing = month->sealing;
    const char *name = sealing->request->run_id != NULL ? sealing->request->run_id : "";
    const struct seal_stream *stream = seal_streams_find(&sealing->before, name);
    int64_t first = seal_month_start(month_of(month));
    return stream != NULL && stream->is_sealed && stream->time > first ? stream->time : first;
}

static bool
add(struct month *month, const struct seal_event *event, struct merkle_hash leaf, struct error *err)
{
    const int64_t most = failpoint_seal_events(SEAL_BATCH);
    if (!seal_stream_is_open(seal_streams_find(&month->sealing->before, event->stream), event))
        return true;
    seal_batch_add(batch_of(month, event->stream), month->hasher, event, leaf);
    return ++month->held < most || cut(month, err);
}

/* Up to an event with another time, or to the end; `event` is read ahead. */
static bool
read_events(struct month *month, const int64_t *time, struct seal_event *event, bool *more,
            struct error *err)
{
    for (int64_t read = 0; *more && (time == NULL || event->time == *time); read++) {
        if (read % SEAL_PART == 0 && (is_interrupted(err) || sealing_has_failed(month->sealing)))
            return false;
        if (!add(month, event, seal_reader_leaf(month->reader, 0), err) ||
            !seal_reader_next(month->reader, event, more, err))
            return false;
    }
    return true;
}

static bool
begin_reading(struct month *month, struct db *db, const char *times, struct db_transaction *tx,
              struct error *err)
{
    const struct log_table *table = month->sealing->request->table;
    const struct seal_layout *const *layouts =
        (const struct seal_layout *const *)&month->sealing->layout;
    struct seal_range range = {.from = month_begin(month),
                               .to = month_end(month),
                               .run_id = month->sealing->request->run_id,
                               .times = times};
    month->reader = seal_reader_new(db, table, layouts, 1);
    return seal_begin_reading(tx, db, NULL, table, err) &&
           seal_reader_begin(month->reader, &range, err);
}

static bool
read_month(struct month *month, struct db *db, struct db_transaction *tx, struct error *err)
{
    struct seal_event event;
    bool more;
    return begin_reading(month, db, NULL, tx, err) &&
           seal_reader_next(month->reader, &event, &more, err) &&
           read_events(month, NULL, &event, &more, err);
}

/* ---- what a witness saw ---- */

static bool
add_known(struct month *month, const struct seal_recalled *time, struct strbuf *leaves,
          struct error *err)
{
    struct seal_event event = {.time = time->time};
    struct seal_leaf leaf;
    strbuf_reset(leaves);
    if (is_interrupted(err) || sealing_has_failed(month->sealing) ||
        !seal_recall_load(&month->sealing->recall, time, leaves, err))
        return false;
    const unsigned char *at = (const unsigned char *)leaves->data, *end = at + leaves->length;
    snprintf(event.stream, sizeof event.stream, "%s", month->sealing->request->run_id);
    while (seal_leaf_next(&at, end, &leaf)) {
        event.id = leaf.id;
        event.id_length = leaf.id_length;
        if (!add(month, &event, leaf.hash, err))
            return false;
        month->sealing->outcome->recalled++;
    }
    return true;
}

/* Times are in order, and so is what is read beside them. */
static bool
recall_month(struct month *month, struct db *db, struct db_transaction *tx, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf leaves = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf rest = STRBUF_INIT;
    const struct seal_recall *recall = &month->sealing->recall;
    const int64_t from = seal_month_start(month_of(month)), to = month_end(month);
    struct seal_event event = {.time = 0};
    bool more = seal_recall_rest(recall, from, to, &rest);
    if (more && (!begin_reading(month, db, rest.data, tx, err) ||
                 !seal_reader_next(month->reader, &event, &more, err)))
        return false;
    for (size_t i = 0; i < recall->count; i++) {
        const struct seal_recalled *time = &recall->times[i];
        if (time->time < from || time->time > to)
            continue;
        if (!(time->count > 0 ? add_known(month, time, &leaves, err)
                              : read_events(month, &time->time, &event, &more, err)))
            return false;
    }
    return true;
}

/* Where nothing was recorded the horizon still moves, but not at each call. */
static bool
wants_empty_seal(const struct month *month)
{
    static const int64_t hour = 3600000000;
    const struct sealing *sealing = month->sealing;
    const struct seal_stream *stream = seal_streams_find(&sealing->now, "");
    bool is_last = month->number == sealing->month_count - 1 && sealing->request->run_id == NULL;
    return is_last && (stream == NULL || !stream->is_sealed || sealing->outcome->seals > 0 ||
                       sealing->horizon - stream->time >= hour);
}

static bool
put_all(struct month *month, struct error *err)
{
    struct seal_place to = {.time = month_end(month)};
    if (!sealing_await_turn(month->sealing, month->number))
        return false;
    for (size_t i = 0; i < month->count; i++)
        if (month->batches[i]->events > 0 && !put(month, month->batches[i], &to, err))
            return false;
    const struct seal_stream *rest = seal_streams_find(&month->sealing->now, "");
    bool is_behind = rest == NULL || !rest->is_sealed || rest->time < to.time;
    return !is_behind || !wants_empty_seal(month) || put(month, batch_of(month, ""), &to, err);
}

bool
sealing_seal_month(struct sealing *sealing, struct db *db, int64_t number, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(month_release)
    struct month month = {.sealing = sealing, .number = number, .hasher = merkle_hasher_new()};
    bool good = sealing->recall.count > 0 ? recall_month(&month, db, &tx, err)
                                          : read_month(&month, db, &tx, err);
    return good && put_all(&month, err) && sealing_end_turn(sealing, err);
}
