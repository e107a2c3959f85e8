/*
 * Tables in order, each chunk a unit of its own; tables of a cycle, and tables that refer to
 * themselves, all in one unit.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static struct store_table *
stored_table(struct migrate *m, const struct plan_table *table)
{
    return &m->tables[table->number];
}

static bool
set_state(struct migrate *m, const struct plan_table *table, const char *state, struct error *err)
{
    struct store_table *stored = stored_table(m, table);
    if (!store_set_table_state(m->target, m->run_id, table->number, state, stored->pass, err))
        return false;
    free(stored->state);
    stored->state = memory_strdup(state);
    return true;
}

/* Decisions are made once for each pass, with the change of state that says so. */
static bool
begin_table(struct migrate *m, const struct plan_table *table, struct error *err)
{
    if (strcmp(stored_table(m, table)->state, "pending") != 0)
        return true;
    if (table->spec->has_on_conflict && table->spec->conflict != MAPPING_CONFLICT_FAIL &&
        !migrate_decide(m, table, err))
        return false;
    failpoint("table-decided");
    return set_state(m, table, "running", err);
}

static void
count_chunk(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunk)
{
    m->rejects += chunk->rows_rejected;
    m->progress.rejects = m->rejects;
    m->progress.rows += chunk->rows_read;
    migrate_report_progress(m, table, m->progress.table_rows + chunk->rows_read, true);
}

/*
 * A chunk's commit need not wait for the disk: rows, events and ledger are lost or kept together,
 * and a chunk that a crash takes back is carried out again. The commits that follow, at the end of
 * the table at the latest, wait for all before them.
 */
static bool
commit_later(struct migrate *m, struct error *err)
{
    return m->in->dry_run || db_execute(m->target, "SET LOCAL synchronous_commit TO off", err);
}

static bool
carry_out_chunk(struct migrate *m, struct lane *lane, const struct plan_table *table,
                struct store_chunk *chunk, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    bool claimed;

    if (!migrate_begin(m, &unit, err) || !commit_later(m, err))
        return false;
    failpoint("chunk-begun");
    if (!chunk_carry_out(m, lane, table, chunk, &claimed, err))
        return false;
    failpoint("chunk-before-commit");
    if (!migrate_commit(m, &unit, err))
        return error_context(err, "table %s, chunk %d", table->label, chunk->chunk_no);
    failpoint("chunk-committed");
    if (claimed)
        count_chunk(m, table, chunk);
    return true;
}

static bool
carry_out_chunks(struct migrate *m, struct lane *lane, const struct plan_table *table,
                 struct store_chunk *chunks, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(chunks[i].state, "pending") != 0)
            continue;
        if (migrate_is_interrupted(err) || !carry_out_chunk(m, lane, table, &chunks[i], err))
            return false;
    }
    return true;
}

static bool
decide_table(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    return migrate_begin(m, &unit, err) && begin_table(m, table, err) &&
           migrate_commit(m, &unit, err);
}

static bool
finish_table(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    m->progress.tables_done++;
    return migrate_begin(m, &unit, err) && set_state(m, table, "done", err) &&
           migrate_commit(m, &unit, err);
}

static void
set_table_progress(struct migrate *m, const struct plan_table *table)
{
    m->progress.table_rows = 0;
    m->progress.table_rows_expected = stored_table(m, table)->rows_estimated;
}

static bool
run_table(struct migrate *m, const struct plan_table *table, struct error *err)
{
    struct store_chunk *chunks = NULL;
    size_t count = 0;
    struct lane *lane = NULL;

    set_table_progress(m, table);
    bool good = decide_table(m, table, err) &&
                store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err) &&
                (lane = lane_open(m, table, true, err)) != NULL &&
                carry_out_chunks(m, lane, table, chunks, count, err) && finish_table(m, table, err);
    lane_close(&lane);
    store_chunks_free(chunks, count);
    return good;
}

/* ---- tables that must be loaded at once ---- */

/* Foreign keys of a cycle are checked at the end: deferred, after being made deferrable where they
 * are not. */
