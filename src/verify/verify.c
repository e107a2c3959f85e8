/*
 * Verification as a whole: what the run left in the store is loaded, then every table is compared
 * in the order of the plan's steps (a row's parents are known before it), then what only the server
 * can tell.
 */
#include "idmigrate/verify.h"

#include "events.h"
#include "work.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

/*
 * Both sides are read inside a transaction, so that all checks see one state. In a dry run it is
 * the writer's, which is open; otherwise it is begun here unless the caller has.
 */
static bool
enter_transaction(struct verify *v, struct db_transaction *tx, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    /* Two statements: a mark that is still there in the second one was made in an open transaction.
     */
    if (!db_command(v->in->target, sql_query_verify_mark_transaction, 0, NULL, NULL, err) ||
        !db_query(v->in->target, sql_query_verify_transaction, 0, NULL, &result, err))
        return false;
    bool is_open = db_result_bool(result, 0, 0), is_read_only = db_result_bool(result, 0, 1);
    v->is_dry_run = is_open && !is_read_only;
    return is_open || db_begin(tx, v->in->target, DB_READ_ONLY_SNAPSHOT, err);
}

static bool
load(struct verify *v, struct error *err)
{
    v->listed = listed_new(v->plan->table_count);
    if (!pairs_load(&v->maps, v->in->target, v->plan->mapping, v->run_id, v->in->given_ids, err) ||
        !ledger_load(v, err) || !structure_load(v, err) ||
        !listed_load(v->listed, v->plan->table_count, v->in->target, v->run_id, err))
        return false;
    v->rejected_ids = listed_rejected_ids(v->listed, v->plan->table_count, &v->rejected_id_count);
    return true;
}

/* For one table it is quicker to look everywhere. */
static bool
find_events(struct verify *v, struct error *err)
{
    size_t tables = 0;
    for (size_t i = 0; i < v->plan->table_count; i++)
        tables += !v->plan->tables[i].spec->audit_self && v->plan->tables[i].target != NULL &&
                  check_is_selected(&v->checks, "audit", &v->plan->tables[i]);
    return tables < 2 || events_find(&v->run, &v->places, v->plan, v->in->target, err);
}

/* The schema changed since the run: there is nothing left to compare. */
static bool
is_gone(struct verify *v, const struct plan_table *table)
{
    struct check check;
    if (table->source != NULL && table->target != NULL)
        return false;
    check_init(&check, "rows", table, 0);
    check_give_up(&check, "the %s has no such table any more", table->target ? "source" : "target");
    check_finish(&check, &v->checks);
    return true;
}

const char *const verify_check_names[] = {"idmap",     "rows",       "ids",       "residue",
                                          "audit",     "accounting", "users",     "foreign_keys",
                                          "structure", "sequences",  "set_aside", NULL};

static bool
check_table(struct verify *v, const struct plan_table *table, struct error *err)
{
    const struct check_list *all = &v->checks;
    if (is_gone(v, table))
        return true;
    return verify_table(v, table, err) &&
           (!check_is_selected(all, "foreign_keys", table) || foreign_keys_check(v, table, err)) &&
           (!check_is_selected(all, "structure", table) || structure_check(v, table, err)) &&
           /* A dry run leaves sequences alone: a rollback would not bring them back. */
           (v->is_dry_run || !check_is_selected(all, "sequences", table) ||
            sequences_check(v, table, err));
}

static bool
check_tables(struct verify *v, struct error *err)
{
    for (size_t i = 0; i < v->plan->step_count; i++)
        for (size_t j = 0; j < v->plan->steps[i].table_count; j++)
            if (!check_table(v, &v->plan->tables[v->plan->steps[i].tables[j]], err))
                return false;
    return true;
}

static void
release(struct verify *v)
{
    beside_release(v);
    audit_places_free(&v->places);
    pairs_release(&v->maps);
    listed_free(v->listed, v->plan->table_count);
    free(v->rejected_ids);
    for (size_t i = 0; v->ledger != NULL && i < v->plan->table_count; i++)
        free(v->ledger[i].structure);
    free(v->ledger);
    store_checks_free(v->checks.items, v->checks.count);
}

bool
verify_run(const struct verify_inputs *inputs, struct verify_result *result, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    struct verify v = {.in = inputs,
                       .plan = inputs->plan,
                       .run_id = inputs->run->run_id,
                       .run = {.run_id = inputs->run->run_id, .since = inputs->run->started_at},
                       .checks = {.selects = inputs->selects, .selection = inputs->selection},
                       .counted_events = -1,
                       .progress_lock = PTHREAD_MUTEX_INITIALIZER};
    *result = (struct verify_result){.checks = NULL};
    bool good = enter_transaction(&v, &tx, err) && load(&v, err);
    if (good) {
        beside_prepare(&v);
        stored_maps_check(&v);
        good = find_events(&v, err) && check_tables(&v, err) &&
               (!check_is_selected(&v.checks, "audit", NULL) || strays_check(&v, err)) &&
               (!check_is_selected(&v.checks, "set_aside", NULL) || set_aside_check(&v, err)) &&
               (inputs->ids == NULL || !check_is_selected(&v.checks, "residue", NULL) ||
                everywhere_check(&v, err));
    }
    if (good) {
        *result = (struct verify_result){.checks = v.checks.items,
                                         .count = v.checks.count,
                                         .events = v.counted_events,
                                         .status = check_status(&v.checks)};
        v.checks = (struct check_list){.items = NULL};
    }
    release(&v);
    return good;
}

void
verify_result_release(struct verify_result *result)
{
    store_checks_free(result->checks, result->count);
    *result = (struct verify_result){.checks = NULL};
}
