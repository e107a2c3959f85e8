/*
 * The workers of this process: begun, watched, and ended. The caller's thread watches: it looks at
 * what is said to the run, and has more workers or fewer; who is too many leaves between two pieces
 * of work.
 */
#include "worker.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_WORKERS = 64 };
static const double between_looks = 0.5; /* seconds */
static const double patience = 30;

struct crew {
    struct migrate *m;
    struct worker *workers;        /* MOST_WORKERS */
    double next_look, blind_since; /* steady seconds; 0: it is not */
    struct error err;              /* the first */
};

static void *
work_in_thread(void *argument)
{
    struct worker *worker = argument;
    struct migrate_shared *shared = worker->m.shared;
    worker_work(worker);
    pthread_mutex_lock(&shared->lock);
    worker->has_ended = true;
    pthread_cond_broadcast(&shared->changed);
    pthread_mutex_unlock(&shared->lock);
    return NULL;
}

static void
init_worker(struct worker *worker, struct migrate *main, unsigned number)
{
    size_t sources = main->plan->mapping->source_count + 1;
    *worker = (struct worker){.m = *main, .main = main, .random = number, .error = ERROR_INIT};
    worker->sources = memory_zalloc(sources * sizeof *worker->sources);
    worker->snapshots = memory_zalloc(sources * sizeof *worker->snapshots);
    worker->m.sources = worker->sources;
    worker->m.target = NULL;
    worker->m.worker = worker;
    worker->m.notes = main->notes != NULL ? seal_notes_new(*main->in->witness) : NULL;
    worker->m.events = audit_writer_new(main->plan, main->run_id, audit_best_format(main->plan));
}

static void
release_worker(struct worker *worker)
{
    if (worker->main == NULL)
        return;
    audit_writer_free(&worker->m.events);
    seal_notes_free(&worker->m.notes);
    link_close(worker);
    *worker = (struct worker){.main = NULL};
}

/* Opened one after the other, before any of them begins: too few connections are an error, and not
 * a slower run. */
static bool
open_workers(struct crew *crew, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        init_worker(&crew->workers[i], crew->m, (unsigned)i + 1);
        if (!link_open(&crew->workers[i], err))
            return error_context(err, "worker %zu of %zu", i + 1, count);
    }
    return true;
}

static bool
start(struct crew *crew, struct worker *worker, struct error *err)
{
    struct migrate_shared *shared = crew->m->shared;
    pthread_mutex_lock(&shared->lock);
    shared->workers++;
    pthread_mutex_unlock(&shared->lock);
    int problem = pthread_create(&worker->thread, NULL, work_in_thread, worker);
    worker->is_started = problem == 0;
    if (worker->is_started)
        return true;
    pthread_mutex_lock(&shared->lock);
    shared->workers--;
    pthread_mutex_unlock(&shared->lock);
    return error_set(err, EXIT_STOPPED, "a thread cannot be started: %s", strerror(problem));
}

/* ---- watching ---- */

/* True when one has ended: after a fifth of a second at most it is asked again. */
static bool
wait_for_end(struct crew *crew)
{
    struct migrate_shared *shared = crew->m->shared;
    struct timespec until;
    bool has_ended = false;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 200000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&shared->lock);
    for (int timed_out = 0; !has_ended && timed_out == 0;) {
        for (size_t i = 0; i < MOST_WORKERS; i++)
            has_ended |= crew->workers[i].is_started && crew->workers[i].has_ended;
        if (!has_ended)
            timed_out = pthread_cond_timedwait(&shared->changed, &shared->lock, &until);
    }
    pthread_mutex_unlock(&shared->lock);
    return has_ended;
}

/* An interruption reaches all; any other failure says more. */
static void
keep_error(struct crew *crew, const struct error *err)
{
    if (err->is_set && (!crew->err.is_set || crew->err.code >= EXIT_INTERRUPTED))
        crew->err = *err;
}

static void
reap(struct crew *crew)
{
    struct migrate_shared *shared = crew->m->shared;
    for (size_t i = 0; i < MOST_WORKERS; i++) {
        struct worker *worker = &crew->workers[i];
        pthread_mutex_lock(&shared->lock);
        bool has_ended = worker->is_started && worker->has_ended;
        pthread_mutex_unlock(&shared->lock);
        if (!has_ended)
            continue;
        pthread_join(worker->thread, NULL);
        keep_error(crew, &worker->error);
        release_worker(worker);
    }
}

static size_t
count_workers(const struct crew *crew)
{
    size_t count = 0;
    for (size_t i = 0; i < MOST_WORKERS; i++)
        count += crew->workers[i].is_started;
    return count;
}

