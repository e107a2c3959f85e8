/* The advisory lock that says who runs. */
#include "idmigrate/clock.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <stdlib.h>
#include <time.h>

static const double patience = 5;                            /* seconds */
static const struct timespec pause_between = {0, 100000000}; /* 0.1 s */

/* Runs one of the lock's statements; `answer` is what it says. */
static bool
ask(struct db *db, const char *sql, bool *answer, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const key[] = {STORE_NUMBER(STORE_LOCK_CLASS), STORE_NUMBER(STORE_LOCK_OBJECT)};
    if (!db_query(db, sql, 2, key, &result, err))
        return error_context(err, "the lock of idmigrate");
    *answer = db_result_bool(result, 0, 0);
    return true;
}

static void
describe_holder(struct strbuf *text, const struct store_lock_holder *holder)
{
    strbuf_printf(text, "%s (server process %d",
                  holder->application_name != NULL ? holder->application_name : "a session",
                  holder->pid);
    if (holder->role != NULL)
        strbuf_printf(text, ", role %s", holder->role);
    if (holder->host != NULL)
        strbuf_printf(text, ", from %s", holder->host);
    if (holder->since != NULL)
        strbuf_printf(text, ", connected since %.19s", holder->since);
    strbuf_add_char(text, ')');
}

static bool
fail_locked(struct db *db, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    struct store_lock_holder *holders;
    size_t count;
    if (!store_load_lock_holders(db, &holders, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        strbuf_add_string(&text, i > 0 ? "; " : "");
        describe_holder(&text, &holders[i]);
    }
    error_set(err, EXIT_REFUSED, "%s: another run is at work in this database: %s", db_what(db),
              count > 0 ? text.data : "it has just ended");
    if (count > 0)
        error_hint(err, "wait for it, or end it: SELECT pg_terminate_backend(%d)", holders[0].pid);
    else
        error_hint(err, "run the same command again");
    store_lock_holders_free(holders, count);
    return false;
}

bool
store_lock(struct db *db, bool exclusive, struct error *err)
{
    double end = clock_steady_seconds() + patience;
    bool is_locked = false;
    for (;;) {
        if (!ask(db, exclusive ? sql_query_store_lock_exclusive : sql_query_store_lock_shared,
                 &is_locked, err))
            return false;
        if (is_locked)
            return true;
        if (clock_steady_seconds() > end || interrupt_signal() != 0)
            return fail_locked(db, err);
        nanosleep(&pause_between, NULL);
    }
}

bool
store_unlock(struct db *db, bool exclusive, struct error *err)
{
    bool was_locked = false;
    if (!ask(db, exclusive ? sql_query_store_unlock_exclusive : sql_query_store_unlock_shared,
             &was_locked, err))
        return false;
    return was_locked ||
           error_set(err, EXIT_BUG, "%s: the lock of idmigrate was not held", db_what(db));
}

bool
store_load_lock_holders(struct db *db, struct store_lock_holder **holders, size_t *count,
                        struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const key[] = {STORE_NUMBER(STORE_LOCK_CLASS), STORE_NUMBER(STORE_LOCK_OBJECT)};
    *holders = NULL;
    *count = 0;
    if (!db_query(db, sql_query_store_lock_holders, 2, key, &result, err))
        return error_context(err, "who holds the lock of idmigrate");
    *count = db_result_rows(result);
    *holders = memory_realloc_array(NULL, *count, sizeof **holders);
    for (size_t i = 0; i < *count; i++)
        (*holders)[i] = (struct store_lock_holder){
            .pid = (int)db_result_int64(result, i, 0),
            .application_name = store_take_text(result, i, 1),
            .role = store_take_text(result, i, 2),
            .host = store_take_text(result, i, 3),
            .since = store_take_text(result, i, 4),
            .is_exclusive = db_result_bool(result, i, 5),
        };
    return true;
}

void
store_lock_holders_free(struct store_lock_holder *holders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(holders[i].application_name);
        free(holders[i].role);
        free(holders[i].host);
        free(holders[i].since);
    }
    free(holders);
}
