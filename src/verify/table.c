/*
 * One table: the source is read once and becomes what is expected, the target and its audit events
 * are read once and compared; what differs is looked at again.
 */
#include "work.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>

/* Keys that are remembered at once, eight bytes each. Larger tables take several passes, each over
 * a share of the keys. */
enum { KEYS_PER_PASS = 8000000 };

void
work_progress(const struct work *work, const char *check, int64_t rows)
{
    const struct verify_inputs *in = work->v->in;
    if (in->progress == NULL)
        return;
    pthread_mutex_lock(&work->v->progress_lock);
    in->progress(in->context, check, work->table->label, rows);
    pthread_mutex_unlock(&work->v->progress_lock);
}

/* ---- setting up ---- */

static void
add_reference(struct work *work, const struct plan_reference *plan)
{
    struct verify *v = work->v;
    const struct plan_table *parent = &v->plan->tables[plan->parent];
    struct work_reference *reference = &work->references[work->reference_count];
    size_t matched = 0;
    /* Rows are known by their target key: a reference to other columns keeps its value through a
     * merge. */
    if (plan->count != parent->target_key_count)
        return;
    *reference = (struct work_reference){.parent = parent, .listed = &v->listed[plan->parent]};
    reference->columns = memory_zalloc((plan->count + 1) * sizeof *reference->columns);
    for (size_t i = 0; i < plan->count; i++)
        for (size_t j = 0; j < plan->count; j++)
            if (plan->parent_columns[j] == parent->target_key[i]) {
                reference->columns[i] = plan->columns[j];
                matched++;
                break;
            }
    if (matched == plan->count)
        work->reference_count++;
    else
        free(reference->columns);
}

static void
init_checks(struct work *work)
{
    const struct plan_table *table = work->table;
    size_t limit = work->v->in->difference_limit;
    check_init(&work->rows_check, "rows", table, limit);
    check_init(&work->ids_check, "ids", table, limit);
    check_init(&work->residue_check, "residue", table, limit);
    check_init(&work->audit_check, "audit", table, limit);
    check_init(&work->accounting_check, "accounting", table, limit);
    work->ids_check.is_used = work->residue_check.is_used = false;
    work->audit_check.is_used = !table->spec->audit_self;
    for (size_t i = 0; i < table->column_count; i++) {
        work->ids_check.is_used |= table->columns[i].resolve_count > 0;
        work->residue_check.is_used |= target_is_id_column(&table->columns[i]);
    }
}

void
work_init(struct work *work, struct verify *v, const struct plan_table *table)
{
    size_t count = table->column_count + 1;
    *work = (struct work){
        .v = v,
        .table = table,
        .listed = &v->listed[table->number],
        .ledger = &v->ledger[table->number],
        .source = v->in->sources[table->spec->source],
        .parts = 1,
        .survivor_bytes = STRBUF_INIT,
        .key = STRBUF_INIT,
        .value = STRBUF_INIT,
        .shown = STRBUF_INIT,
        .shown_found = STRBUF_INIT,
    };
    expect_init(&work->expect, v->plan, table, &v->maps);
    finder_init_legacy(&work->legacy, &v->maps);
    bag_init(&work->rows);
    work->kept_expected = memory_zalloc(count * sizeof *work->kept_expected);
    work->kept_found = memory_zalloc(count * sizeof *work->kept_found);
    work->fields = memory_zalloc(count * sizeof *work->fields);
    work->references = memory_zalloc((table->reference_count + 1) * sizeof *work->references);
    for (size_t i = 0; i < table->reference_count; i++)
        add_reference(work, &table->references[i]);
    init_checks(work);
    groups_prepare(work);
}

void
work_release(struct work *work)
{
    for (size_t i = 0; i < work->reference_count; i++)
        free(work->references[i].columns);
    free(work->references);
    free(work->kept_expected);
    free(work->kept_found);
    free(work->fields);
    prints_release(&work->prints);
    free(work->later_keys);
    free(work->survivor_keys);
    free(work->survivors);
    free(work->existing);
    classes_release(&work->classes, work->table);
    expect_release(&work->expect);
    finder_release(&work->legacy);
    bag_release(&work->rows);
    events_release(&work->events);
    strbuf_release(&work->survivor_bytes);
    strbuf_release(&work->key);
    strbuf_release(&work->value);
    strbuf_release(&work->shown);
    strbuf_release(&work->shown_found);
}

/* ---- the passes ---- */

/* What a table's passes are for. */
static const char *const of_target[] = {"rows", "ids", "residue", "users", NULL};
static const char *const of_source[] = {"audit", "accounting", NULL};

static bool
is_any_selected(const struct work *work, const char *const *checks)
{
    for (; *checks != NULL; checks++)
        if (check_is_selected(&work->v->checks, *checks, work->table))
            return true;
    return false;
}

/* Children follow what became of their parents, which only the parents' pass tells. */
static bool
is_wanted(const struct work *work)
{
    return work->table->is_referenced || is_any_selected(work, of_target) ||
           is_any_selected(work, of_source);
}

