/* The moving of rows by several workers: what is next for one of them, and what it did. */
#ifndef MIGRATE_WORKER_H
#define MIGRATE_WORKER_H

#include "internal.h"

/* ---- schedule.c ---- */

enum task_kind {
    TASK_NONE, /* all is done, or the run stops */
    TASK_OPEN,
    TASK_TOGETHER, /* all tables of a step in one transaction */
    TASK_CHUNK,
    TASK_END
};
struct task {
    enum task_kind kind;
    size_t step;
    const struct plan_table *table;  /* the first of the step */
    struct store_chunk *chunk;       /* TASK_CHUNK: this worker's until it is returned */
    const struct store_chunk *known; /* TASK_END: as they were when the table was opened or looked
                                        at last, or as this process left them */
    size_t known_count;
};
/* How a task ended. */
enum task_result {
    TASK_DONE,
    TASK_ELSEWHERE, /* another process has it: to be looked at again */
    TASK_FAILED
};

/* From the tables' states; steps whose tables are done are done. */
struct schedule *schedule_new(const struct plan *plan, const struct store_table *tables);
void schedule_free(struct schedule **schedule);
bool schedule_is_done(const struct schedule *schedule); /* under the run's lock */
/* Waits until there is something to do, and chunks may be begun. False when a signal arrived. */
bool schedule_next(struct migrate *m, struct task *task, struct error *err);
/* `chunks` are taken over: those of an opened table, or, at its end, those that turned out to be
 * still to do; none there: the table is done. */
void schedule_return(struct migrate *m, const struct task *task, enum task_result result,
                     struct store_chunk *chunks, size_t count);

/* ---- step.c: the tasks; each may be called again after it failed ---- */

/* The lane of the table that a worker moved last. */
struct step_lane {
    struct lane *lane;
    const struct plan_table *table;
};
void step_lane_release(struct step_lane *lane);

bool step_open(struct migrate *m, const struct task *task, enum task_result *result,
               struct store_chunk **chunks, size_t *count, struct error *err);
bool step_together(struct migrate *m, const struct task *task, enum task_result *result,
                   struct error *err);
bool step_chunk(struct migrate *m, struct step_lane *lane, const struct task *task,
                enum task_result *result, struct error *err);
/* `chunks`: what is still to do. */
bool step_end(struct migrate *m, const struct task *task, struct store_chunk **chunks,
              size_t *count, struct error *err);

/* ---- workers ---- */

struct worker {
    struct migrate m;
    struct migrate *main; /* the caller's thread, which holds the snapshot */
    struct db *target;
    struct db **sources; /* one for each of the mapping */
    struct db_transaction *snapshots;
    struct step_lane lane;
    unsigned random;
    pthread_t thread;
    bool is_started, has_ended; /* has_ended: under the run's lock */
    struct error error;
};
/* worker.c: works until nothing is left, or it is one too many. */
void worker_work(struct worker *worker);
/* crew.c: as many as the caller wants, or what is said to the run meanwhile. */
bool crew_run(struct migrate *m, struct error *err);

/* link.c */
/* Opens what is not open or not sound any more. */
bool link_open(struct worker *worker, struct error *err);
void link_close(struct worker *worker);
/* The caller's snapshots under names that others can find. */
bool link_publish(struct migrate *m, struct error *err);

#endif
