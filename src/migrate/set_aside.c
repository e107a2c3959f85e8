/*
 * Setting aside, in one transaction: lock, look that the tables are empty, write down, try, take
 * away. A crash before its COMMIT leaves everything where it was, and one after it leaves all that
 * is needed to bring it back.
 */
#include "aside.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Locks of others are waited for so long, with pauses that grow: whoever waits for a lock makes all
 * that come later wait too. */
static const double patience = 20; /* seconds */

struct setting_aside {
    const struct set_aside_request *request;
    const struct set_aside_table **empty; /* those that are locked and empty */
    size_t empty_count;
    struct aside_list list;
    struct store_aside *stored; /* as it goes into the store */
    size_t stored_count, stored_capacity;
};

static void
release(struct setting_aside *work)
{
    free(work->empty);
    aside_list_release(&work->list);
    store_asides_free(work->stored, work->stored_count);
    *work = (struct setting_aside){.request = work->request, .list = ASIDE_LIST_INIT};
}

/* ---- which tables ---- */

static bool
is_empty(struct db *db, const struct set_aside_table *table, bool *empty, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "SELECT NOT EXISTS (SELECT FROM ");
    db_quote_name(&sql, table->schema, table->name);
    strbuf_add_string(&sql, ")");
    if (!db_query(db, sql.data, 0, NULL, &result, err))
        return false;
    *empty = db_result_bool(result, 0, 0);
    return true;
}

static bool
lock(struct db *db, const struct set_aside_table *table, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "LOCK TABLE ");
    db_quote_name(&sql, table->schema, table->name);
    strbuf_add_string(&sql, " IN ACCESS EXCLUSIVE MODE");
    return db_execute(db, sql.data, err);
}

static struct store_aside *
add_stored(struct setting_aside *work)
{
    struct store_aside *item = ARRAY_ADD(work->stored, work->stored_count, work->stored_capacity);
    *item = (struct store_aside){.state = NULL};
    return item;
}

/* Not again for a table that was asked about before, by an attempt that was killed. */
static bool
note_kept_table(struct setting_aside *work, const struct set_aside_table *table, const char *reason,
                struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, table->oid);
    const char *values[] = {work->request->run_id, oid};
    if (!db_query(work->request->target, sql_query_set_aside_is_known, 2, values, &result, err))
        return false;
    if (db_result_bool(result, 0, 0))
        return true;
    struct store_aside *item = add_stored(work);
    *item = (struct store_aside){
        .state = memory_strdup("kept"),
        .kind = memory_strdup("table"),
        .reason = memory_strdup(reason),
        .schema = memory_strdup(table->schema),
        .table = memory_strdup(table->name),
        .name = memory_strdup(""),
        .tablespace = memory_strdup(""),
        .finish_sql = memory_strdup(""),
        .table_oid = table->oid,
        .top = (int)work->stored_count - 1,
    };
    return true;
}

static bool
find_fault(struct db *db, const struct set_aside_table *table, char **fault, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, table->oid);
    const char *value = oid;
    if (!db_query(db, sql_query_set_aside_fitness, 1, &value, &result, err))
        return false;
    *fault = memory_strdup(db_result_rows(result) > 0 ? db_result_text(result, 0, 0)
                                                      : "it is not there any more");
    return true;
}

/* Looks before it locks, so that a table in use that has rows is not waited for; and after. */
static bool
take_table(struct setting_aside *work, const struct set_aside_table *table, struct error *err)
{
    struct db *db = work->request->target;
    CLEANUP(memory_free_string) char *fault = NULL;
    bool empty;
    if (!find_fault(db, table, &fault, err))
        return false;
    if (fault == NULL && !is_empty(db, table, &empty, err))
        return false;
    if (fault == NULL && empty && (!lock(db, table, err) || !is_empty(db, table, &empty, err)))
        return false;
    if (fault == NULL && !empty)
        fault = memory_strdup("it has rows");
    if (fault == NULL)
        work->empty[work->empty_count++] = table;
    else
        return note_kept_table(work, table, fault, err);
    return true;
}

static int
compare_oids(const void *a, const void *b)
{
    const struct set_aside_table *left = *(const struct set_aside_table *const *)a;
    const struct set_aside_table *right = *(const struct set_aside_table *const *)b;
    return (left->oid > right->oid) - (left->oid < right->oid);
}

/* In the order of their oids, each once: others that lock several do it so too. */
static bool
take_tables(struct setting_aside *work, struct error *err)
{
    size_t count = work->request->table_count;
    const struct set_aside_table **all = memory_alloc((count + 1) * sizeof *all);
    bool good = true;

    for (size_t i = 0; i < count; i++)
        all[i] = &work->request->tables[i];
    qsort(all, count, sizeof *all, compare_oids);
    for (size_t i = 0; good && i < count; i++)
        if (i == 0 || all[i]->oid != all[i - 1]->oid)
            good = take_table(work, all[i], err) ||
                   error_context(err, "table %s.%s", all[i]->schema, all[i]->name);
    free(all);
    return good;
}

