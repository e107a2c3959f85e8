/*
 * Bringing back what was set aside, in stages that each can be begun again: indexes are built side
 * by side; each becomes the constraint, partition and comment that it was; foreign keys come back
 * unproved and are then proved side by side; at last the server looks at the tables. What is done
 * is in the store in the same transaction.
 *
 * Rows that are in the way are taken back, with all foreign keys of the run aside (nothing then
 * follows them silently), and it begins again with what is left.
 */
#include "rebuild.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* So many more than there are things to come back: each takes a round, and few take another because
 * of rows that went meanwhile. What needs more has another fault. */
enum { ROUNDS = 100 };

struct rebuild {
    const struct rebuild_request *request;
    struct store_aside *items;
    size_t count;
};

static bool
is_state(const struct store_aside *item, const char *state)
{
    return strcmp(item->state, state) == 0;
}

static bool
is_out(const struct store_aside *item)
{
    return is_state(item, "aside") || is_state(item, "built");
}

static bool
hint_at_name(struct error *err)
{
    if (strcmp(err->sqlstate, "42P07") == 0 || strcmp(err->sqlstate, "42710") == 0)
        error_hint(err, "something of that name was made meanwhile: drop or rename it, then run "
                        "the same command again");
    return false;
}

/* ---- indexes ---- */

static bool
build_one(const struct rebuild_request *request, struct db *db, const struct store_aside *item,
          struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    failpoint("rebuild-before-build");
    if (!db_begin(&tx, db, DB_READ_WRITE, err) || !aside_build(db, item, err))
        return hint_at_name(err);
    failpoint("rebuild-built");
    if (!store_set_aside_state(db, request->run_id, item->item_no, "built", err) ||
        !db_commit(&tx, err))
        return false;
    failpoint("rebuild-build-committed");
    return true;
}

static bool
build_indexes(struct rebuild *rebuild, const struct store_aside **violated, struct error *err)
{
    CLEANUP(rebuild_tasks_release)
    struct rebuild_tasks tasks = {
        .request = rebuild->request, .what = "building indexes", .run = build_one};
    for (size_t i = 0; i < rebuild->count; i++) {
        const struct store_aside *item = &rebuild->items[i];
        if (is_state(item, "aside") && !aside_is_key(item) && item->build_sql != NULL)
            rebuild_tasks_add(&tasks, item, item->is_alone);
    }
    bool good = rebuild_work(&tasks, err);
    *violated = rebuild_violated(&tasks);
    return good;
}

static bool
set_states(const struct rebuild *rebuild, const struct store_aside *const *items, size_t count,
           const char *state, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!store_set_aside_state(rebuild->request->target, rebuild->request->run_id,
                                   items[i]->item_no, state, err))
            return false;
    return true;
}

static bool
shape_group(const struct rebuild *rebuild, const struct store_aside *const *items, size_t count,
            struct error *err)
{
    struct db *db = rebuild->request->target;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    failpoint("rebuild-before-shape");
    if (!db_begin(&tx, db, DB_READ_WRITE, err) || !aside_shape(db, items, count, err))
        return hint_at_name(err);
    failpoint("rebuild-shaped");
    if (!set_states(rebuild, items, count, "back", err) || !db_commit(&tx, err))
        return false;
    failpoint("rebuild-shape-committed");
    return true;
}

/* Tries again what others' locks stop for the moment. */
static bool
shape_patiently(const struct rebuild *rebuild, const struct store_aside *const *items, size_t count,
                struct error *err)
{
    for (int attempt = 0;; attempt++) {
        if (rebuild_is_interrupted(err))
            return false;
        if (shape_group(rebuild, items, count, err))
            return true;
        if (!rebuild_may_try_again(err, attempt))
            return false;
    }
}

static bool
shape_indexes(struct rebuild *rebuild, struct error *err)
{
    const struct store_aside **items = memory_alloc((rebuild->count + 1) * sizeof *items);
    bool good = true;
    for (size_t i = 0; good && i < rebuild->count; i++) {
        const struct store_aside *top = &rebuild->items[i];
        size_t count = 0;
        if (!is_out(top) || aside_is_key(top) || top->top != top->item_no)
            continue;
        for (size_t j = 0; j < rebuild->count; j++)
            if (rebuild->items[j].top == top->item_no)
                items[count++] = &rebuild->items[j];
        good = shape_patiently(rebuild, items, count, err);
    }
    free(items);
    return good;
}

