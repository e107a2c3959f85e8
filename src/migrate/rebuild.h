/* What rebuild*.c share: things that come back, and the threads that do it. */
#ifndef IDMIGRATE_MIGRATE_REBUILD_H
#define IDMIGRATE_MIGRATE_REBUILD_H

#include "aside.h"

/* One thing to do, in a transaction of its own. */
struct rebuild_task {
    const struct store_aside *item; /* of the table; ANALYZE has any one of the table's */
    bool is_alone;                  /* nothing else may go on with its table */
    bool is_taken, is_running, is_done;
    bool is_violated; /* rows were in the way: the one failure that does not end everything */
};
struct rebuild_tasks {
    const struct rebuild_request *request;
    const char *what; /* for progress */
    bool (*run)(const struct rebuild_request *request, struct db *db,
                const struct store_aside *item, struct error *err);
    struct rebuild_task *tasks; /* in the order in which they are begun */
    size_t count, capacity;
};
void rebuild_tasks_add(struct rebuild_tasks *tasks, const struct store_aside *item, bool is_alone);
void rebuild_tasks_release(struct rebuild_tasks *tasks);

/*
 * rebuild_workers.c: does them all, on as many connections as the request allows and the server
 * gives. What fails for the moment (locks, deadlocks) is tried again for a while.
 */
bool rebuild_work(struct rebuild_tasks *tasks, struct error *err);
/* The first, in an order that does not depend on sizes and speed, whose rows are in the way, or
 * NULL.
 */
const struct store_aside *rebuild_violated(const struct rebuild_tasks *tasks);
bool rebuild_is_violation(const struct error *err);
/* Whether the statement may be tried again, after a pause, for the n-th time. */
bool rebuild_may_try_again(struct error *err, int attempt);
bool rebuild_is_interrupted(struct error *err);

#endif
