/*
 * The way through: the server and the ID maps, then every table once in the plan's order, then what
 * only all tables together can tell. The target is asked inside one transaction that is rolled
 * back, or inside a savepoint of the caller's.
 */
#include "internal.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the parts have in common ---- */

bool
check_is_usable(const struct plan_table *table)
{
    return table->source != NULL && table->target != NULL && table->column_count > 0;
}

bool
check_merges(const struct plan_table *table)
{
    if (!table->spec->has_on_conflict || table->spec->conflict == MAPPING_CONFLICT_FAIL)
        return false;
    for (size_t i = 0; i < table->conflict_key_count; i++)
        if (table->conflict_key[i] < 0)
            return false;
    for (size_t i = 0; i < table->conflict_set_count; i++)
        if (table->conflict_set[i] < 0)
            return false;
    return table->conflict_key_count > 0;
}

int
check_find_column(const struct plan_table *table, const char *target_name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].target->name, target_name) == 0)
            return (int)i;
    return -1;
}

bool
check_mentions(const char *sql, const char *name)
{
    CLEANUP(strbuf_release) struct strbuf quoted = STRBUF_INIT;
    size_t length = strlen(sql), name_length = strlen(name);
    db_quote_identifier(&quoted, name);
    if (strstr(sql, quoted.data) != NULL)
        return true;
    for (const char *at = strstr(sql, name); at != NULL; at = strstr(at + 1, name)) {
        size_t start = (size_t)(at - sql);
        if (!utf8_word_ends_at(sql, start) &&
            !utf8_word_starts_at(sql, length, start + name_length))
            return true;
    }
    return false;
}

bool
check_must_stop(const struct error *err)
{
    return err->code == EXIT_INTERRUPTED || err->code == EXIT_TERMINATED || err->code == EXIT_BUG ||
           strncmp(err->sqlstate, "08", 2) == 0 || strncmp(err->sqlstate, "57P", 3) == 0 ||
           (err->code == EXIT_STOPPED && err->sqlstate[0] == '\0');
}

bool
check_is_interrupted(struct error *err)
{
    int signal = interrupt_signal();
    if (signal == 0)
        return false;
    error_set(err, signal == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED,
              "interrupted while checking");
    error_hint(err, "nothing was written");
    return true;
}

bool
check_try(struct db *db, const char *sql, struct db_result **result, struct error *failed,
          struct error *err)
{
    error_clear(failed);
    if (check_is_interrupted(err))
        return false;
    db_savepoint(db, "idmigrate_try");
    if (!db_flush(db, err))
        return false;
    if (db_query(db, sql, 0, NULL, result, failed)) {
        db_savepoint_release(db, "idmigrate_try");
        return true;
    }
    if (check_must_stop(failed)) {
        *err = *failed;
        return false;
    }
    return db_savepoint_rollback(db, "idmigrate_try", err);
}

/* ---- the target's transaction ---- */

struct scope {
    struct db *target;
    struct db_transaction own; /* none: a savepoint in the caller's */
};

/* Outside a transaction a savepoint is refused (25P01); then there is one of our own. */
static bool
open_scope(struct scope *scope, struct error *err)
{
    struct error outside = ERROR_INIT;
    if (db_execute(scope->target, "SAVEPOINT idmigrate_check", &outside))
        return true;
    if (strcmp(outside.sqlstate, "25P01") != 0) {
        *err = outside;
        return false;
    }
    return db_begin(&scope->own, scope->target, DB_READ_WRITE, err);
}

static bool
close_scope(struct scope *scope, struct error *err)
{
    if (scope->own.db != NULL)
        return db_rollback(&scope->own, err);
    return db_copy_in_abandon(scope->target, err) &&
           db_savepoint_rollback(scope->target, "idmigrate_check", err);
}

/* ---- the steps ---- */