/* ---- foreign keys ---- */

/* One that was not proved before is not proved now either, but the rows of this run must obey it.
 */
static bool
look_at_unproved(struct db *db, const struct store_aside *item, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *sql = NULL;
    if (item->may_be_violated || item->violation == NULL)
        return true;
    sql = memory_printf("SELECT EXISTS (SELECT %s)", item->violation);
    if (!db_query(db, sql, 0, NULL, &result, err))
        return false;
    if (!db_result_bool(result, 0, 0))
        return true;
    error_set(err, EXIT_STOPPED, "rows refer to no row");
    memcpy(err->sqlstate, "23503", sizeof err->sqlstate);
    return false;
}

static bool
add_one(const struct rebuild_request *request, struct db *db, const struct store_aside *item,
        struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    failpoint("rebuild-before-key");
    if (!db_begin(&tx, db, DB_READ_WRITE, err) || !aside_add_key(db, item, err) ||
        !look_at_unproved(db, item, err))
        return hint_at_name(err);
    failpoint("rebuild-key-added");
    if (!store_set_aside_state(db, request->run_id, item->item_no,
                               item->validate_sql != NULL ? "built" : "back", err) ||
        !db_commit(&tx, err))
        return false;
    failpoint("rebuild-key-committed");
    return true;
}

/* One after the other: they lock both tables, and take no time but for those of partitions. */
static bool
add_keys(struct rebuild *rebuild, const struct store_aside **violated, struct error *err)
{
    struct rebuild_request alone = *rebuild->request;
    CLEANUP(rebuild_tasks_release)
    struct rebuild_tasks tasks = {.request = &alone, .what = "adding foreign keys", .run = add_one};
    alone.jobs = 1;
    for (size_t i = 0; i < rebuild->count; i++)
        if (is_state(&rebuild->items[i], "aside") && aside_is_key(&rebuild->items[i]))
            rebuild_tasks_add(&tasks, &rebuild->items[i], true);
    bool good = rebuild_work(&tasks, err);
    *violated = rebuild_violated(&tasks);
    return good;
}

static bool
validate_one(const struct rebuild_request *request, struct db *db, const struct store_aside *item,
             struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    failpoint("rebuild-before-validate");
    if (!db_begin(&tx, db, DB_READ_WRITE, err) || !aside_validate(db, item, err))
        return false;
    failpoint("rebuild-validated");
    if (!store_set_aside_state(db, request->run_id, item->item_no, "back", err) ||
        !db_commit(&tx, err))
        return false;
    failpoint("rebuild-validate-committed");
    return true;
}

/* Several of one table would wait for each other's lock. */
static bool
validate_keys(struct rebuild *rebuild, const struct store_aside **violated, struct error *err)
{
    CLEANUP(rebuild_tasks_release)
    struct rebuild_tasks tasks = {
        .request = rebuild->request, .what = "proving foreign keys", .run = validate_one};
    for (size_t i = 0; i < rebuild->count; i++)
        if (is_state(&rebuild->items[i], "built") && aside_is_key(&rebuild->items[i]))
            rebuild_tasks_add(&tasks, &rebuild->items[i], true);
    bool good = rebuild_work(&tasks, err);
    *violated = rebuild_violated(&tasks);
    return good;
}

/* ---- rows that are in the way ---- */

static bool
drop_keys_again(struct rebuild *rebuild, struct error *err)
{
    struct db *db = rebuild->request->target;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    if (!db_begin(&tx, db, DB_READ_WRITE, err))
        return false;
    for (size_t i = 0; i < rebuild->count; i++) {
        const struct store_aside *item = &rebuild->items[i];
        if (!aside_is_key(item) || !(is_state(item, "built") || is_state(item, "back")))
            continue;
        if (!aside_drop(db, item, err) ||
            !store_set_aside_state(db, rebuild->request->run_id, item->item_no, "aside", err))
            return false;
    }
    failpoint("rebuild-before-keys-dropped");
    if (!db_commit(&tx, err))
        return false;
    failpoint("rebuild-keys-dropped");
    return true;
}

