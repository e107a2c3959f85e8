/*
 * Threads that bring things back: each has a connection of its own and takes the next task, the
 * heaviest first. Indexes of one table are built side by side; what locks a table against all else
 * is alone with it, so that no thread waits for another inside the server.
 */
#include "rebuild.h"

#include "idmigrate/clock.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ATTEMPTS = 30 };

struct crew {
    struct rebuild_tasks *tasks;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t done;
    bool stops;
    struct error error; /* of the first that failed */
};

void
rebuild_tasks_add(struct rebuild_tasks *tasks, const struct store_aside *item, bool is_alone)
{
    *ARRAY_ADD(tasks->tasks, tasks->count, tasks->capacity) =
        (struct rebuild_task){.item = item, .is_alone = is_alone};
}

void
rebuild_tasks_release(struct rebuild_tasks *tasks)
{
    free(tasks->tasks);
    tasks->tasks = NULL;
    tasks->count = tasks->capacity = 0;
}

bool
rebuild_is_violation(const struct error *err)
{
    /* What an index is computed from fails for a row (22), or the row is too long for it (54000).
     */
    return strcmp(err->sqlstate, "23505") == 0 || strcmp(err->sqlstate, "23503") == 0 ||
           strcmp(err->sqlstate, "23P01") == 0 || strncmp(err->sqlstate, "22", 2) == 0 ||
           strcmp(err->sqlstate, "54000") == 0;
}

bool
rebuild_is_interrupted(struct error *err)
{
    int signal_number = interrupt_signal();
    if (signal_number == 0)
        return false;
    error_set(err, signal_number == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED,
              "interrupted while indexes and constraints come back");
    error_hint(err, "the same command again goes on from here");
    return true;
}

bool
rebuild_may_try_again(struct error *err, int attempt)
{
    if (strcmp(err->sqlstate, "55P03") != 0 && strcmp(err->sqlstate, "40P01") != 0)
        return false;
    if (attempt >= ATTEMPTS || interrupt_signal() != 0)
        return error_hint(err, "others lock the table: stop them, then run the same command again");
    clock_pause(attempt);
    error_clear(err);
    return true;
}

/* ---- choosing, with the mutex held ---- */

static bool
may_begin(const struct crew *crew, const struct rebuild_task *task)
{
    for (size_t i = 0; i < crew->tasks->count; i++) {
        const struct rebuild_task *other = &crew->tasks->tasks[i];
        if (other->is_running && other->item->table_oid == task->item->table_oid &&
            (other->is_alone || task->is_alone))
            return false;
    }
    return true;
}

/* `waits` is set when there are tasks left, but none that may begin now. */
static struct rebuild_task *
choose(struct crew *crew, bool *waits)
{
    *waits = false;
    for (size_t i = 0; i < crew->tasks->count && !crew->stops; i++) {
        struct rebuild_task *task = &crew->tasks->tasks[i];
        if (task->is_taken)
            continue;
        if (may_begin(crew, task))
            return task;
        *waits = true;
    }
    return NULL;
}

static struct rebuild_task *
take(struct crew *crew)
{
    bool waits;
    pthread_mutex_lock(&crew->mutex);
    struct rebuild_task *task = choose(crew, &waits);
    while (task == NULL && waits) {
        pthread_cond_wait(&crew->changed, &crew->mutex);
        task = choose(crew, &waits);
    }
    if (task != NULL)
        task->is_taken = task->is_running = true;
    pthread_mutex_unlock(&crew->mutex);
    return task;
}

static void
give_back(struct crew *crew, struct rebuild_task *task, bool good, const struct error *err)
{
    const struct rebuild_request *request = crew->tasks->request;
    pthread_mutex_lock(&crew->mutex);
    task->is_running = false;
    task->is_done = good;
    task->is_violated = !good && rebuild_is_violation(err);
    crew->done++;
    if (!good && !task->is_violated) {
        if (!crew->stops)
            crew->error = *err;
        crew->stops = true;
    }
    if (request->progress != NULL)
        request->progress(request->progress_context, crew->tasks->what, (int)crew->done,
                          (int)crew->tasks->count);
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->mutex);
}

/* ---- working ---- */

static bool
carry_out(struct crew *crew, struct db *db, const struct store_aside *item, struct error *err)
{
    for (int attempt = 0;; attempt++) {
        if (rebuild_is_interrupted(err))
            return false;
        if (crew->tasks->run(crew->tasks->request, db, item, err))
            return true;
        if (!rebuild_may_try_again(err, attempt))
            return false;
    }
}

static void
work(struct crew *crew, struct db *db)
{
    struct rebuild_task *task;
    while ((task = take(crew)) != NULL) {
        struct error err = ERROR_INIT;
        give_back(crew, task, carry_out(crew, db, task->item, &err), &err);
    }
}

/* A connection that the server does not give is one thread less, and no fault. */
static void *
work_beside(void *argument)
{
    struct crew *crew = argument;
    const struct rebuild_request *request = crew->tasks->request;
    CLEANUP(db_close) struct db *db = NULL;
    struct error ignored = ERROR_INIT;
    if (request->open_target(request->open_context, "rebuild", &db, &ignored))
        work(crew, db);
    return NULL;
}

static int
threads_beside(const struct rebuild_tasks *tasks)
{
    int jobs = tasks->request->open_target != NULL ? tasks->request->jobs : 1;
    if ((size_t)jobs > tasks->count)
        jobs = (int)tasks->count;
    return jobs > 1 ? jobs - 1 : 0;
}

bool
rebuild_work(struct rebuild_tasks *tasks, struct error *err)
{
    struct crew crew = {
        .tasks = tasks, .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    int wanted = threads_beside(tasks), begun = 0;
    pthread_t *threads = memory_alloc(((size_t)wanted + 1) * sizeof *threads);

    while (begun < wanted && pthread_create(&threads[begun], NULL, work_beside, &crew) == 0)
        begun++;
    work(&crew, tasks->request->target);
    while (begun > 0)
        pthread_join(threads[--begun], NULL);
    free(threads);
    if (crew.stops)
        *err = crew.error;
    return !crew.stops;
}

const struct store_aside *
rebuild_violated(const struct rebuild_tasks *tasks)
{
    const struct rebuild_request *request = tasks->request;
    const struct store_aside *first = NULL;
    int least = 0;
    for (size_t i = 0; i < tasks->count; i++) {
        const struct store_aside *item = tasks->tasks[i].item;
        int order = request->order != NULL ? request->order(request->take_back_context, item) : 0;
        if (!tasks->tasks[i].is_violated || (first != NULL && order > least) ||
            (first != NULL && order == least && item->item_no > first->item_no))
            continue;
        first = item;
        least = order;
    }
    return first;
}
