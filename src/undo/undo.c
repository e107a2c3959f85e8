/*
 * An undo as a whole: begun once in the store, then the steps of the plan from the last to the
 * first, then its end. Each can be called again after a kill; what is done is in the target,
 * committed with the rows.
 */
#include "idmigrate/undo.h"

#include "internal.h"

#include "idmigrate/clock.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ---- units ---- */

bool
undo_unit_begin(struct undo *undo, struct undo_unit *unit, struct error *err)
{
    if (undo->in->dry_run)
        db_savepoint(undo->target, "idmigrate_undo");
    else if (!db_begin(&unit->tx, undo->target, DB_READ_WRITE, err))
        return false;
    unit->undo = undo;
    return true;
}

bool
undo_unit_commit(struct undo_unit *unit, struct error *err)
{
    struct undo *undo = unit->undo;
    if (!undo->in->dry_run) {
        unit->undo = NULL;
        return db_commit(&unit->tx, err);
    }
    /* A dry run has the constraints say now what they would say at COMMIT. */
    if (!db_execute(undo->target, "SET CONSTRAINTS ALL IMMEDIATE", err))
        return false;
    db_savepoint_release(undo->target, "idmigrate_undo");
    unit->undo = NULL;
    return true;
}

void
undo_unit_release(struct undo_unit *unit)
{
    struct error ignored = ERROR_INIT;
    if (unit->undo != NULL && unit->undo->in->dry_run)
        db_savepoint_rollback(unit->undo->target, "idmigrate_undo", &ignored);
    db_transaction_release(&unit->tx);
    unit->undo = NULL;
}

bool
undo_is_interrupted(struct error *err)
{
    int signal_number = interrupt_signal();
    if (signal_number == 0)
        return false;
    error_set(err, signal_number == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED,
              "interrupted between two chunks");
    error_hint(err, "what is taken back stays so; the same command again goes on from here");
    return true;
}

static int64_t
count_refused(const struct undo *undo)
{
    int64_t refused = 0;
    for (size_t i = 0; i < undo->table_count; i++)
        refused += undo->tables[i].state.refused;
    return refused;
}

void
undo_report(struct undo *undo, const struct undo_table *table, const char *phase, bool now)
{
    double time = clock_steady_seconds();
    if (undo->in->progress == NULL || (!now && time < undo->next_report))
        return;
    undo->next_report = time + 0.1;
    const struct store_undo_table *state = &table->state;
    struct undo_progress progress = {
        .phase = phase,
        .label = table->stored->label,
        .table_rows = state->removed + state->restored + state->refused + state->gone,
        .table_rows_expected = state->listed,
        .refused = count_refused(undo),
    };
    undo->in->progress(undo->in->context, &progress);
}

/* ---- opening ---- */

bool
undo_open(struct undo **result, const struct undo_inputs *inputs, struct error *err)
{
    struct undo *undo = memory_zalloc(sizeof *undo);
    *result = undo;
    undo->in = inputs;
    undo->plan = inputs->plan;
    undo->run_id = inputs->run->run_id;
    undo->target = inputs->target;
    return undo_load_tables(undo, err) && undo_look(undo, err);
}

const struct undo_outlook *
undo_outlook(const struct undo *undo)
{
    return &undo->outlook;
}

void
undo_close(struct undo **undo)
{
    if (*undo == NULL)
        return;
    undo_forget_outlook(*undo);
    undo_release_tables(*undo);
    audit_writer_free(&(*undo)->events);
    audit_places_free(&(*undo)->places);
    free(*undo);
    *undo = NULL;
}

/* ---- carrying out ---- */

/* An undo that left rows as they were and is done may be begun again: they are looked at anew. */
static bool
begin_again(struct undo *undo, struct error *err)
{
    return !undo->outlook.is_done ||
           (db_command(undo->target, sql_query_undo_again_rows, 1, &undo->run_id, NULL, err) &&
            db_command(undo->target, sql_query_undo_again_former, 1, &undo->run_id, NULL, err) &&
            db_command(undo->target, sql_query_undo_again_tables, 1, &undo->run_id, NULL, err));
}