/* ---- writing down and taking away ---- */

/* The texts move; the list keeps what it needs no longer. */
static void
move_items(struct setting_aside *work)
{
    int *places = memory_zalloc((work->list.count + 1) * sizeof *places);
    for (size_t i = 0; i < work->list.count; i++) {
        if (work->list.items[i].is_left)
            continue;
        places[i] = (int)work->stored_count;
        struct store_aside *item = add_stored(work);
        *item = work->list.items[i].stored;
        work->list.items[i].stored = (struct store_aside){.state = NULL};
        item->state = memory_strdup(item->reason != NULL ? "kept" : "aside");
    }
    for (size_t i = 0; i < work->stored_count; i++)
        if (strcmp(work->stored[i].kind, "table") != 0)
            work->stored[i].top = places[work->stored[i].top];
    free(places);
}

static bool
drop_items(struct setting_aside *work, struct error *err)
{
    for (int keys = 1; keys >= 0; keys--)
        for (size_t i = 0; i < work->stored_count; i++) {
            const struct store_aside *item = &work->stored[i];
            if (strcmp(item->state, "aside") != 0 || aside_is_key(item) != (keys == 1))
                continue;
            if (!aside_drop(work->request->target, item, err))
                return false;
            failpoint("set-aside-dropped");
        }
    return true;
}

static bool
set_aside(struct setting_aside *work, struct error *err)
{
    struct db *db = work->request->target;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};

    work->empty = memory_alloc((work->request->table_count + 1) * sizeof *work->empty);
    if (!db_begin(&tx, db, DB_READ_WRITE, err))
        return false;
    failpoint("set-aside-begun");
    if (!take_tables(work, err))
        return false;
    failpoint("set-aside-locked");
    if (!aside_list_load(db, work->empty, work->empty_count, &work->list, err) ||
        !aside_try(db, &work->list, err))
        return false;
    failpoint("set-aside-tried");
    move_items(work);
    if (!store_put_asides(db, work->request->run_id, work->stored, work->stored_count, err))
        return false;
    failpoint("set-aside-recorded");
    if (!drop_items(work, err))
        return false;
    failpoint("set-aside-before-commit");
    if (!db_commit(&tx, err))
        return false;
    failpoint("set-aside-committed");
    return true;
}

/* ---- others ---- */

/* Names who is in the way, as far as this role may see it. */
static bool
explain_locks(const struct set_aside_request *request, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf oids = STRBUF_INIT;
    struct error ignored = ERROR_INIT;
    for (size_t i = 0; i < request->table_count; i++)
        strbuf_printf(&oids, "%c%" PRIu32, i == 0 ? '{' : ',', request->tables[i].oid);
    strbuf_add_string(&oids, "}");
    const char *value = oids.data;
    error_context(err, "setting indexes aside");
    /* The hint of the room below knows less. */
    err->hint[0] = '\0';
    if (db_query(request->target, sql_query_set_aside_blockers, 1, &value, &result, &ignored) &&
        db_result_text(result, 0, 0) != NULL)
        return error_hint(err,
                          "these use the tables: %s; stop them, or run without --exclusive, then "
                          "run the same command again",
                          db_result_text(result, 0, 0));
    return error_hint(err, "others use the tables: stop the application, or run without "
                           "--exclusive, then run the same command again");
}

/* All of it goes in one transaction, so an earlier attempt has done it; a table without rows would
 * be taken again otherwise, with a key that is back but not proved yet. */
static bool
is_under_way(const struct set_aside_request *request, bool *under_way, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(request->target, sql_query_set_aside_is_under_way, 1, &request->run_id, &result,
                  err))
        return false;
    *under_way = db_result_bool(result, 0, 0);
    return true;
}

bool
set_aside_tables(const struct set_aside_request *request, struct error *err)
{
    struct setting_aside work = {.request = request, .list = ASIDE_LIST_INIT};
    bool good = request->table_count == 0;
    if (!good && !is_under_way(request, &good, err))
        return false;
    double end = clock_steady_seconds() + patience;
    for (int attempt = 0; !good && clock_steady_seconds() < end; attempt++) {
        if (attempt > 0) {
            error_clear(err);
            clock_pause(attempt);
        }
        good = set_aside(&work, err);
        release(&work);
        if (!good && strcmp(err->sqlstate, "55P03") != 0 && strcmp(err->sqlstate, "40P01") != 0)
            return false;
    }
    return good || explain_locks(request, err);
}
