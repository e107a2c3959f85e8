/*
 * Events that carry the run's ID and are of none of its tables: the run has not made them. They are
 * looked for only when there are not as many events as were read for the tables: an event that is
 * of two tables would be one too many for one of them.
 */
#include "events.h"

#include "idmigrate/memory.h"

static void
report_stray(struct check *check, const struct span *fields)
{
    CLEANUP(strbuf_release) struct strbuf action = STRBUF_INIT;
    CLEANUP(memory_free_string)
    char *key = memory_printf("event %.*s", (int)fields[EVENT_ID].length, fields[EVENT_ID].data);
    check_difference(check, span_of(key), NULL,
                     span_of("no event of this run but those of its tables"),
                     text_read(&action, fields[EVENT_ACTION]));
}

static bool
count_events(struct verify *v, int64_t *events, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (v->places != NULL) {
        *events = v->counted_events = audit_places_events(v->places);
        return true;
    }
    audit_sql_count(&sql, v->plan, &v->run);
    if (!copy_query(v->in->target, sql.data, 0, NULL, &result, err))
        return false;
    *events = v->counted_events = db_result_int64(result, 0, 0);
    return true;
}

static bool
look_for_strays(struct verify *v, struct check *check, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct span fields[EVENT_FIELDS];
    struct copy copy;
    int64_t events;
    if (!count_events(v, &events, err))
        return false;
    if (events == v->events) {
        check->looked_at++;
        return true;
    }
    audit_copy_strays(&sql, v->plan, &v->run);
    if (!copy_begin(&copy, v->in->target, sql.data, err))
        return false;
    while (copy_next(&copy, fields, EVENT_FIELDS, err))
        report_stray(check, fields);
    check->looked_at++;
    return copy_end(&copy, err);
}

/* The events of a table that is gone cannot be told from those of no table. */
static void
look_at_tables(const struct verify *v, struct check *check)
{
    check->is_used = false;
    for (size_t i = 0; i < v->plan->table_count; i++) {
        const struct plan_table *table = &v->plan->tables[i];
        check->is_used |= !table->spec->audit_self;
        if (!table->spec->audit_self && table->target == NULL)
            check_give_up(check, "the target has no table %s any more", table->label);
    }
}

bool
strays_check(struct verify *v, struct error *err)
{
    struct check check;
    struct error problem = ERROR_INIT;
    check_init(&check, "audit", NULL, v->in->difference_limit);
    look_at_tables(v, &check);
    bool good = !check.is_used || check.not_checked != NULL || look_for_strays(v, &check, &problem);
    if (good)
        check_note(&check, "events with the run's ID are of its tables: 1 count compared");
    else
        check_give_up(&check, "%s", problem.text);
    check_finish(&check, &v->checks);
    return good || copy_error_is_local(&problem) || (*err = problem, false);
}