static bool
reload(struct rebuild *rebuild, struct error *err)
{
    store_asides_free(rebuild->items, rebuild->count);
    return store_load_asides(rebuild->request->target, rebuild->request->run_id, &rebuild->items,
                             &rebuild->count, err);
}

/* `violated` points into the items, which are loaded again here. */
static bool
take_back(struct rebuild *rebuild, const struct store_aside *violated, struct error *err)
{
    const struct rebuild_request *request = rebuild->request;
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    int number = violated->item_no;

    aside_name(&name, violated);
    if (request->take_back == NULL) {
        error_set(err, EXIT_STOPPED, "%s cannot come back: rows violate it", name.data);
        return error_hint(err, "`idmigrate run` with the same mapping takes these rows back, one "
                               "by one, as rejects; or mend them, then run the same command again");
    }
    if (!reload(rebuild, err) || !drop_keys_again(rebuild, err) || !reload(rebuild, err))
        return error_context(err, "%s, which rows violate", name.data);
    for (size_t i = 0; i < rebuild->count; i++)
        if (rebuild->items[i].item_no == number)
            return request->take_back(request->take_back_context, rebuild->items, rebuild->count,
                                      &rebuild->items[i], err) ||
                   error_context(err, "%s, which rows violate", name.data);
    return error_set(err, EXIT_BUG, "%s is not in the store any more", name.data);
}

/* ---- the whole ---- */

static bool
do_round(struct rebuild *rebuild, const struct store_aside **violated, struct error *err)
{
    *violated = NULL;
    if (!build_indexes(rebuild, violated, err) || *violated != NULL)
        return !err->is_set;
    if (!reload(rebuild, err) || !shape_indexes(rebuild, err) || !reload(rebuild, err) ||
        !add_keys(rebuild, violated, err) || *violated != NULL)
        return !err->is_set;
    return reload(rebuild, err) && validate_keys(rebuild, violated, err);
}

static bool
analyze_one(const struct rebuild_request *request, struct db *db, const struct store_aside *item,
            struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    (void)request;
    strbuf_add_string(&sql, "ANALYZE ");
    db_quote_name(&sql, item->schema, item->table);
    failpoint("rebuild-before-analyze");
    return db_execute(db, sql.data, err);
}

static bool
analyze(struct rebuild *rebuild, struct error *err)
{
    CLEANUP(rebuild_tasks_release)
    struct rebuild_tasks tasks = {
        .request = rebuild->request, .what = "analyzing tables", .run = analyze_one};
    for (size_t i = 0; i < rebuild->count; i++) {
        const struct store_aside *item = &rebuild->items[i];
        bool is_known = is_state(item, "kept") || item->depth > 0;
        for (size_t j = 0; j < tasks.count && !is_known; j++)
            is_known = tasks.tasks[j].item->table_oid == item->table_oid;
        if (!is_known)
            rebuild_tasks_add(&tasks, item, true);
    }
    return rebuild_work(&tasks, err);
}

static bool
is_something_out(const struct rebuild *rebuild)
{
    for (size_t i = 0; i < rebuild->count; i++)
        if (is_out(&rebuild->items[i]))
            return true;
    return false;
}

static bool
bring_back(struct rebuild *rebuild, struct error *err)
{
    const struct store_aside *violated;
    if (!reload(rebuild, err))
        return false;
    if (!is_something_out(rebuild))
        return true;
    for (size_t round = 0; round < ROUNDS + rebuild->count; round++) {
        if (!do_round(rebuild, &violated, err))
            return false;
        if (violated == NULL)
            return reload(rebuild, err) && analyze(rebuild, err);
        if (!take_back(rebuild, violated, err) || !reload(rebuild, err))
            return false;
    }
    return error_set(err, EXIT_STOPPED, "rows violate what is to come back, again and again");
}

bool
rebuild_run(const struct rebuild_request *request, struct error *err)
{
    struct rebuild rebuild = {.request = request};
    bool good = bring_back(&rebuild, err);
    store_asides_free(rebuild.items, rebuild.count);
    return good;
}