static bool
count_target_rows(struct check *check, const struct plan_table *table, struct error *err)
{
    enum { EXACT_BELOW = 2000000 }; /* about a tenth of a second */
    struct check_table *counts = &check->tables[table->number];
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct error failed = ERROR_INIT;
    double estimate = 0;
    for (size_t i = 0; i < table->target->leaf_count; i++)
        estimate += table->target->leaves[i].rows > 0 ? table->target->leaves[i].rows : 0;
    counts->target_rows = (int64_t)estimate;
    if (estimate >= EXACT_BELOW)
        return true;
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM ");
    plan_sql_target_name(&sql, table);
    if (!check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    if (result != NULL)
        counts->target_rows = db_result_int64(result, 0, 0);
    return true;
}

static bool
count_all_target_rows(struct check *check, struct error *err)
{
    for (size_t i = 0; i < check->plan->table_count; i++)
        if (check_is_usable(&check->plan->tables[i]) &&
            !count_target_rows(check, &check->plan->tables[i], err))
            return false;
    return true;
}

static bool
read_tables(struct check *check, struct error *err)
{
    for (size_t i = 0; i < check->plan->step_count; i++)
        for (size_t j = 0; j < check->plan->steps[i].table_count; j++) {
            const struct plan_table *table = &check->plan->tables[check->plan->steps[i].tables[j]];
            if (!check_is_usable(table))
                continue;
            if (!check_read_table(check, table, err) || !losses_check(check, table, err) ||
                !declared_check_key(check, table, err))
                return error_context(err, "table %s", table->label);
        }
    return true;
}

static bool
ask_about_tables(struct check *check, struct error *err)
{
    for (size_t i = 0; i < check->plan->step_count; i++)
        if (!merge_decide(check, &check->plan->steps[i], err))
            return false;
    for (size_t i = 0; i < check->plan->step_count; i++)
        for (size_t j = 0; j < check->plan->steps[i].table_count; j++) {
            const struct plan_table *table = &check->plan->tables[check->plan->steps[i].tables[j]];
            if (!check_is_usable(table))
                continue;
            if (!unique_check(check, table, err) || !orphans_check(check, table, err) ||
                !constraints_check(check, table, err) || !partitions_check(check, table, err))
                return error_context(err, "table %s", table->label);
        }
    return true;
}

/* Only now are the children of rejected rows known: the number to allow is that of all tables. */
static void
tell_number_of_rejects(struct check *check)
{
    int64_t rejects = 0;
    for (size_t i = 0; i < check->plan->table_count; i++)
        rejects += check->tables[i].would_reject;
    for (size_t i = 0; i < check->findings->count; i++)
        if (strcmp(check->findings->items[i].code, "W-UNRESOLVED") == 0)
            finding_set_hint(&check->findings->items[i],
                             "complete the ID map, say \"unresolved\", or run with --max-rejects "
                             "%" PRId64 " (all tables together)",
                             rejects);
}

static bool
carry_out(struct check *check, struct error *err)
{
    if (!check_server(check, err) || !event_triggers_check(check, err) ||
        !declared_check_zones(check, err) || !volatile_check(check, err) ||
        !exclusive_check(check, err) || !count_all_target_rows(check, err))
        return false;
    if (!partitions_prepare(check, err))
        return false;
    maps_begin(check);
    texts_prepare(check);
    encoding_open(check);
    stage_prepare(check);
    trail_prepare(check);
    if (!read_tables(check, err))
        return false;
    maps_end(check);
    if (!ask_about_tables(check, err) || !trail_check(check, err))
        return false;
    tell_number_of_rejects(check);
    check_disk(check);
    return true;
}

static void
release(struct check *check)
{
    encoding_close(check);
    stage_release(check);
    trail_release(check);
    partitions_release(check);
    texts_release(check);
    maps_release(check);
    strbuf_release(&check->value);
    strbuf_release(&check->scratch);
}

bool
check_data(const struct check_inputs *inputs, struct findings *findings,
           struct check_table **tables, struct error *err)
{
    struct scope scope = {.target = inputs->target};
    struct check check = {
        .in = inputs,
        .plan = inputs->plan,
        .findings = findings,
        .value = STRBUF_INIT,
        .scratch = STRBUF_INIT,
        .can_stage = inputs->target_catalog->can_create_temp,
    };
    *tables = check.tables = memory_zalloc((inputs->plan->table_count + 1) * sizeof *check.tables);
    bool good = open_scope(&scope, err);
    good = good && carry_out(&check, err);
    struct error closing = ERROR_INIT;
    if (!close_scope(&scope, &closing) && good) {
        *err = closing;
        good = false;
    }
    release(&check);
    if (!good) {
        free(*tables);
        *tables = NULL;
        error_context(err, "checking");
    }
    return good;
}