static bool
begin(struct undo *undo, struct error *err)
{
    CLEANUP(undo_unit_release) struct undo_unit unit = {0};
    CLEANUP(db_result_free) struct db_result *result = NULL;
    char undo_id[AUDIT_UUID_SIZE];
    audit_uuid7(undo_id);
    const char *values[] = {undo->run_id, undo_id, undo->in->operator};
    /* An undo next month needs next month's partition. */
    if (!undo_unit_begin(undo, &unit, err) || !audit_install(undo->target, undo->plan, err) ||
        !db_query(undo->target, sql_query_undo_begin, 3, values, &result, err) ||
        !db_command(undo->target, sql_query_undo_begin_tables, 1, &undo->run_id, NULL, err) ||
        !begin_again(undo, err) ||
        !store_set_undo_outcome(undo->target, undo->run_id, "undoing", -1, "it is being undone",
                                err))
        return false;
    snprintf(undo->undo_id, sizeof undo->undo_id, "%s", db_result_text(result, 0, 0));
    failpoint("undo-begun");
    if (!undo_unit_commit(&unit, err) || !undo_load_states(undo, err) || !undo_prepare(undo, err))
        return false;
    undo->events = audit_writer_new_undo(undo->plan, undo->undo_id, undo->run_id);
    failpoint("undo-begin-committed");
    return true;
}

static char *
describe_end(const struct undo *undo)
{
    struct store_undo_table sum = {0};
    for (size_t i = 0; i < undo->table_count; i++) {
        const struct store_undo_table *state = &undo->tables[i].state;
        sum.removed += state->removed;
        sum.restored += state->restored;
        sum.refused += state->refused;
        sum.gone += state->gone;
    }
    return memory_printf("undone: %" PRId64 " rows removed, %" PRId64 " restored, %" PRId64
                         " left as they are, %" PRId64 " were gone",
                         sum.removed, sum.restored, sum.refused, sum.gone);
}

static bool
end(struct undo *undo, struct error *err)
{
    CLEANUP(undo_unit_release) struct undo_unit unit = {0};
    CLEANUP(memory_free_string) char *outcome = describe_end(undo);
    int status = count_refused(undo) > 0 ? EXIT_DIFFERENT : EXIT_DONE;
    if (!undo_unit_begin(undo, &unit, err) ||
        !store_set_undo_state(undo->target, undo->run_id, "done", err) ||
        !store_set_undo_outcome(undo->target, undo->run_id, "undone", status, outcome, err))
        return false;
    failpoint("undo-ended");
    return undo_unit_commit(&unit, err);
}

/* It stopped: say so in the store, if the connection still lives. */
static void
note_stop(struct undo *undo, const struct error *cause)
{
    struct error ignored = ERROR_INIT;
    if (undo->in->dry_run || undo->undo_id[0] == '\0' || !db_is_sound(undo->target))
        return;
    CLEANUP(undo_unit_release) struct undo_unit unit = {0};
    if (undo_unit_begin(undo, &unit, &ignored) &&
        store_set_undo_state(undo->target, undo->run_id, "stopped", &ignored) &&
        store_set_undo_outcome(undo->target, undo->run_id, "undoing", (int)cause->code, cause->text,
                               &ignored))
        undo_unit_commit(&unit, &ignored);
}

static bool
carry_out_all(struct undo *undo, struct error *err)
{
    if (!begin(undo, err))
        return false;
    for (size_t i = undo->plan->step_count; i-- > 0;)
        if (undo_is_interrupted(err) || !undo_carry_out(undo, &undo->plan->steps[i], err))
            return false;
    return end(undo, err);
}

bool
undo_run(struct undo *undo, int64_t *refused, struct error *err)
{
    bool good = carry_out_all(undo, err);
    *refused = count_refused(undo);
    if (!good)
        note_stop(undo, err);
    return good;
}

bool
undo_forget(struct db *target, const char *run_id, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    return db_begin(&tx, target, DB_READ_WRITE, err) &&
           db_command(target, sql_query_undo_forget_former, 1, &run_id, NULL, err) &&
           db_command(target, sql_query_undo_close_run, 1, &run_id, NULL, err) &&
           db_commit(&tx, err);
}
