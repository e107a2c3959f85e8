/*
 * A run that is not finished cannot be proved: what is left to do would look like damage. Which
 * tables are left, and whether somebody is at work, is told instead.
 */
#include "steps.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_NAMED = 20 };

static void
describe_left(struct strbuf *text, const struct store_table *tables, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        const struct store_table *table = &tables[i];
        if (strcmp(table->state, "done") == 0)
            continue;
        if (left++ >= MOST_NAMED)
            continue;
        strbuf_printf(text, "%s%s", left > 1 ? ", " : "", table->label);
        if (table->chunks > 0)
            strbuf_printf(text, " (%" PRId64 " of %" PRId64 " chunks)", table->chunks_done,
                          table->chunks);
    }
    if (left > MOST_NAMED)
        strbuf_printf(text, " and %zu more", left - MOST_NAMED);
}

static bool
is_at_work(struct db *target, const struct store_run *run, bool *at_work, struct error *err)
{
    struct store_lock_holder *holders;
    size_t count;
    if (!store_load_lock_holders(target, &holders, &count, err))
        return false;
    *at_work = count > 0 && strcmp(run->state, "running") == 0;
    store_lock_holders_free(holders, count);
    return true;
}

static bool
fail(const struct store_run *run, const struct store_table *tables, size_t count, bool at_work,
     struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf left = STRBUF_INIT;
    size_t done = 0;
    for (size_t i = 0; i < count; i++)
        done += strcmp(tables[i].state, "done") == 0;
    describe_left(&left, tables, count);
    error_set(err, EXIT_NOT_CHECKED, "run %s %s: %zu of %zu tables are done%s%s", run->run_id,
              at_work ? "is still at work" : "is not finished", done, count,
              left.length > 0 ? "; left: " : ", but the run itself has not ended",
              left.length > 0 ? left.data : "");
    return error_hint(err,
                      at_work ? "`idmigrate status %s` shows how far it is; verify it when it has "
                                "ended"
                              : "the same `idmigrate run` that began run %s goes on with it and "
                                "verifies it at its end",
                      run->run_id);
}

bool
unfinished_refuse(struct db *target, const struct store_run *run, struct error *err)
{
    struct store_table *tables;
    size_t count;
    bool at_work;
    if (strcmp(run->state, "running") != 0 && strcmp(run->state, "stopped") != 0)
        return true;
    if (!is_at_work(target, run, &at_work, err) ||
        !store_load_tables(target, run->run_id, &tables, &count, err))
        return false;
    fail(run, tables, count, at_work, err);
    store_tables_free(tables, count);
    return false;
}
