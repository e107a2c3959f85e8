/*
 * Carry out a plan: a table of phases, walked by one driver. Each can be called again after a kill;
 * what it has done is in the target, committed with the data.
 */
#include "idmigrate/migrate.h"

#include "internal.h"
#include "refused.h"
#include "retry.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

bool
migrate_begin(struct migrate *m, struct db_transaction *unit, struct error *err)
{
    if (m->notes != NULL)
        seal_notes_begin(m->notes);
    return m->in->dry_run || db_begin(unit, m->target, DB_READ_WRITE, err);
}

bool
migrate_commit(struct migrate *m, struct db_transaction *unit, struct error *err)
{
    /* A dry run has the constraints say now what they would say at COMMIT. */
    if (m->in->dry_run)
        return db_execute(m->target, "SET CONSTRAINTS ALL IMMEDIATE", err);
    if (!db_commit(unit, err))
        return false;
    if (m->notes != NULL)
        seal_notes_keep(m->notes);
    return true;
}

struct db *
migrate_source(const struct migrate *m, const struct plan_table *table)
{
    return m->sources[table->spec->source];
}

bool
migrate_is_interrupted(struct error *err)
{
    int signal_number = interrupt_signal();
    if (signal_number == 0)
        return false;
    error_set(err, signal_number == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED,
              "interrupted between two chunks");
    error_hint(err, "everything so far is kept; the same command again goes on from here");
    return true;
}

/* What is in the store counts: an earlier attempt may have done a part. */
static bool
load_tables(struct migrate *m, struct error *err)
{
    size_t count;
    if (!store_load_tables(m->target, m->run_id, &m->shared->tables, &count, err))
        return false;
    if (count != m->plan->table_count)
        return error_set(err, EXIT_REFUSED, "run %s has %zu tables, the mapping has %zu", m->run_id,
                         count, m->plan->table_count);
    struct migrate_progress *progress = &m->shared->progress;
    progress->tables = (int)count;
    for (size_t i = 0; i < count; i++) {
        const struct store_table *table = &m->shared->tables[i];
        m->shared->rejects += table->rows_rejected;
        m->shared->rows_expected += table->rows_estimated > 0 ? table->rows_estimated : 0;
        progress->rows += table->rows_read;
        progress->tables_done += strcmp(table->state, "done") == 0;
    }
    progress->rows_expected = m->shared->rows_expected;
    return true;
}

/* In which kind of attempt a phase has something to do. */
enum phase_use {
    PHASE_NEW = 1,
    PHASE_RESUME = 2,
    PHASE_JOIN = 4,
    PHASE_REJECTS = 8,
    PHASE_TAKE_OVER = 16, /* the end of a run that others carried out */
    PHASE_ALONE = PHASE_NEW | PHASE_RESUME,
    PHASE_ALL = PHASE_ALONE | PHASE_JOIN | PHASE_REJECTS | PHASE_TAKE_OVER
};

static const struct phase {
    const char *name;
    unsigned use;
    bool (*run)(struct migrate *m, struct error *err);
} phases[] = {
    {"beginning the run", PHASE_ALONE | PHASE_REJECTS, migrate_begin_run},
    {"reading the ledger", PHASE_ALL, load_tables},
    {"looking at how events are stored", PHASE_ALL, migrate_begin_notes},
    {"comparing the source with what was read", PHASE_RESUME, migrate_compare_source},
    {"bringing back what is aside, for a changed source", PHASE_RESUME, migrate_bring_back_early},
    {"taking back what is gone and nothing refers to", PHASE_RESUME, migrate_remove_unused},
    {"setting indexes and constraints aside", PHASE_ALONE, migrate_set_aside},
    {"raising sequences", PHASE_ALONE | PHASE_REJECTS, migrate_raise_sequences},
    {"moving rows", PHASE_ALONE | PHASE_JOIN, migrate_run_steps},
    {"taking back what is gone from the source", PHASE_RESUME, migrate_remove_gone},
    {"bringing indexes and constraints back", PHASE_ALONE | PHASE_TAKE_OVER, migrate_bring_back},
    {"trying rejects again", PHASE_REJECTS, migrate_retry_rejects},
};

static bool
is_used(const struct phase *phase, const struct migrate_inputs *in)
{
    unsigned kind = in->joins          ? PHASE_JOIN
                    : in->rejects_only ? PHASE_REJECTS
                    : in->resume       ? PHASE_RESUME
                                       : PHASE_NEW;
    return (phase->use & kind) != 0;
}

static void
open_shared(struct migrate_shared *shared, const struct migrate_inputs *in)
{
    const struct plan *plan = in->plan;
    size_t count = plan->table_count + 1;
    *shared = (struct migrate_shared){
        .closure = memory_zalloc(count * sizeof *shared->closure),
        .refused = memory_zalloc(count * sizeof *shared->refused),
        .reconciled = memory_zalloc(count),
        .unsettled = memory_zalloc(count),
        .rows_done = memory_zalloc(count * sizeof *shared->rows_done),
        .rows_in_hand = memory_zalloc(count * sizeof *shared->rows_in_hand),
    };
    pthread_mutex_init(&shared->lock, NULL);
    pthread_cond_init(&shared->changed, NULL);
    throttle_init(&shared->throttle, in);
    for (size_t i = 0; i < plan->table_count; i++)
        shared->closure[i] = (struct moved)MOVED_INIT;
}

static void
close_shared(struct migrate_shared *shared, const struct plan *plan)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        moved_release(&shared->closure[i]);
        refused_release(&shared->refused[i]);
    }
    free(shared->closure);
    free(shared->refused);
    free(shared->reconciled);
    free(shared->unsettled);
    free(shared->rows_done);
    free(shared->rows_in_hand);
    if (shared->tables != NULL)
        store_tables_free(shared->tables, plan->table_count);
    pthread_mutex_destroy(&shared->lock);
    pthread_cond_destroy(&shared->changed);
    throttle_release(&shared->throttle);
}

/* Walks the phases that `selects` names. */
static bool
walk(const struct migrate_inputs *inputs,
     bool (*selects)(const struct phase *phase, const struct migrate_inputs *in), struct error *err)
{
    struct migrate_shared shared;
    struct migrate m = {
        .in = inputs,
        .plan = inputs->plan,
        .run_id = inputs->run->run_id,
        .sources = inputs->sources,
        .target = inputs->target,
        .events =
            audit_writer_new(inputs->plan, inputs->run->run_id, audit_best_format(inputs->plan)),
        .shared = &shared,
    };
    bool good = true;

    open_shared(&shared, inputs);
    for (size_t i = 0; i < sizeof phases / sizeof phases[0] && good; i++)
        if (selects(&phases[i], inputs))
            good = phases[i].run(&m, err);
    audit_writer_free(&m.events);
    seal_notes_free(&m.notes);
    close_shared(&shared, inputs->plan);
    return good;
}

bool
migrate_run(const struct migrate_inputs *inputs, struct error *err)
{
    return walk(inputs, is_used, err);
}

static bool
is_left_over(const struct phase *phase, const struct migrate_inputs *in)
{
    (void)in;
    return (phase->use & PHASE_TAKE_OVER) != 0;
}

bool
migrate_take_over(const struct migrate_inputs *inputs, struct error *err)
{
    return walk(inputs, is_left_over, err);
}