static bool
is_over(struct crew *crew)
{
    struct migrate_shared *shared = crew->m->shared;
    pthread_mutex_lock(&shared->lock);
    bool is_over = shared->stops || schedule_is_done(shared->schedule);
    pthread_mutex_unlock(&shared->lock);
    return is_over;
}

/* One that cannot be had now is tried again with the next look. */
static void
enlist(struct crew *crew, size_t wanted)
{
    size_t count = count_workers(crew);
    for (size_t i = 0; i < MOST_WORKERS && count < wanted && !is_over(crew); i++) {
        struct worker *worker = &crew->workers[i];
        struct error ignored = ERROR_INIT;
        if (worker->is_started)
            continue;
        init_worker(worker, crew->m, (unsigned)i + 1);
        if (!link_open(worker, &ignored) || !start(crew, worker, &ignored)) {
            release_worker(worker);
            return;
        }
        count++;
    }
}

static void
stop(struct crew *crew, const struct error *err)
{
    struct migrate_shared *shared = crew->m->shared;
    keep_error(crew, err);
    atomic_store(&shared->stops, true);
    pthread_mutex_lock(&shared->lock);
    pthread_cond_broadcast(&shared->changed);
    pthread_mutex_unlock(&shared->lock);
}

/* The server may have gone away and come back while the workers went on. */
static bool
keep_target(struct migrate *m, struct error *err)
{
    bool was_gone;
    return db_revive(m->target, &was_gone, err) && (!was_gone || store_lock(m->target, false, err));
}

/* What is not to be seen for a moment is looked at again; workers have the same patience. Whoever
 * cannot look at all does not know what it must wait for: it stops, which can be resumed. */
static void
fail_to_look(struct crew *crew, const struct error *err)
{
    struct error ignored = ERROR_INIT;
    double now = clock_steady_seconds();
    if (crew->blind_since == 0)
        crew->blind_since = now;
    if (!db_error_is_transient(err) || now - crew->blind_since > patience)
        stop(crew, err);
    else
        keep_target(crew->m, &ignored);
}

static void
look(struct crew *crew)
{
    struct error err = ERROR_INIT;
    struct migrate_shared *shared = crew->m->shared;
    int jobs;
    if (clock_steady_seconds() < crew->next_look || is_over(crew))
        return;
    crew->next_look = clock_steady_seconds() + between_looks;
    if (!throttle_look(crew->m, &jobs, &err)) {
        fail_to_look(crew, &err);
        return;
    }
    crew->blind_since = 0;
    pthread_mutex_lock(&shared->lock);
    shared->workers_wanted = jobs < MOST_WORKERS ? jobs : MOST_WORKERS;
    pthread_cond_broadcast(&shared->changed);
    pthread_mutex_unlock(&shared->lock);
    enlist(crew, (size_t)shared->workers_wanted);
}

static void
watch(struct crew *crew)
{
    while (count_workers(crew) > 0) {
        if (wait_for_end(crew))
            reap(crew);
        look(crew);
    }
}

static bool
run_workers(struct crew *crew, size_t count, struct error *err)
{
    crew->m->shared->workers_wanted = (int)count;
    for (size_t i = 0; i < count; i++) {
        struct error problem = ERROR_INIT;
        if (!start(crew, &crew->workers[i], &problem)) {
            stop(crew, &problem);
            break;
        }
    }
    watch(crew);
    if (crew->err.is_set)
        *err = crew->err;
    return !err->is_set;
}

/* From here on others may join: the exclusive lock becomes a shared one without a gap. */
static bool
admit_others(struct migrate *m, struct error *err)
{
    return m->in->joins ||
           (store_forget_snapshots(m->target, m->run_id, err) && link_publish(m, err) &&
            store_reset_control(m->target, m->run_id, err) && store_lock(m->target, false, err) &&
            store_unlock(m->target, true, err));
}

bool
crew_run(struct migrate *m, struct error *err)
{
    struct crew crew = {.m = m, .err = ERROR_INIT};
    int jobs = m->in->jobs > 0 ? m->in->jobs : 1;
    crew.workers = memory_zalloc(MOST_WORKERS * sizeof *crew.workers);
    bool good = admit_others(m, err) && throttle_look(m, &jobs, err);
    size_t count = jobs < 1 ? 1 : jobs > MOST_WORKERS ? MOST_WORKERS : (size_t)jobs;
    good = good && open_workers(&crew, count, err) && run_workers(&crew, count, err);
    for (size_t i = 0; i < MOST_WORKERS; i++)
        release_worker(&crew.workers[i]);
    free(crew.workers);
    return good && keep_target(m, err) &&
           (m->in->joins || store_forget_snapshots(m->target, m->run_id, err));
}
