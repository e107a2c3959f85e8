/*
 * Carry out a plan: a table of phases, walked by one driver. Each can be called again after a kill;
 * what it has done is in the target, committed with the data.
 */
#include "idmigrate/migrate.h"

#include "internal.h"

#include "idmigrate/clock.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <signal.h>
#include <stdlib.h>

bool
migrate_begin(struct migrate *m, struct db_transaction *unit, struct error *err)
{
    return m->in->dry_run || db_begin(unit, m->target, DB_READ_WRITE, err);
}

bool
migrate_commit(struct migrate *m, struct db_transaction *unit, struct error *err)
{
    /* A dry run has the constraints say now what they would say at COMMIT. */
    if (m->in->dry_run)
        return db_execute(m->target, "SET CONSTRAINTS ALL IMMEDIATE", err);
    return db_commit(unit, err);
}

struct db *
migrate_source(const struct migrate *m, const struct plan_table *table)
{
    return m->in->sources[table->spec->source];
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

void
migrate_report_progress(struct migrate *m, const struct plan_table *table, int64_t table_rows,
                        bool now)
{
    double time = clock_steady_seconds();
    if (now)
        m->progress.table_rows = table_rows;
    if (m->in->progress == NULL || (!now && time < m->next_report))
        return;
    m->next_report = time + 0.1;
    struct migrate_progress progress = m->progress;
    progress.label = table->label;
    progress.rows += table_rows - m->progress.table_rows;
    progress.table_rows = table_rows;
    m->in->progress(m->in->context, &progress);
}

/* What is in the store counts: an earlier attempt may have done a part. */
static bool
load_tables(struct migrate *m, struct error *err)
{
    size_t count;
    if (!store_load_tables(m->target, m->run_id, &m->tables, &count, err))
        return false;
    if (count != m->plan->table_count)
        return error_set(err, EXIT_REFUSED, "run %s has %zu tables, the mapping has %zu", m->run_id,
                         count, m->plan->table_count);
    m->progress.tables = (int)count;
    for (size_t i = 0; i < count; i++) {
        m->rejects += m->tables[i].rows_rejected;
        m->progress.rows += m->tables[i].rows_read;
        m->rows_expected += m->tables[i].rows_estimated > 0 ? m->tables[i].rows_estimated : 0;
    }
    m->progress.rejects = m->rejects;
    m->progress.rows_expected = m->rows_expected;
    return true;
}

static const struct phase {
    const char *name;
    bool on_resume_only;
    bool (*run)(struct migrate *m, struct error *err);
} phases[] = {
    {"beginning the run", false, migrate_begin_run},
    {"reading the ledger", false, load_tables},
    {"comparing the source with what was read", true, migrate_compare_source},
    {"taking back what is gone and nothing refers to", true, migrate_remove_unused},
    {"raising sequences", false, migrate_raise_sequences},
    {"moving rows", false, migrate_run_steps},
    {"taking back what is gone from the source", true, migrate_remove_gone},
};

bool
migrate_run(const struct migrate_inputs *inputs, struct error *err)
{
    struct migrate m = {
        .in = inputs,
        .plan = inputs->plan,
        .run_id = inputs->run->run_id,
        .target = inputs->target,
        .events = audit_writer_new(inputs->plan, inputs->run->run_id),
        .closure = memory_zalloc((inputs->plan->table_count + 1) * sizeof *m.closure),
        .reconciled = memory_zalloc(inputs->plan->table_count + 1),
        .unsettled = memory_zalloc(inputs->plan->table_count + 1),
    };
    bool good = true;

    for (size_t i = 0; i < inputs->plan->table_count; i++)
        m.closure[i] = (struct moved)MOVED_INIT;
    for (size_t i = 0; i < sizeof phases / sizeof phases[0] && good; i++)
        if (!phases[i].on_resume_only || inputs->resume)
            good = phases[i].run(&m, err);
    for (size_t i = 0; i < inputs->plan->table_count; i++)
        moved_release(&m.closure[i]);
    free(m.closure);
    free(m.reconciled);
    free(m.unsettled);
    audit_writer_free(&m.events);
    if (m.tables != NULL)
        store_tables_free(m.tables, inputs->plan->table_count);
    return good;
}
