/*
 * Workers: each takes what is next until nothing is left. The first failure ends the run; what the
 * others have in hand they finish. A failure that may pass by itself (a deadlock, a lock that is
 * not free, a connection or a server that went away) is tried again for a while.
 */
#include "worker.h"

#include "idmigrate/clock.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double patience = 30;     /* seconds from the first failure of a task */
static const double first_pause = 0.1; /* seconds; doubled with each failure, up to: */
static const double longest_pause = 5;

/* ---- one task ---- */

static bool
carry_out(struct migrate *m, struct step_lane *lane, const struct task *task, struct error *err)
{
    struct store_chunk *chunks = NULL;
    size_t count = 0;
    enum task_result result = TASK_DONE;
    bool good = task->kind == TASK_OPEN       ? step_open(m, task, &result, &chunks, &count, err)
                : task->kind == TASK_END      ? step_end(m, task, &chunks, &count, err)
                : task->kind == TASK_TOGETHER ? step_together(m, task, &result, err)
                                              : step_chunk(m, lane, task, &result, err);
    if (good)
        schedule_return(m, task, result, chunks, count);
    return good;
}

static void
give_up_rows(struct migrate *m, const struct task *task)
{
    migrate_count_rejects(m, 0, false);
    migrate_count_rows(m, task->table, 0, false);
}

/* ---- another try ---- */

struct attempt {
    double first_failure, pause;
};

/* "waiting after ...": what the progress says meanwhile. */
static const char *
word_for(const struct error *err)
{
    if (strcmp(err->sqlstate, "40P01") == 0)
        return "after a deadlock with another session";
    if (strcmp(err->sqlstate, "55P03") == 0)
        return "for a lock that another session holds";
    if (strncmp(err->sqlstate, "08", 2) == 0 || strncmp(err->sqlstate, "57P", 3) == 0)
        return "for a server that does not answer";
    return "before another try";
}

/* Jitter keeps two that were in each other's way from meeting again. */
static void
pause_a_while(struct worker *worker, double seconds)
{
    static const struct timespec slice = {.tv_nsec = 50000000};
    double end =
        clock_steady_seconds() + seconds * (0.5 + (double)rand_r(&worker->random) / RAND_MAX);
    while (clock_steady_seconds() < end && interrupt_signal() == 0)
        nanosleep(&slice, NULL);
}

/* Waits, and opens again what is not sound. False: the failure stands. */
static bool
recover(struct worker *worker, const struct task *task, struct attempt *attempt, struct error *err)
{
    struct error problem = *err;
    if (attempt->first_failure == 0) {
        attempt->first_failure = clock_steady_seconds();
        attempt->pause = first_pause;
    }
    while (db_error_is_transient(&problem) && interrupt_signal() == 0 && !worker->m.shared->stops &&
           clock_steady_seconds() - attempt->first_failure < patience) {
        migrate_show_waiting(&worker->m, task->table, word_for(&problem));
        pause_a_while(worker, attempt->pause);
        attempt->pause = attempt->pause * 2 < longest_pause ? attempt->pause * 2 : longest_pause;
        problem = (struct error)ERROR_INIT;
        if (link_open(worker, &problem)) {
            error_clear(err);
            break;
        }
    }
    migrate_show_waiting(&worker->m, task->table, NULL);
    /* What became of the connection tells more than what happened to it first. */
    if (problem.is_set && err->is_set && !db_error_is_transient(&problem))
        *err = problem;
    return !err->is_set;
}

static bool
carry_out_with_patience(struct worker *worker, const struct task *task, struct error *err)
{
    struct attempt attempt = {0};
    while (!carry_out(&worker->m, &worker->lane, task, err)) {
        give_up_rows(&worker->m, task);
        step_lane_release(&worker->lane);
        if (!recover(worker, task, &attempt, err))
            return false;
    }
    return true;
}

/* ---- the workers ---- */

static void
stop_all(struct migrate_shared *shared)
{
    atomic_store(&shared->stops, true);
    pthread_mutex_lock(&shared->lock);
    pthread_cond_broadcast(&shared->changed);
    pthread_mutex_unlock(&shared->lock);
}

void
worker_work(struct worker *worker)
{
    struct task task;
    while (schedule_next(&worker->m, &task, &worker->error) && task.kind != TASK_NONE)
        if (!carry_out_with_patience(worker, &task, &worker->error)) {
            schedule_return(&worker->m, &task, TASK_FAILED, NULL, 0);
            break;
        }
    if (worker->error.is_set)
        stop_all(worker->m.shared);
    step_lane_release(&worker->lane);
}

/* In the caller's thread, with its connections. */
static bool
run_here(struct migrate *m, struct error *err)
{
    struct step_lane lane = {.lane = NULL};
    struct task task;
    bool good;
    while ((good = schedule_next(m, &task, err)) && task.kind != TASK_NONE)
        if (!(good = carry_out(m, &lane, &task, err)))
            break;
    step_lane_release(&lane);
    return good;
}

bool
migrate_run_steps_again(struct migrate *m, struct error *err)
{
    m->phase = "copying";
    m->shared->schedule = schedule_new(m->plan, m->shared->tables);
    bool good = run_here(m, err);
    schedule_free(&m->shared->schedule);
    return good;
}

bool
migrate_run_steps(struct migrate *m, struct error *err)
{
    m->phase = "copying";
    m->shared->schedule = schedule_new(m->plan, m->shared->tables);
    bool good = m->in->dry_run ? run_here(m, err) : crew_run(m, err);
    schedule_free(&m->shared->schedule);
    return good;
}
