/*
 * The tasks of a worker: a table is opened, its chunks are carried out, each a unit of its own, and
 * it is ended; tables of a cycle, and tables that refer to themselves, all in one unit.
 */
#include "refused.h"
#include "worker.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static struct store_table *
stored_table(struct migrate *m, const struct plan_table *table)
{
    return &m->shared->tables[table->number];
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

/* Locks the table's row and takes over what it says: another process may have gone on. */
static bool
lock_table(struct migrate *m, const struct plan_table *table, bool *locked, struct error *err)
{
    struct store_table *stored = stored_table(m, table);
    char *state;
    if (!store_lock_table(m->target, m->run_id, table->number, locked, &state, &stored->pass, err))
        return false;
    if (*locked) {
        free(stored->state);
        stored->state = state;
    }
    return true;
}

/* Decisions are made once for each pass, with the change of state that says so. */
static bool
begin_table(struct migrate *m, const struct plan_table *table, bool *begins, struct error *err)
{
    *begins = false;
    if (strcmp(stored_table(m, table)->state, "pending") != 0)
        return true;
    if (table->spec->has_on_conflict && table->spec->conflict != MAPPING_CONFLICT_FAIL &&
        !migrate_decide(m, table, err))
        return false;
    failpoint("table-decided");
    *begins = true;
    return set_state(m, table, "running", err);
}

bool
step_open(struct migrate *m, const struct task *task, enum task_result *result,
          struct store_chunk **chunks, size_t *count, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    bool locked, begins;

    m->phase = "copying";
    if (!migrate_begin(m, &unit, err) || !lock_table(m, task->table, &locked, err))
        return false;
    *result = locked ? TASK_DONE : TASK_ELSEWHERE;
    if (!locked)
        return true;
    migrate_show_table(m, task->table, stored_table(m, task->table)->rows_read);
    return begin_table(m, task->table, &begins, err) &&
           (!begins || migrate_remove_displaced(m, task->table, err)) &&
           migrate_commit(m, &unit, err) &&
           store_load_chunks(m->target, m->run_id, task->table->number, chunks, count, err);
}

/* ---- chunks ---- */

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

void
step_lane_release(struct step_lane *lane)
{
    lane_close(&lane->lane);
    lane->table = NULL;
}

static bool
enter_lane(struct migrate *m, struct step_lane *lane, const struct plan_table *table,
           struct error *err)
{
    if (lane->table == table)
        return true;
    step_lane_release(lane);
    lane->lane = lane_open(m, table, true, err);
    if (lane->lane != NULL)
        lane->table = table;
    return lane->lane != NULL;
}

static bool
carry_out_once(struct migrate *m, struct step_lane *lane, const struct plan_table *table,
               struct store_chunk *chunk, bool sifts, bool *claimed, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    if (!enter_lane(m, lane, table, err) || !doubt_announce(m, table, chunk, err) ||
        !migrate_begin(m, &unit, err) || !commit_later(m, err))
        return false;
    failpoint("chunk-begun");
    if (!(sifts ? chunk_carry_out_sifted(m, lane->lane, table, chunk, claimed, err)
                : chunk_carry_out(m, lane->lane, table, chunk, claimed, err)))
        return false;
    failpoint("chunk-before-commit");
    if (!migrate_commit(m, &unit, err)) {
        error_context(err, "table %s, chunk %d", table->label, chunk->chunk_no);
        return refused_hint(err);
    }
    return true;
}

enum { LATE_ATTEMPTS = 5, LATE_ATTEMPTS_TOGETHER = 2 };

/* A row that is there now where none was, or, without a word of the server, no longer where one was
 * to be updated. In a dry run nothing has been waiting for long. */

static bool
may_be_late(struct migrate *m, const struct plan_table *table, const struct error *failed)
{
    bool merges = table->spec->has_on_conflict && table->spec->conflict != MAPPING_CONFLICT_FAIL;
    bool updates = table->spec->conflict == MAPPING_CONFLICT_UPDATE;
    return merges && !m->in->dry_run && failed->code == EXIT_STOPPED &&
           (strcmp(failed->sqlstate, "23505") == 0 || (updates && failed->sqlstate[0] == '\0'));
}

/* Two rows would change one that is there: one of them is known to be refused, and took no part. */
static bool
may_meet(const struct plan_table *table, const struct error *failed)
{
    static const char twice[] = "21000"; /* what ON CONFLICT says to it */
    return table->spec->conflict == MAPPING_CONFLICT_UPDATE && failed->code == EXIT_STOPPED &&
           (failed->sqlstate[0] == '\0' || strcmp(failed->sqlstate, twice) == 0);
}

/* The lane knows the decisions as they were when it was opened: another one is taken in any case.
 * `by_row`: what failed in the end is the fault of a row. */
static bool
carry_out_directly(struct migrate *m, struct step_lane *lane, const struct task *task,
                   struct store_chunk *chunk, bool *claimed, bool *by_row, struct error *err)
{
    const struct plan_table *table = task->table;
    bool changed = true;
    *by_row = false;
    for (int i = 0;; i++) {
        struct error failed = ERROR_INIT;
        *chunk = *task->chunk;
        if (carry_out_once(m, lane, table, chunk, false, claimed, &failed))
            return true;
        if (i == LATE_ATTEMPTS || (i > 0 && !changed) || !may_be_late(m, table, &failed)) {
            *by_row = refused_is_by_row(m, table, &failed) || may_meet(table, &failed);
            *err = failed;
            return false;
        }
        step_lane_release(lane);
        if (!migrate_decide_late(m, table, task->chunk, &changed, err))
            return false;
        failpoint("chunk-decided-late");
    }
}

/* A dry run is all one transaction: what a refused row costs is taken back to a savepoint. */
static void
mark(struct migrate *m, const char *savepoint)
{
    if (m->in->dry_run)
        db_savepoint(m->target, savepoint);
}

static void
forget_mark(struct migrate *m, const char *savepoint)
{
    if (m->in->dry_run)
        db_savepoint_release(m->target, savepoint);
}

static bool
go_back_to_mark(struct migrate *m, const char *savepoint, struct error *err)
{
    return !m->in->dry_run || db_savepoint_rollback(m->target, savepoint, err);
}

/* One bad row costs one row, and its chunk a second attempt. */
static bool
carry_out_chunk(struct migrate *m, struct step_lane *lane, const struct task *task,
                struct store_chunk *chunk, bool *claimed, struct error *err)
{
    bool by_row;
    mark(m, "idmigrate_chunk");
    if (!carry_out_directly(m, lane, task, chunk, claimed, &by_row, err)) {
        if (!by_row)
            return false;
        error_clear(err);
        failpoint("sift-begun");
        *chunk = *task->chunk;
        if (!go_back_to_mark(m, "idmigrate_chunk", err))
            return false;
        mark(m, "idmigrate_chunk");
        if (!carry_out_once(m, lane, task->table, chunk, true, claimed, err)) {
            struct error ignored = ERROR_INIT;
            if (m->lost_survivors)
                migrate_void_decisions(m, task->table, &ignored);
            return false;
        }
    }
    forget_mark(m, "idmigrate_chunk");
    return true;
}

bool
step_chunk(struct migrate *m, struct step_lane *lane, const struct task *task,
           enum task_result *result, struct error *err)
{
    struct store_chunk chunk;
    bool claimed;

    m->phase = "copying";
    if (!carry_out_chunk(m, lane, task, &chunk, &claimed, err))
        return false;
    failpoint("chunk-committed");
    *result = claimed ? TASK_DONE : TASK_ELSEWHERE;
    if (claimed) {
        *task->chunk = chunk;
        migrate_count_rejects(m, chunk.rows_rejected, true);
        migrate_count_rows(m, task->table, chunk.rows_read, true);
    }
    return true;
}

/* ---- the end of a table ---- */

static bool
is_pending(const struct store_chunk *chunk)
{
    return strcmp(chunk->state, "pending") == 0;
}

/* What another process has done, or this one by a commit whose answer got lost. */
static void
count_done_elsewhere(struct migrate *m, const struct task *task, const struct store_chunk *now)
{
    for (size_t i = 0; i < task->known_count; i++)
        if (task->known[i].chunk_no == now->chunk_no && is_pending(&task->known[i])) {
            migrate_count_rejects(m, now->rows_rejected, true);
            migrate_count_rows(m, task->table, now->rows_read, true);
        }
}

bool
step_end(struct migrate *m, const struct task *task, struct store_chunk **chunks, size_t *count,
         struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    struct store_chunk *all;
    size_t all_count, pending = 0;

    if (!migrate_begin(m, &unit, err) ||
        !store_load_chunks(m->target, m->run_id, task->table->number, &all, &all_count, err))
        return false;
    for (size_t i = 0; i < all_count; i++)
        pending += is_pending(&all[i]);
    bool good =
        (pending > 0 || set_state(m, task->table, "done", err)) && migrate_commit(m, &unit, err);
    for (size_t i = 0; good && i < all_count; i++)
        if (!is_pending(&all[i]))
            count_done_elsewhere(m, task, &all[i]);
    if (good && pending > 0) {
        *chunks = all;
        *count = all_count;
        return true;
    }
    store_chunks_free(all, all_count);
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
            bool aside;
            if (reference->key->is_deferrable ||
                m->plan->tables[reference->parent].step != child->step)
                continue;
            if (!migrate_is_aside(m, child, reference->key->name, &aside, err)) {
                strbuf_release(&sql);
                return false;
            }
            if (aside)
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

/* Why a step in one transaction is begun anew. */
struct retry {
    bool again;
    int decided_late; /* times that it was, to be decided on anew */
};

/* What was decided on is decided on again with the step; what the target refuses all the same is
 * known from then on. */
static bool
learn_refused(struct migrate *m, struct lane *lane, const struct plan_table *table,
              struct store_chunk *chunk, struct retry *retry, struct error *err)
{
    struct error failed = *err;
    struct refused *refused = &m->shared->refused[table->number];
    int64_t known = refused->total;
    if (may_be_late(m, table, &failed) && retry->decided_late < LATE_ATTEMPTS_TOGETHER) {
        retry->decided_late++;
        retry->again = true;
        return false;
    }
    if (!refused_is_by_row(m, table, &failed))
        return false;
    error_clear(err);
    if (!db_savepoint_rollback(m->target, "idmigrate_chunk", err) ||
        !chunk_learn_refused(m, lane, table, chunk, err))
        return false;
    retry->again = refused->total > known;
    *err = failed;
    return false;
}

static bool
run_table_within(struct migrate *m, const struct plan_table *table, int64_t *rows, int64_t *rejects,
                 struct retry *retry, struct error *err)
{
    struct store_chunk *chunks = NULL;
    size_t count = 0;
    struct lane *lane = NULL;
    bool claimed;

    bool good = store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err) &&
                (lane = lane_open(m, table, true, err)) != NULL;
    for (size_t i = 0; good && i < count; i++) {
        if (!is_pending(&chunks[i]))
            continue;
        db_savepoint(m->target, "idmigrate_chunk");
        good = chunk_carry_out(m, lane, table, &chunks[i], &claimed, err) ||
               learn_refused(m, lane, table, &chunks[i], retry, err);
        if (good)
            db_savepoint_release(m->target, "idmigrate_chunk");
        *rejects += chunks[i].rows_rejected;
        *rows += chunks[i].rows_read;
        migrate_count_rows(m, table, 0, false);
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
    bool begins;
    /* The source is read within the transaction too, for as long as that takes. */
    if (!m->in->dry_run &&
        !db_execute(m->target, "SET LOCAL idle_in_transaction_session_timeout TO 0", err))
        return false;
    if (!migrate_find_closure(m, step, err))
        return false;
    for (size_t i = 0; i < step->table_count; i++)
        if (!begin_table(m, &m->plan->tables[step->tables[i]], &begins, err))
            return false;
    /* Again, now that merges are known: what refers to merged rows may be skipped. */
    if (!migrate_find_closure(m, step, err))
        return false;
    for (size_t i = 0; i < step->table_count; i++)
        if (!migrate_remove_displaced(m, &m->plan->tables[step->tables[i]], err))
            return false;
    return alter_cycle(m, step, true, err);
}

/* `locked` false: another process has one of them. `done`: it has ended them. */
static bool
lock_all(struct migrate *m, const struct plan_step *step, bool *locked, bool *done,
         struct error *err)
{
    *locked = *done = true;
    for (size_t i = 0; i < step->table_count && *locked; i++) {
        const struct plan_table *table = &m->plan->tables[step->tables[i]];
        if (!lock_table(m, table, locked, err))
            return false;
        *done = *done && *locked && strcmp(stored_table(m, table)->state, "done") == 0;
    }
    return true;
}

/* The references within the step, when all of it is loaded. */
static bool
end_cycle(struct migrate *m, const struct plan_step *step, struct retry *retry, struct error *err)
{
    const struct plan_table *first = &m->plan->tables[step->tables[0]];
    struct error failed = ERROR_INIT;
    db_savepoint(m->target, "idmigrate_cycle");
    if (alter_cycle(m, step, false, &failed)) {
        db_savepoint_release(m->target, "idmigrate_cycle");
        return true;
    }
    int64_t known = refused_count(m, step);
    if (refused_is_by_row(m, first, &failed) &&
        (!db_savepoint_rollback(m->target, "idmigrate_cycle", err) ||
         !refused_find_orphans(m, step, err)))
        return false;
    retry->again = refused_count(m, step) > known;
    *err = failed;
    return refused_hint(err);
}

static bool
move_together(struct migrate *m, const struct plan_step *step, int64_t *rows, int64_t *rejects,
              struct retry *retry, struct error *err)
{
    int64_t all_rejects = 0;
    for (size_t i = 0; i < step->table_count; i++) {
        int number = step->tables[i];
        if (!run_table_within(m, &m->plan->tables[number], &rows[i], &rejects[i], retry, err))
            return false;
        all_rejects += rejects[i];
    }
    return migrate_within_limit(m, all_rejects, err) && end_cycle(m, step, retry, err);
}

static void
count_together(struct migrate *m, const struct plan_step *step, const int64_t *rows,
               const int64_t *rejects)
{
    for (size_t i = 0; i < step->table_count; i++) {
        migrate_count_rejects(m, rejects[i], true);
        migrate_count_rows(m, &m->plan->tables[step->tables[i]], rows[i], true);
    }
}

/* What closure.c found in an attempt that failed is found again. */
static void
forget_closure(struct migrate *m, const struct plan_step *step)
{
    for (size_t i = 0; i < step->table_count; i++) {
        struct moved *closure = &m->shared->closure[step->tables[i]];
        moved_release(closure);
        *closure = (struct moved)MOVED_INIT;
    }
}

static bool
run_together(struct migrate *m, const struct task *task, enum task_result *result,
             struct retry *retry, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    const struct plan_step *step = &m->plan->steps[task->step];
    bool locked, done;

    if (!migrate_begin(m, &unit, err) || !lock_all(m, step, &locked, &done, err))
        return false;
    *result = locked ? TASK_DONE : TASK_ELSEWHERE;
    if (!locked || done)
        return true;
    if (!prepare_together(m, step, err))
        return false;
    failpoint("cycle-deferred");
    int64_t *rows = memory_zalloc(2 * step->table_count * sizeof *rows);
    int64_t *rejects = rows + step->table_count;
    bool good = move_together(m, step, rows, rejects, retry, err);
    if (good) {
        failpoint("cycle-before-commit");
        good = migrate_commit(m, &unit, err);
    }
    if (good)
        count_together(m, step, rows, rejects);
    free(rows);
    return good;
}

/*
 * An attempt that the target refuses rows of says which; the next one rejects them, and what refers
 * to them, from the start. It ends, because each must tell of one row more.
 */
bool
step_together(struct migrate *m, const struct task *task, enum task_result *result,
              struct error *err)
{
    struct retry retry = {.decided_late = 0};
    m->phase = "copying";
    for (;;) {
        retry.again = false;
        forget_closure(m, &m->plan->steps[task->step]);
        mark(m, "idmigrate_step");
        if (run_together(m, task, result, &retry, err)) {
            forget_mark(m, "idmigrate_step");
            return true;
        }
        if (!retry.again)
            return false;
        failpoint("cycle-refused");
        error_clear(err);
        migrate_count_rejects(m, 0, false);
        if (!go_back_to_mark(m, "idmigrate_step", err))
            return false;
    }
}