static bool
compare_part(struct work *work, struct beside *beside, struct error *err)
{
    bag_release(&work->rows);
    bag_init(&work->rows);
    prints_clear(&work->prints);
    struct ahead ahead = {.runs = false};
    if (beside->runs && is_any_selected(work, of_target))
        ahead_begin(&ahead, work);
    bool source_read = source_pass(work, err);
    bool target_read = ahead_end(&ahead, work, source_read);
    if (!source_read || !beside_give_way(beside, err))
        return false;
    if (work->part + 1 == work->parts && !groups_check(work, err))
        return false;
    return target_read || !is_any_selected(work, of_target) ||
           (target_pass(work, err) && (bag_differing(&work->rows) == 0 || drill_rows(work, err)));
}

static bool
compare_events(struct work *work, struct error *err)
{
    return !work->events.is_used || bag_differing(&work->events.bag) == 0 ||
           drill_events(work, err);
}

/* Without the source nothing is expected of a row; what holds whatever the rows are is looked at
 * all the same. */
static bool
look_at_target_only(struct work *work, struct error *err)
{
    static const char reason[] = "the source cannot be read";
    check_give_up(&work->rows_check, "%s", reason);
    check_give_up(&work->ids_check, "%s", reason);
    check_give_up(&work->audit_check, "%s", reason);
    return target_pass(work, err);
}

static bool
look(struct work *work, struct error *err)
{
    if (work->source == NULL)
        return look_at_target_only(work, err);
    struct beside beside;
    bool good = true;
    work->parts = (int)(work->ledger->read / KEYS_PER_PASS) + 1;
    events_prepare(work);
    beside_begin(&beside, work);
    for (; good && work->part < work->parts; work->part++)
        good = compare_part(work, &beside, err);
    if (!beside_end(&beside, good, err))
        return false;
    if (is_any_selected(work, of_target) && !groups_check_existing(work, err))
        return false;
    return compare_events(work, err);
}

/* ---- verdicts ---- */

/* Rows of the target that other entries of the mapping put into the same table. */
static int64_t
rows_of_siblings(const struct work *work)
{
    int64_t rows = 0;
    for (size_t i = 0; i < work->v->plan->table_count; i++)
        if (&work->v->plan->tables[i] != work->table &&
            work->v->plan->tables[i].target == work->table->target)
            rows += work->v->ledger[i].written;
    return rows;
}

/* Rows that the run did not write: as many as there were before, or more, since the application
 * goes on; never fewer. */
static void
judge_extra_rows(struct work *work)
{
    struct check *check = &work->rows_check;
    int64_t allowed = work->ledger->target_rows_before + rows_of_siblings(work);
    int64_t extra = work->extra_rows + work->surplus_rows;
    if (extra < allowed) {
        CLEANUP(memory_free_string)
        char *expected = memory_printf("%" PRId64 " rows that were there before", allowed);
        CLEANUP(memory_free_string) char *found = memory_printf("%" PRId64, extra);
        check_difference_text(check, SPAN_NULL, NULL, expected, found);
        check->found += allowed - extra - 1;
    } else if (work->surplus_rows > 0 && extra > allowed) {
        int64_t doubled =
            extra - allowed < work->surplus_rows ? extra - allowed : work->surplus_rows;
        CLEANUP(memory_free_string)
        char *found = memory_printf("%" PRId64 " rows too many", doubled);
        check_difference_text(check, SPAN_NULL, NULL, "as many equal rows as in the source", found);
        check->found += doubled - 1;
    }
    if (extra > allowed)
        check_note(check, "%" PRId64 " rows that idmigrate did not write", extra - allowed);
}

/* A record that is its own audit event cannot be told from the application's, so none is ever taken
 * back; how many that concerns is known from the ledger. */
static void
note_kept_records(struct work *work)
{
    const struct ledger_table *ledger = work->ledger;
    bool all_written = ledger->read == ledger->written;
    int64_t kept = ledger->events - ledger->updated - ledger->written;
    if (work->table->spec->audit_self && ledger->pass > 0 && all_written && kept > 0)
        check_note(&work->rows_check,
                   "%" PRId64 " audit records are gone from the source since they were moved, and "
                   "stay: such records are never taken back",
                   kept);
}

/* Somebody changed what was written; a trigger of the target is the likeliest to have. */
static void
name_triggers(struct work *work)
{
    const struct catalog_table *target = work->table->target;
    for (size_t i = 0; i < target->trigger_count; i++) {
        const struct catalog_trigger *trigger = &target->triggers[i];
        if (trigger->on_insert && (trigger->enabled == 'O' || trigger->enabled == 'A'))
            check_note(
                &work->rows_check,
                "trigger %s of the target (function %s) fires for rows that are written, and "
                "may have changed them",
                trigger->name, trigger->function);
    }
}

