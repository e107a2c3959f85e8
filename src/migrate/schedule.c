/*
 * What is next for a worker. A table is opened when every table that it refers to is done; its
 * chunks then go to whoever asks, and who finds nothing left ends it. Chunks of tables that are
 * open come before further tables, so that few are open at a time.
 *
 * Another process may have a chunk or a table in hand: the ledger is looked at again until it has
 * ended, or its end has set the chunk free.
 */
#include "worker.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double look_again = 0.5;  /* seconds */
static const long wake_up = 200000000; /* nanoseconds: a signal wakes nobody who waits */

enum step_state { STEP_WAITS, STEP_TAKEN, STEP_OPEN, STEP_DONE };

struct step_work {
    enum step_state state;
    struct store_chunk *chunks;
    size_t count, next; /* of `chunks`: the next that nobody took */
    size_t in_hand;
    bool is_elsewhere; /* another process has some of it */
    double look_at;    /* not before this time, in steady seconds */
};
struct schedule {
    const struct plan *plan;
    struct step_work *steps;
    size_t done;
};

struct schedule *
schedule_new(const struct plan *plan, const struct store_table *tables)
{
    struct schedule *schedule = memory_zalloc(sizeof *schedule);
    schedule->plan = plan;
    schedule->steps = memory_zalloc((plan->step_count + 1) * sizeof *schedule->steps);
    for (size_t i = 0; i < plan->step_count; i++) {
        bool is_done = true;
        for (size_t j = 0; j < plan->steps[i].table_count; j++)
            is_done = is_done && strcmp(tables[plan->steps[i].tables[j]].state, "done") == 0;
        if (is_done) {
            schedule->steps[i].state = STEP_DONE;
            schedule->done++;
        }
    }
    return schedule;
}

void
schedule_free(struct schedule **schedule)
{
    if (*schedule == NULL)
        return;
    for (size_t i = 0; i < (*schedule)->plan->step_count; i++)
        store_chunks_free((*schedule)->steps[i].chunks, (*schedule)->steps[i].count);
    free((*schedule)->steps);
    free(*schedule);
    *schedule = NULL;
}

/* By relations and not by the mapping's entries: two entries of one table go one after the other
 * too. */
static bool
needs_relation(const struct catalog_table *child, const struct catalog_table *parent)
{
    if (child == parent)
        return true;
    for (size_t k = 0; k < child->foreign_key_count; k++)
        if (strcmp(child->foreign_keys[k].other_table, parent->name) == 0 &&
            strcmp(child->foreign_keys[k].other_schema, parent->schema) == 0)
            return true;
    return false;
}

static bool
needs_step(const struct plan *plan, const struct plan_step *later, const struct plan_step *earlier)
{
    for (size_t i = 0; i < later->table_count; i++)
        for (size_t j = 0; j < earlier->table_count; j++)
            if (needs_relation(plan->tables[later->tables[i]].target,
                               plan->tables[earlier->tables[j]].target))
                return true;
    return false;
}

/* Steps are in an order in which parents come first. */
static bool
is_ready(const struct schedule *schedule, size_t step, double now)
{
    if (schedule->steps[step].look_at > now)
        return false;
    for (size_t i = 0; i < step; i++)
        if (schedule->steps[i].state != STEP_DONE &&
            needs_step(schedule->plan, &schedule->plan->steps[step], &schedule->plan->steps[i]))
            return false;
    return true;
}

static bool
take_chunk(struct step_work *work, struct task *task)
{
    while (work->next < work->count && strcmp(work->chunks[work->next].state, "pending") != 0)
        work->next++;
    if (work->next == work->count)
        return false;
    task->kind = TASK_CHUNK;
    task->chunk = &work->chunks[work->next++];
    work->in_hand++;
    return true;
}

static bool
take_end(struct step_work *work, struct task *task, double now)
{
    if (work->in_hand > 0 || (work->is_elsewhere && work->look_at > now))
        return false;
    task->kind = TASK_END;
    task->known = work->chunks;
    task->known_count = work->count;
    work->state = STEP_TAKEN;
    return true;
}

static bool
pick(struct schedule *schedule, struct task *task)
{
    double now = clock_steady_seconds();
    for (size_t i = 0; i < schedule->plan->step_count; i++) {
        const struct plan_step *step = &schedule->plan->steps[i];
        struct step_work *work = &schedule->steps[i];
        *task = (struct task){.step = i, .table = &schedule->plan->tables[step->tables[0]]};
        if (work->state == STEP_OPEN && (take_chunk(work, task) || take_end(work, task, now)))
            return true;
        if (work->state == STEP_WAITS && is_ready(schedule, i, now)) {
            task->kind = step->one_transaction ? TASK_TOGETHER : TASK_OPEN;
            work->state = STEP_TAKEN;
            return true;
        }
    }
    return false;
}

static void
wait_a_little(struct migrate_shared *shared)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += wake_up;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&shared->changed, &shared->lock, &until);
}

bool
schedule_is_done(const struct schedule *schedule)
{
    return schedule->done == schedule->plan->step_count;
}

/* One worker too many goes. */
static bool
leave(struct migrate *m)
{
    if (m->worker == NULL || m->shared->workers <= m->shared->workers_wanted)
        return false;
    m->shared->workers--;
    return true;
}

bool
schedule_next(struct migrate *m, struct task *task, struct error *err)
{
    struct migrate_shared *shared = m->shared;
    bool good = true;
    *task = (struct task){.kind = TASK_NONE};
    pthread_mutex_lock(&shared->lock);
    for (;;) {
        *task = (struct task){.kind = TASK_NONE};
        good = !migrate_is_interrupted(err);
        if (!good || shared->stops || schedule_is_done(shared->schedule) || leave(m) ||
            (shared->throttle.reason[0] == '\0' && pick(shared->schedule, task)))
            break;
        wait_a_little(shared);
    }
    pthread_mutex_unlock(&shared->lock);
    return good;
}

static void
take_chunks(struct step_work *work, struct store_chunk *chunks, size_t count)
{
    store_chunks_free(work->chunks, work->count);
    work->chunks = chunks;
    work->count = count;
    work->next = 0;
}

void
schedule_return(struct migrate *m, const struct task *task, enum task_result result,
                struct store_chunk *chunks, size_t count)
{
    struct migrate_shared *shared = m->shared;
    pthread_mutex_lock(&shared->lock);
    struct step_work *work = &shared->schedule->steps[task->step];
    bool is_done = result == TASK_DONE &&
                   (task->kind == TASK_TOGETHER || (task->kind == TASK_END && count == 0));
    if (result == TASK_ELSEWHERE) {
        work->is_elsewhere = true;
        work->look_at = clock_steady_seconds() + look_again;
    }
    if (task->kind == TASK_CHUNK)
        work->in_hand--;
    else if (result == TASK_ELSEWHERE)
        work->state = STEP_WAITS;
    else if (result == TASK_DONE) {
        work->state = is_done ? STEP_DONE : STEP_OPEN;
        shared->schedule->done += is_done;
        if (task->kind == TASK_END)
            work->is_elsewhere = false;
        take_chunks(work, chunks, count);
    }
    pthread_cond_broadcast(&shared->changed);
    pthread_mutex_unlock(&shared->lock);
    if (is_done)
        migrate_show_tables_done(m, m->plan->steps[task->step].table_count);
}
