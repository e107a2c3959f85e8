/* What the caller is told while workers are at it. */
#include "internal.h"

#include "idmigrate/clock.h"

static const double interval = 0.1; /* seconds between two calls */
enum { ROWS_BETWEEN = 1024 };       /* rows after which the clock is looked at */

/* Under the lock, so that the caller's function is never called twice at a time. */
static void
tell(struct migrate *m, const struct plan_table *table, bool now)
{
    struct migrate_shared *shared = m->shared;
    double time = clock_steady_seconds();
    if (m->in->progress == NULL || (!now && time < shared->next_report))
        return;
    shared->next_report = time + interval;
    struct migrate_progress progress = shared->progress;
    shared->last_shown = table;
    if (progress.waiting == NULL && shared->throttled[0] != '\0')
        progress.waiting = shared->throttled;
    progress.phase = m->phase;
    progress.label = table->label;
    progress.rows += shared->all_in_hand;
    progress.table_rows = shared->rows_done[table->number] + shared->rows_in_hand[table->number];
    progress.table_rows_expected = shared->tables[table->number].rows_estimated;
    progress.rejects = shared->rejects;
    m->in->progress(m->in->context, &progress);
}

static void
set_in_hand(struct migrate *m, const struct plan_table *table, int64_t rows)
{
    m->shared->rows_in_hand[table->number] += rows - m->in_hand;
    m->shared->all_in_hand += rows - m->in_hand;
    m->in_hand = rows;
}

void
migrate_show_rows(struct migrate *m, const struct plan_table *table, int64_t rows)
{
    if (rows % ROWS_BETWEEN != 0)
        return;
    pthread_mutex_lock(&m->shared->lock);
    set_in_hand(m, table, rows);
    tell(m, table, false);
    pthread_mutex_unlock(&m->shared->lock);
}

void
migrate_count_rows(struct migrate *m, const struct plan_table *table, int64_t rows, bool committed)
{
    struct migrate_shared *shared = m->shared;
    pthread_mutex_lock(&shared->lock);
    set_in_hand(m, table, 0);
    if (committed) {
        shared->rows_done[table->number] += rows;
        shared->progress.rows += rows;
        tell(m, table, true);
    }
    pthread_mutex_unlock(&shared->lock);
}

void
migrate_show_table(struct migrate *m, const struct plan_table *table, int64_t rows_before)
{
    pthread_mutex_lock(&m->shared->lock);
    m->shared->rows_done[table->number] = rows_before;
    tell(m, table, false);
    pthread_mutex_unlock(&m->shared->lock);
}

void
migrate_show_tables_done(struct migrate *m, size_t tables)
{
    pthread_mutex_lock(&m->shared->lock);
    m->shared->progress.tables_done += (int)tables;
    pthread_mutex_unlock(&m->shared->lock);
}

void
migrate_show_waiting(struct migrate *m, const struct plan_table *table, const char *reason)
{
    pthread_mutex_lock(&m->shared->lock);
    m->shared->progress.waiting = reason;
    tell(m, table, reason != NULL);
    pthread_mutex_unlock(&m->shared->lock);
}

void
migrate_show_throttled(struct migrate *m, const char *reason)
{
    struct migrate_shared *shared = m->shared;
    pthread_mutex_lock(&shared->lock);
    bool changed = (reason[0] != '\0') != (shared->throttled[0] != '\0');
    snprintf(shared->throttled, sizeof shared->throttled, "%s", reason);
    if (shared->last_shown != NULL && (changed || reason[0] != '\0'))
        tell(m, shared->last_shown, changed);
    pthread_mutex_unlock(&shared->lock);
}
