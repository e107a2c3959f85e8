/*
 * Two streams at once: a thread reads the events of a table while the caller reads its rows, those
 * of the source only when there is one connection to the target. All see the same snapshot.
 *
 * The thread touches what `struct work` has for events and nothing else; the caller adds what it
 * expects to the other side of their bag.
 */
#include "work.h"

#include "idmigrate/memory.h"

/* A server without a connection left, or one that exports no snapshots, makes verification slower
 * and not impossible. */
void
beside_prepare(struct verify *v)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    struct error ignored = ERROR_INIT;
    const struct verify_inputs *in = v->in;
    if (v->is_dry_run || in->jobs < 2 || in->open_target == NULL)
        return;
    if (!db_export_snapshot(in->target, &name, &ignored) ||
        !in->open_target(in->connections, &v->second, &ignored) ||
        !db_begin_snapshot(&v->second_snapshot, v->second, name.data, &ignored))
        beside_release(v);
}

void
beside_release(struct verify *v)
{
    db_transaction_release(&v->second_snapshot);
    db_close(&v->second);
}

static void *
read_events(void *argument)
{
    struct beside *beside = argument;
    beside->read_events = events_pass(beside->work, &beside->err);
    if (!beside->read_events)
        atomic_store(&beside->work->stops, true);
    return NULL;
}

void
beside_begin(struct beside *beside, struct work *work)
{
    *beside = (struct beside){.work = work, .err = ERROR_INIT};
    /* After a second pass it takes the rows to tell which events are history. */
    if (!work->events.is_used || work->ledger->pass > 0)
        return;
    beside->shares_target = work->v->second == NULL;
    if (!beside->shares_target)
        work->events.target = work->v->second;
    beside->runs = pthread_create(&beside->thread, NULL, read_events, beside) == 0;
    if (!beside->runs)
        work->events.target = work->v->in->target;
}

static bool
join(struct beside *beside, struct error *err)
{
    pthread_join(beside->thread, NULL);
    beside->runs = false;
    beside->has_ended = true;
    atomic_store(&beside->work->stops, false);
    /* Who stopped because the other failed has no error of its own. */
    if (!beside->read_events && beside->err.is_set && !err->is_set)
        *err = beside->err;
    return beside->read_events;
}

bool
beside_give_way(struct beside *beside, struct error *err)
{
    return !beside->runs || !beside->shares_target || join(beside, err);
}

bool
beside_end(struct beside *beside, bool rows_read, struct error *err)
{
    if (!beside->runs && !beside->has_ended)
        return rows_read && (!beside->work->events.is_used || events_pass(beside->work, err));
    if (!rows_read)
        atomic_store(&beside->work->stops, true);
    bool events_read = beside->runs ? join(beside, err) : beside->read_events;
    return rows_read && events_read;
}
