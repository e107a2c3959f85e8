/* Which checks `verify` makes. */
#include "selection.h"

#include "idmigrate/memory.h"

#include <stdio.h>
#include <string.h>

void
selection_release(struct selection *selection)
{
    store_checks_free(selection->last, selection->last_count);
    selection->last = NULL;
    selection->last_count = 0;
}

bool
selection_is_whole(const struct selection *selection)
{
    return selection->checks.count == 0 && selection->tables.count == 0 && !selection->since_last;
}

static bool
is_listed(const struct option_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], name) == 0)
            return true;
    return false;
}

/* By the target's name, with or without its schema, or by the label that reports show. */
static bool
is_called(const struct plan_table *table, const char *name)
{
    const struct catalog_table *target = table->target;
    if (strcmp(table->label, name) == 0)
        return true;
    if (target == NULL)
        return false;
    CLEANUP(memory_free_string)
    char *full = memory_printf("%s.%s", target->schema, target->name);
    return strcmp(target->name, name) == 0 || strcmp(full, name) == 0;
}

static bool
is_table_listed(const struct option_list *list, const struct plan_table *table)
{
    for (size_t i = 0; table != NULL && i < list->count; i++)
        if (is_called(table, list->items[i]))
            return true;
    return false;
}

static bool
was_not_equal(const struct selection *selection, const char *check, const struct plan_table *table)
{
    int number = table != NULL ? table->number : -1;
    for (size_t i = 0; i < selection->last_count; i++) {
        const struct store_check *last = &selection->last[i];
        if (last->table_no == number && strcmp(last->name, check) == 0)
            return strcmp(last->verdict, "equal") != 0;
    }
    return false;
}

bool
selection_selects(void *context, const char *check, const struct plan_table *table)
{
    const struct selection *selection = context;
    return (selection->checks.count == 0 || is_listed(&selection->checks, check)) &&
           (selection->tables.count == 0 || is_table_listed(&selection->tables, table)) &&
           (!selection->since_last || was_not_equal(selection, check, table));
}

static bool
check_names(const struct selection *selection, struct error *err)
{
    for (size_t i = 0; i < selection->checks.count; i++) {
        const char *const *name = verify_check_names;
        while (*name != NULL && strcmp(*name, selection->checks.items[i]) != 0)
            name++;
        if (*name != NULL)
            continue;
        CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;
        for (name = verify_check_names; *name != NULL; name++)
            strbuf_printf(&known, "%s%s", known.length > 0 ? ", " : "", *name);
        error_set(err, EXIT_USAGE, "--only %s: there is no such check", selection->checks.items[i]);
        return error_hint(err, "the checks are %s", known.data);
    }
    return true;
}

static bool
check_tables(const struct selection *selection, const struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < selection->tables.count; i++) {
        const char *name = selection->tables.items[i];
        size_t at = 0;
        while (at < plan->table_count && !is_called(&plan->tables[at], name))
            at++;
        if (at < plan->table_count)
            continue;
        error_set(err, EXIT_USAGE, "--table %s: the run has no such table", name);
        return error_hint(err, "it is a target table's name, with or without its schema; "
                               "`idmigrate report` lists them");
    }
    return true;
}

static bool
load_last(struct selection *selection, struct db *target, const char *run_id, struct error *err)
{
    CLEANUP(memory_free_string) char *verified_at = NULL;
    if (!store_load_verification(target, run_id, &selection->last, &selection->last_count,
                                 &verified_at, err))
        return false;
    bool any = false;
    for (size_t i = 0; i < selection->last_count; i++)
        any |= strcmp(selection->last[i].verdict, "equal") != 0;
    if (any)
        return true;
    if (selection->last_count == 0)
        error_set(err, EXIT_NOT_CHECKED, "--since-last: run %s was not verified before", run_id);
    else
        error_set(err, EXIT_NOT_CHECKED,
                  "--since-last: the verification of %s found everything equal", verified_at);
    return error_hint(err, "`idmigrate verify %s` looks at everything", run_id);
}

bool
selection_prepare(struct selection *selection, const struct plan *plan, struct db *target,
                  const char *run_id, struct error *err)
{
    return check_names(selection, err) && check_tables(selection, plan, err) &&
           (!selection->since_last || load_last(selection, target, run_id, err));
}