static void
judge_rows(struct work *work)
{
    struct check *check = &work->rows_check;
    const struct ledger_table *ledger = work->ledger;
    bool changed =
        ledger->read != work->source_rows || !digest_equal(ledger->source_digest, work->source_sum);
    if (work->source == NULL)
        return;
    if (work->source_rows == 0 && ledger->read > 0) {
        check_give_up(check, "the source holds no rows now, the run read %" PRId64, ledger->read);
        return;
    }
    judge_extra_rows(work);
    check->looked_at += work->source_rows;
    if (work->source_rows == 0) {
        check->looked_at = 1;
        check_note(check, "the table is empty: 1 count compared");
    } else {
        check_note(check,
                   "%" PRId64 " rows of the source, %" PRId64
                   " written ones compared with the target",
                   work->source_rows, work->fates[FATE_WRITTEN]);
    }
    if (work->rejected_by_server > 0)
        check_note(check, "%" PRId64 " rows that the server refused are taken as refused",
                   work->rejected_by_server);
    if (changed)
        check_note(check, "the source has changed since the run");
    note_kept_records(work);
    later_note(work);
    if (check->found > 0)
        name_triggers(work);
}

/* A table that holds no rows of the run is no fault: there is one thing to see, that it is so. */
static void
judge_empty(struct check *check, bool is_empty, const char *what)
{
    if (check->looked_at > 0 || check->not_checked != NULL || !is_empty)
        return;
    check->looked_at = 1;
    check_note(check, "no %s: 1 count compared", what);
}

static void
judge(struct work *work)
{
    bool wrote_nothing = work->fates[FATE_WRITTEN] == 0 && work->source != NULL;
    judge_rows(work);
    judge_empty(&work->ids_check, wrote_nothing && work->ledger->written == 0, "rows were written");
    judge_empty(&work->residue_check,
                work->target_rows == work->events_left_out && work->ledger->written == 0,
                "rows are in the target");
    judge_empty(&work->audit_check, work->source_rows == 0 && work->ledger->read == 0,
                "rows were read");
    if (work->ids_check.looked_at > 1)
        check_note(&work->ids_check, "%" PRId64 " values of resolved columns",
                   work->ids_check.looked_at);
    if (work->residue_check.looked_at > 1)
        check_note(&work->residue_check, "%" PRId64 " values of columns that hold IDs",
                   work->residue_check.looked_at);
    if (work->residue_allowed > 0)
        check_note(&work->residue_check, "%" PRId64 " IDs stay as the mapping allows",
                   work->residue_allowed);
    if (work->events_left_out > 0)
        check_note(&work->residue_check, "%" PRId64 " audit events, which keep old IDs, left out",
                   work->events_left_out);
    personal_judge(work);
    if (work->audit_check.looked_at > 1)
        check_note(&work->audit_check, "%" PRId64 " events for %" PRId64 " rows",
                   work->audit_check.looked_at, work->source_rows);
    accounting_check(work);
}

/* A statement that the server refused leaves this table's checks undone, and only these. */
static void
give_up(struct work *work, const struct error *err)
{
    struct check *checks[] = {&work->rows_check, &work->ids_check, &work->residue_check,
                              &work->audit_check, &work->accounting_check};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        check_give_up(checks[i], "%s", err->text);
}

static const struct pairs *
find_missing(const struct pairs *const *maps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (maps[i]->is_missing)
            return maps[i];
    return NULL;
}

/* A map that a column stands on is gone: nothing can be expected of the table's rows. */
static const struct pairs *
find_missing_map(const struct work *work)
{
    const struct pairs *missing = NULL;
    for (size_t i = 0; i < work->table->column_count && missing == NULL; i++) {
        const struct expect_column *column = &work->expect.columns[i];
        missing = find_missing(column->chain, column->chain_count);
        if (missing == NULL)
            missing = find_missing(column->finder.maps, column->finder.map_count);
    }
    return missing;
}

bool
verify_table(struct verify *v, const struct plan_table *table, struct error *err)
{
    CLEANUP(work_release) struct work work;
    struct error problem = ERROR_INIT;
    work_init(&work, v, table);
    if (!is_wanted(&work))
        return true;
    const struct pairs *missing = find_missing_map(&work);
    if (missing != NULL)
        error_set(&problem, EXIT_NOT_CHECKED, "the ID map %s is no longer kept with the run",
                  missing->spec->name);
    bool good = missing == NULL && look(&work, &problem);
    if (!good && missing == NULL && !copy_error_is_local(&problem)) {
        *err = problem;
        error_context(err, "verifying table %s", table->label);
    } else if (!good) {
        give_up(&work, &problem);
    } else {
        judge(&work);
        if (check_is_selected(&v->checks, "users", table) && !users_check(&work, err))
            error_context(err, "verifying table %s", table->label);
    }
    struct check *checks[] = {&work.rows_check, &work.ids_check, &work.residue_check,
                              &work.audit_check, &work.accounting_check};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        check_finish(checks[i], &v->checks);
    return !err->is_set;
}