static bool
alter_cycle(struct migrate *m, const struct plan_step *step, bool defer, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    if (!defer)
        strbuf_add_string(&sql, "SET CONSTRAINTS ALL IMMEDIATE;");
    for (size_t i = 0; i < step->table_count && step->table_count > 1; i++) {
        const struct plan_table *child = &m->plan->tables[step->tables[i]];
        for (size_t k = 0; k < child->reference_count; k++) {
            const struct plan_reference *reference = &child->references[k];
            if (reference->key->is_deferrable ||
                m->plan->tables[reference->parent].step != child->step)
                continue;
            strbuf_add_string(&sql, "ALTER TABLE ");
            plan_sql_target_name(&sql, child);
            strbuf_add_string(&sql, " ALTER CONSTRAINT ");
            db_quote_identifier(&sql, reference->key->name);
            strbuf_add_string(&sql, defer ? " DEFERRABLE;" : " NOT DEFERRABLE;");
        }
    }
    if (defer)
        strbuf_add_string(&sql, "SET CONSTRAINTS ALL DEFERRED;");
    bool good = db_execute(m->target, sql.data, err);
    strbuf_release(&sql);
    return good;
}

static bool
run_table_within(struct migrate *m, const struct plan_table *table, int64_t *rejects,
                 struct error *err)
{
    struct store_chunk *chunks = NULL;
    size_t count = 0;
    struct lane *lane = NULL;
    bool claimed;

    set_table_progress(m, table);
    bool good = store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err) &&
                (lane = lane_open(m, table, true, err)) != NULL;
    for (size_t i = 0; good && i < count; i++) {
        if (strcmp(chunks[i].state, "pending") != 0)
            continue;
        good = chunk_carry_out(m, lane, table, &chunks[i], &claimed, err);
        *rejects += chunks[i].rows_rejected;
        m->progress.rows += chunks[i].rows_read;
    }
    lane_close(&lane);
    store_chunks_free(chunks, count);
    return good && set_state(m, table, "done", err);
}

/* All tables are decided on before the first is loaded: rows of each may refer to merged rows of
 * any. */
static bool
prepare_together(struct migrate *m, const struct plan_step *step, struct error *err)
{
    /* The source is read within the transaction too, for as long as that takes. */
    if (!m->in->dry_run &&
        !db_execute(m->target, "SET LOCAL idle_in_transaction_session_timeout TO 0", err))
        return false;
    if (!migrate_find_closure(m, step, err))
        return false;
    for (size_t i = 0; i < step->table_count; i++)
        if (!begin_table(m, &m->plan->tables[step->tables[i]], err))
            return false;
    /* Again, now that merges are known: what refers to merged rows may be skipped. */
    return migrate_find_closure(m, step, err) && alter_cycle(m, step, true, err);
}

static bool
run_together(struct migrate *m, const struct plan_step *step, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    int64_t rejects = 0;

    if (!migrate_begin(m, &unit, err) || !prepare_together(m, step, err))
        return false;
    failpoint("cycle-deferred");
    for (size_t i = 0; i < step->table_count; i++)
        if (!run_table_within(m, &m->plan->tables[step->tables[i]], &rejects, err))
            return false;
    if (!migrate_within_limit(m, rejects, err) || !alter_cycle(m, step, false, err))
        return false;
    failpoint("cycle-before-commit");
    if (!migrate_commit(m, &unit, err))
        return false;
    m->rejects += rejects;
    m->progress.rejects = m->rejects;
    m->progress.tables_done += (int)step->table_count;
    return true;
}

static bool
is_done(struct migrate *m, const struct plan_step *step)
{
    for (size_t i = 0; i < step->table_count; i++)
        if (strcmp(stored_table(m, &m->plan->tables[step->tables[i]])->state, "done") != 0)
            return false;
    return true;
}

bool
migrate_run_steps(struct migrate *m, struct error *err)
{
    for (size_t i = 0; i < m->plan->step_count; i++) {
        const struct plan_step *step = &m->plan->steps[i];
        const struct plan_table *first = &m->plan->tables[step->tables[0]];
        if (is_done(m, step)) {
            m->progress.tables_done += (int)step->table_count;
            continue;
        }
        if (migrate_is_interrupted(err))
            return false;
        m->progress.phase = "copying";
        if (!(step->one_transaction ? run_together(m, step, err) : run_table(m, first, err)))
            return false;
    }
    return true;
}
