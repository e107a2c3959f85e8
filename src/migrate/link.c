/*
 * Connections of a worker. All workers read one snapshot of each source. It lives as long as any
 * transaction that sees it; each worker publishes its own, so that whoever loses its connection
 * finds it with another.
 */
#include "worker.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *
source_name(const struct migrate *m, size_t source)
{
    return m->plan->mapping->sources[source].name;
}

static bool
publish(struct migrate *m, struct db *source, size_t number, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    return db_export_snapshot(source, &name, err) &&
           store_put_snapshot(m->target, m->run_id, source_name(m, number), name.data, err);
}

bool
link_publish(struct migrate *m, struct error *err)
{
    for (size_t i = 0; i < m->plan->mapping->source_count; i++)
        if (!publish(m, m->sources[i], i, err))
            return false;
    return true;
}

/* By any of the names: the first whose holder lives. */
static bool
enter_snapshot(struct worker *worker, size_t number, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *names = NULL;
    struct migrate *m = &worker->m;
    if (!store_load_snapshots(m->target, m->run_id, source_name(m, number), &names, err))
        return false;
    for (size_t i = 0; i < db_result_rows(names); i++) {
        struct error ignored = ERROR_INIT;
        if (db_begin_snapshot(&worker->snapshots[number], worker->sources[number],
                              db_result_text(names, i, 0), &ignored))
            return true;
    }
    error_set(err, EXIT_STOPPED, "source %s: the run's snapshot is gone with its last holder",
              source_name(m, number));
    return error_hint(
        err, m->in->joins ? "the process that began the run is gone: without --join the run is "
                            "resumed, with a new one"
                          : "the same command again takes a new one, and goes on");
}

static void
close_source(struct worker *worker, size_t number)
{
    worker->snapshots[number] = (struct db_transaction){.db = NULL};
    db_close(&worker->sources[number]);
}

static bool
open_source(struct worker *worker, size_t number, struct error *err)
{
    const struct migrate_inputs *in = worker->m.in;
    if (worker->sources[number] != NULL && db_is_sound(worker->sources[number]))
        return true;
    close_source(worker, number);
    if (!in->open_source(in->connections, (int)number, "run worker", &worker->sources[number], err))
        return false;
    if (enter_snapshot(worker, number, err) &&
        publish(&worker->m, worker->sources[number], number, err))
        return true;
    close_source(worker, number);
    return false;
}

/* The shared lock tells planners that somebody is at work, also when the process has just died and
 * the server has not noticed. */
static bool
open_target(struct worker *worker, struct error *err)
{
    const struct migrate_inputs *in = worker->m.in;
    if (worker->target != NULL && db_is_sound(worker->target))
        return true;
    db_close(&worker->target);
    if (!in->open_target(in->connections, "run worker", &worker->target, err))
        return false;
    worker->m.target = worker->target;
    return store_lock(worker->target, false, err);
}

bool
link_open(struct worker *worker, struct error *err)
{
    bool good = open_target(worker, err);
    for (size_t i = 0; good && i < worker->m.plan->mapping->source_count; i++)
        good = open_source(worker, i, err);
    return good;
}

void
link_close(struct worker *worker)
{
    for (size_t i = 0; worker->sources != NULL && i < worker->m.plan->mapping->source_count; i++) {
        db_transaction_release(&worker->snapshots[i]);
        db_close(&worker->sources[i]);
    }
    db_close(&worker->target);
    free(worker->sources);
    free(worker->snapshots);
    worker->sources = NULL;
    worker->snapshots = NULL;
}
