/*
 * Indexes, constraints, row-level security, policies and triggers of a target table: each must be
 * there, valid, and be what it was when the run began. What was added since is nobody's damage.
 */
#include "work.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

bool
structure_load(struct verify *v, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!copy_query(v->in->target, sql_query_verify_structure, 1, &v->run_id, &result, err))
        return false;
    for (size_t i = 0; i < db_result_rows(result); i++) {
        int64_t number = db_result_int64(result, i, 0);
        if (number >= 0 && (size_t)number < v->plan->table_count)
            v->ledger[number].structure = memory_strdup(db_result_text(result, i, 1));
    }
    return true;
}

static void
compare(struct check *check, json_t *before, const json_t *now)
{
    const char *what;
    json_t *was;
    json_object_foreach(before, what, was)
    {
        const char *is = json_string_value(json_object_get(now, what));
        check->looked_at++;
        if (is == NULL || strcmp(is, json_string_value(was)) != 0)
            check_difference_text(check, SPAN_NULL, what, json_string_value(was), is);
    }
}

static void
note(struct check *check, const json_t *before, json_t *now)
{
    const char *what;
    json_t *is;
    size_t added = 0;
    json_object_foreach(now, what, is) added += json_object_get(before, what) == NULL;
    check_note(check, "%" PRId64 " indexes, constraints, policies, triggers and settings",
               check->looked_at);
    if (added > 0)
        check_note(check, "%zu came since", added);
}

static bool
describe(struct verify *v, const struct plan_table *table, json_t **now, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {table->target->schema, table->target->name};
    if (!copy_query(v->in->target, sql_query_store_structure, 2, values, &result, err))
        return false;
    *now = json_loads(db_result_text(result, 0, 0), 0, NULL);
    return true;
}

bool
structure_check(struct verify *v, const struct plan_table *table, struct error *err)
{
    const char *stored = v->ledger[table->number].structure;
    struct error problem = ERROR_INIT;
    struct check check;
    json_t *before = stored != NULL ? json_loads(stored, 0, NULL) : NULL, *now = NULL;
    check_init(&check, "structure", table, v->in->difference_limit);
    if (before == NULL)
        check_give_up(&check, "what held on the table before the run is not kept with it");
    else if (!describe(v, table, &now, &problem))
        check_give_up(&check, "%s", problem.text);
    else {
        compare(&check, before, now);
        note(&check, before, now);
    }
    check_finish(&check, &v->checks);
    json_decref(before);
    json_decref(now);
    return !problem.is_set || copy_error_is_local(&problem) || (*err = problem, false);
}
