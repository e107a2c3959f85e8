/* What is looked at before anything is written: whether the run can be undone as things stand, and
 * what there is to do. */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- refusals ---- */

static bool
refuse_later_run(struct undo *undo, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf order = STRBUF_INIT;
    const char *why = "", *table = "";
    if (!db_query(undo->target, sql_query_undo_later_runs, 1, &undo->run_id, &result, err))
        return false;
    for (size_t i = 0; i < db_result_rows(result); i++) {
        /* The same run for several tables is said once. */
        if (strstr(order.data, db_result_text(result, i, 0)) != NULL)
            continue;
        if (order.length == 0) {
            table = db_result_text(result, i, 2);
            why = db_result_text(result, i, 3);
        }
        strbuf_printf(&order, "%s%s", order.length > 0 ? ", then " : "",
                      db_result_text(result, i, 0));
    }
    if (order.length == 0)
        return true;
    error_set(err, EXIT_REFUSED, "a later run stands on run %s: table %s has rows of it that %s",
              undo->run_id, table, why);
    return error_hint(err, "undo the latest first: %s", order.data);
}

static bool
refuse_other_undo(struct undo *undo, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(undo->target, sql_query_undo_others, 1, &undo->run_id, &result, err))
        return false;
    if (db_result_rows(result) == 0)
        return true;
    error_set(err, EXIT_REFUSED, "the undo of run %s is not finished",
              db_result_text(result, 0, 0));
    return error_hint(err, "finish it first: idmigrate undo %s", db_result_text(result, 0, 0));
}

static bool
refuse_asides(struct undo *undo, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(undo->target, sql_query_undo_asides, 0, NULL, &result, err))
        return false;
    if (db_result_rows(result) == 0)
        return true;
    error_set(err, EXIT_REFUSED, "indexes and constraints of table %s are set aside by run %s",
              db_result_text(result, 0, 1), db_result_text(result, 0, 0));
    return error_hint(err, "bring them back first: idmigrate restore %s",
                      db_result_text(result, 0, 0));
}

static bool
refuse_closed(struct undo *undo, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(undo->target, sql_query_undo_closed, 1, &undo->run_id, &result, err))
        return false;
    const char *closed = db_result_text(result, 0, 0);
    if (closed == NULL)
        return true;
    error_set(err, EXIT_REFUSED, "run %s was closed at %s: it can no longer be undone",
              undo->run_id, closed);
    return error_hint(err, "former values of merged rows were forgotten then; restore a backup");
}

static bool
may_update(const struct catalog_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].can_update)
            return true;
    return false;
}

static bool
refuse_table(const struct undo_table *table, int64_t to_remove, int64_t to_restore,
             struct error *err)
{
    const struct catalog_table *target = table->plan->target;
    if ((to_remove > 0 && target->refuses_delete) || (to_restore > 0 && target->refuses_update)) {
        error_set(err, EXIT_REFUSED,
                  "table %s: it is published and has no replica identity: the server refuses to %s "
                  "its rows",
                  table->stored->label, to_remove > 0 ? "delete" : "update");
        return error_hint(err,
                          "give it one for the time being: ALTER TABLE \"%s\".\"%s\" REPLICA "
                          "IDENTITY FULL",
                          target->schema, target->name);
    }
    bool needs_delete = to_remove > 0 && !target->can_delete;
    /* Rows are locked before they are judged. */
    bool needs_update = to_remove + to_restore > 0 && !may_update(target);
    if (to_remove + to_restore > 0 && target->row_security_applies)
        return error_set(err, EXIT_REFUSED,
                         "table %s: row-level security hides rows from this role",
                         table->stored->label);
    if (!needs_delete && !needs_update)
        return true;
    error_set(err, EXIT_REFUSED, "table %s: this role may not %s its rows", table->stored->label,
              needs_delete ? "delete" : "update");
    return error_hint(err, "GRANT UPDATE, DELETE ON \"%s\".\"%s\" to it", target->schema,
                      target->name);
}

/* ---- the outlook ---- */

static void
take_triggers(struct undo_outlook_table *shown, const struct catalog_table *target)
{
    shown->triggers = memory_zalloc((target->trigger_count + 1) * sizeof *shown->triggers);
    for (size_t i = 0; i < target->trigger_count; i++) {
        const struct catalog_trigger *trigger = &target->triggers[i];
        bool removes = trigger->on_delete && shown->to_remove > 0;
        bool restores = trigger->on_update && shown->to_restore > 0;
        if (trigger->enabled == 'D' || trigger->enabled == 'R' || (!removes && !restores))
            continue;
        shown->triggers[shown->trigger_count++] =
            memory_printf("%s fires for rows that %s", trigger->name,
                          !restores  ? "are removed"
                          : !removes ? "get former values back"
                                     : "are removed or get former values back");
    }
}

static bool
look_at_table(struct undo *undo, const struct undo_table *table, struct error *err)
{
    struct undo_outlook_table *shown = &undo->outlook.tables[undo->outlook.count++];
    const struct store_undo_table *state = &table->state;
    int64_t written = table->stored->rows_written;
    *shown = (struct undo_outlook_table){.label = table->stored->label, .refused = state->refused};
    if (table->is_self) {
        shown->kept = written;
        shown->refused = 0;
        return true;
    }
    if (strcmp(state->state, STORE_UNDO_DONE) != 0) {
        int64_t all = strcmp(state->state, STORE_UNDO_PENDING) == 0 ? written + table->former_rows
                                                                    : state->listed;
        shown->to_restore = table->former_rows;
        shown->to_remove = all - state->removed - state->restored - state->gone - state->refused -
                           table->former_rows;
    } else if (undo->outlook.is_done) {
        shown->to_remove = state->refused;
    }
    take_triggers(shown, table->plan->target);
    return refuse_table(table, shown->to_remove, shown->to_restore, err);
}

static bool
look_at_state(struct undo *undo, struct error *err)
{
    struct store_undo state;
    if (!store_load_undo(undo->target, undo->run_id, &state, err))
        return false;
    undo->outlook.is_begun = state.undo_id != NULL;
    undo->outlook.is_done = state.undo_id != NULL && strcmp(state.state, "done") == 0;
    store_undo_release(&state);
    return true;
}

bool
undo_look(struct undo *undo, struct error *err)
{
    undo->outlook.tables = memory_zalloc((undo->table_count + 1) * sizeof *undo->outlook.tables);
    if (!look_at_state(undo, err) || !refuse_closed(undo, err) || !refuse_other_undo(undo, err) ||
        !refuse_asides(undo, err) || !refuse_later_run(undo, err))
        return false;
    for (size_t i = undo->plan->step_count; i-- > 0;)
        for (size_t j = 0; j < undo->plan->steps[i].table_count; j++)
            if (!look_at_table(undo, &undo->tables[undo->plan->steps[i].tables[j]], err))
                return false;
    return true;
}

void
undo_forget_outlook(struct undo *undo)
{
    for (size_t i = 0; i < undo->outlook.count; i++) {
        for (size_t j = 0; j < undo->outlook.tables[i].trigger_count; j++)
            free(undo->outlook.tables[i].triggers[j]);
        free(undo->outlook.tables[i].triggers);
    }
    free(undo->outlook.tables);
    undo->outlook = (struct undo_outlook){.tables = NULL};
}
