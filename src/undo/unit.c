/*
 * One step of the plan: a table, in chunks of a transaction each; or tables that refer to each
 * other or to themselves, listed first, and then all of their rows in one transaction and one
 * statement, as they were written.
 *
 * A chunk that the target refuses (a trigger, a constraint that nobody could foresee) is tried
 * again in halves, so that one row costs one row.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_ROWS = 20000, MOST_TRIES = 6 };

static bool
is_done(const struct undo_table *table)
{
    return strcmp(table->state.state, STORE_UNDO_DONE) == 0;
}

static bool
is_pending(const struct undo_table *table)
{
    return strcmp(table->state.state, STORE_UNDO_PENDING) == 0;
}

/* ---- one unit, tried again ---- */

/* What is done inside a unit; `table` is the first one of a step. */
struct work {
    bool (*carry_out)(struct undo *undo, struct work *work, struct error *err);
    struct undo_table **tables;
    size_t count;
    int64_t last, rows; /* of the chunk */
    const struct error *cause;
    const char *before_commit, *after_commit; /* failpoints */
};

struct memory {
    struct store_undo_table state;
    int64_t former_rows;
};

static bool
try_once(struct undo *undo, struct work *work, struct error *err)
{
    CLEANUP(undo_unit_release) struct undo_unit unit = {0};
    undo->was_refused = false;
    if (!undo_unit_begin(undo, &unit, err) || !undo_set_time(undo, err) ||
        !work->carry_out(undo, work, err))
        return false;
    for (size_t i = 0; i < work->count; i++)
        if (!undo_put_state(undo, work->tables[i], err))
            return false;
    failpoint(work->before_commit);
    if (!undo_unit_commit(&unit, err))
        return false;
    failpoint(work->after_commit);
    return true;
}

/* What was counted in a unit that is rolled back did not happen. */
static bool
try_and_remember(struct undo *undo, struct work *work, struct error *err)
{
    struct memory *before = memory_alloc((work->count + 1) * sizeof *before);
    for (size_t i = 0; i < work->count; i++)
        before[i] = (struct memory){work->tables[i]->state, work->tables[i]->former_rows};
    bool good = try_once(undo, work, err);
    for (size_t i = 0; !good && i < work->count; i++) {
        work->tables[i]->state = before[i].state;
        work->tables[i]->former_rows = before[i].former_rows;
    }
    free(before);
    return good;
}

/* A lock that another holds, a deadlock: these pass by themselves. */
static bool
carry_out_unit(struct undo *undo, struct work *work, struct error *err)
{
    useconds_t wait = 100000;
    for (int i = 1;; i++, wait *= 2) {
        struct error failed = ERROR_INIT;
        if (undo_is_interrupted(err))
            return false;
        if (try_and_remember(undo, work, &failed))
            return true;
        if (i == MOST_TRIES || undo->in->dry_run || !db_error_is_transient(&failed) ||
            !db_is_sound(undo->target)) {
            *err = failed;
            return false;
        }
        usleep(wait);
    }
}

/* The rows themselves were refused by a rule of the target. */
static bool
is_refusal(const struct undo *undo, const struct error *err)
{
    return undo->was_refused &&
           (strncmp(err->sqlstate, "22", 2) == 0 || strncmp(err->sqlstate, "23", 2) == 0 ||
            strncmp(err->sqlstate, "27", 2) == 0 || strncmp(err->sqlstate, "44", 2) == 0 ||
            strncmp(err->sqlstate, "P0", 2) == 0);
}

/* ---- listing ---- */

static bool
list_table(struct undo *undo, struct work *work, struct error *err)
{
    struct undo_table *table = work->tables[0];
    undo_report(undo, table, "listing", true);
    if (!table->is_self)
        return undo_list(undo, table, err) ||
               error_context(err, "table %s: listing its rows", table->stored->label);
    /* Audit records are evidence: they stay, and are counted. */
    table->state.listed = table->state.refused = table->stored->rows_written;
    table->state.state = STORE_UNDO_DONE;
    return true;
}

static bool
list(struct undo *undo, struct undo_table *table, struct error *err)
{
    struct work work = {.carry_out = list_table,
                        .tables = &table,
                        .count = 1,
                        .before_commit = "undo-listed",
                        .after_commit = "undo-list-committed"};
    return !is_pending(table) || carry_out_unit(undo, &work, err);
}

/* ---- one table, chunk by chunk ---- */

/* The last row of the next chunk, 0: there is none. */
static bool
find_chunk(struct undo *undo, const struct undo_table *table, int64_t rows, int64_t *last,
           int64_t *count, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    strbuf_add_string(&sql, "SELECT pg_catalog.max(n.row_no), pg_catalog.count(*) FROM (SELECT "
                            "u.row_no FROM idmigrate.undo_row AS u WHERE ");
    undo_sql_of_table(&sql, undo, table, "u");
    strbuf_printf(&sql,
                  " AND u.row_no > %" PRId64
                  " AND u.reason_code IS NULL ORDER BY u.row_no LIMIT %" PRId64 ") AS n",
                  table->state.next_row, rows);
    if (!db_query(undo->target, sql.data, 0, NULL, &result, err))
        return false;
    *last = db_result_int64(result, 0, 0);
    *count = db_result_int64(result, 0, 1);
    return true;
}

static bool
resolve_table(struct undo *undo, struct work *work, struct error *err)
{
    return undo_resolve(undo, work->tables[0], err);
}

static bool
remove_chunk(struct undo *undo, struct work *work, struct error *err)
{
    struct undo_table *table = work->tables[0];
    if (!undo_take_begin(undo, err) ||
        /* Places are known within a transaction only. */
        (table->key_count == 0 && !undo_resolve(undo, table, err)) ||
        !undo_take_range(undo, table, table->state.next_row, work->last, err))
        return false;
    failpoint("undo-taken");
    if (!undo_spare_followed(undo, work->tables, 1, err) ||
        !undo_remove(undo, work->tables, 1, err))
        return false;
    failpoint("undo-removed");
    if (!undo_log_removed(undo, table, err))
        return false;
    failpoint("undo-logged");
    return true;
}

static bool
refuse_chunk(struct undo *undo, struct work *work, struct error *err)
{
    struct undo_table *table = work->tables[0];
    return undo_refuse_row(undo, table, table->state.next_row, work->last, work->cause, err);
}

/* After a refusal half as many rows; one row that is refused alone stays. */
static bool
remove_next(struct undo *undo, struct undo_table *table, int64_t *rows, bool *more,
            struct error *err)
{
    struct work work = {.carry_out = remove_chunk,
                        .tables = &table,
                        .count = 1,
                        .before_commit = "undo-counted",
                        .after_commit = "undo-chunk-committed"};
    struct error failed = ERROR_INIT;
    int64_t whole = table->key_count > 0 ? failpoint_chunk_rows(CHUNK_ROWS) : INT64_MAX;
    if (*rows > whole)
        *rows = whole;
    if (!find_chunk(undo, table, *rows, &work.last, &work.rows, err))
        return false;
    *more = work.rows > 0;
    if (!*more)
        return true;
    if (carry_out_unit(undo, &work, &failed)) {
        *rows = *rows > whole / 2 ? whole : *rows * 2;
        undo_report(undo, table, "taking back", false);
        return true;
    }
    if (!is_refusal(undo, &failed)) {
        *err = failed;
        return false;
    }
    if (work.rows > 1) {
        *rows = work.rows / 2;
        return true;
    }
    work.carry_out = refuse_chunk;
    work.cause = &failed;
    return carry_out_unit(undo, &work, err);
}

static bool
remove_all(struct undo *undo, struct undo_table *table, struct error *err)
{
    struct work resolve = {.carry_out = resolve_table,
                           .tables = &table,
                           .count = 1,
                           .before_commit = "undo-resolved",
                           .after_commit = "undo-resolve-committed"};
    int64_t rows = INT64_MAX;
    bool more = true;
    if (table->key_count > 0 && !carry_out_unit(undo, &resolve, err))
        return false;
    while (more)
        if (!remove_next(undo, table, &rows, &more, err))
            return false;
    return true;
}

/* ---- former values ---- */

static bool
restore_chunk(struct undo *undo, struct work *work, struct error *err)
{
    return undo_restore(undo, work->tables[0], work->last, &work->rows, err);
}

static bool
refuse_former(struct undo *undo, struct work *work, struct error *err)
{
    return undo_refuse_former(undo, work->tables[0], work->cause, err);
}

static bool
restore_all(struct undo *undo, struct undo_table *table, struct error *err)
{
    struct work work = {.carry_out = restore_chunk,
                        .tables = &table,
                        .count = 1,
                        .last = failpoint_chunk_rows(CHUNK_ROWS),
                        .before_commit = "undo-restore-counted",
                        .after_commit = "undo-restore-committed"};
    while (table->former_rows > 0) {
        struct error failed = ERROR_INIT;
        work.carry_out = restore_chunk;
        if (carry_out_unit(undo, &work, &failed)) {
            if (work.rows == 0)
                return error_set(err, EXIT_BUG, "table %s: former values that nobody can find",
                                 table->stored->label);
            continue;
        }
        if (!is_refusal(undo, &failed)) {
            *err = failed;
            return false;
        }
        if (work.last > 1) {
            work.last /= 2;
            continue;
        }
        work.carry_out = refuse_former;
        work.cause = &failed;
        if (!carry_out_unit(undo, &work, err))
            return false;
    }
    return true;
}

/* ---- the end of a table ---- */

/* Only rows that stay are remembered, by what their events show. */
static bool
finish_table(struct undo *undo, struct work *work, struct error *err)
{
    struct undo_table *table = work->tables[0];
    CLEANUP(strbuf_release) struct strbuf removal = STRBUF_INIT, keys = STRBUF_INIT;
    strbuf_add_string(&removal, "DELETE FROM idmigrate.undo_row AS u WHERE ");
    undo_sql_of_table(&removal, undo, table, "u");
    strbuf_add_string(&removal, " AND u.reason_code IS NULL");
    strbuf_add_string(&keys, "UPDATE idmigrate.undo_row AS u SET target_key = NULL WHERE ");
    undo_sql_of_table(&keys, undo, table, "u");
    strbuf_add_string(&keys, " AND u.target_key <> u.resource_id");
    table->state.state = STORE_UNDO_DONE;
    return db_execute(undo->target, removal.data, err) && db_execute(undo->target, keys.data, err);
}

static bool
finish(struct undo *undo, struct undo_table *table, struct error *err)
{
    struct work work = {.carry_out = finish_table,
                        .tables = &table,
                        .count = 1,
                        .before_commit = "undo-finished",
                        .after_commit = "undo-finish-committed"};
    bool good = carry_out_unit(undo, &work, err);
    if (good)
        undo_report(undo, table, "taking back", true);
    return good;
}

static bool
carry_out_table(struct undo *undo, struct undo_table *table, struct error *err)
{
    return is_done(table) ||
           (list(undo, table, err) &&
            (is_done(table) || (remove_all(undo, table, err) && restore_all(undo, table, err) &&
                                finish(undo, table, err))));
}

/* ---- tables that go together ---- */

static bool
take_table(struct undo *undo, struct undo_table *table, struct error *err)
{
    for (;;) {
        int64_t last, rows;
        if (!find_chunk(undo, table, CHUNK_ROWS, &last, &rows, err))
            return false;
        if (rows == 0)
            return true;
        if (!undo_take_range(undo, table, table->state.next_row, last, err))
            return false;
    }
}

/* Former values first: one of them may be all that refers to a row that goes. */
static bool
carry_out_together(struct undo *undo, struct work *work, struct error *err)
{
    int64_t rows;
    if (!undo_take_begin(undo, err))
        return false;
    for (size_t i = 0; i < work->count; i++)
        while (work->tables[i]->former_rows > 0)
            if (!undo_restore(undo, work->tables[i], CHUNK_ROWS, &rows, err))
                return false;
    for (size_t i = 0; i < work->count; i++)
        if (!undo_resolve(undo, work->tables[i], err) || !take_table(undo, work->tables[i], err))
            return false;
    failpoint("undo-taken");
    if (!undo_spare_followed(undo, work->tables, work->count, err) ||
        !undo_remove(undo, work->tables, work->count, err))
        return false;
    failpoint("undo-removed");
    for (size_t i = 0; i < work->count; i++)
        if (!undo_log_removed(undo, work->tables[i], err))
            return false;
    failpoint("undo-logged");
    return true;
}

static bool
carry_out_step(struct undo *undo, struct undo_table **tables, size_t count, struct error *err)
{
    struct work work = {.carry_out = carry_out_together,
                        .tables = tables,
                        .count = count,
                        .before_commit = "undo-counted",
                        .after_commit = "undo-chunk-committed"};
    for (size_t i = 0; i < count; i++)
        if (!list(undo, tables[i], err))
            return false;
    if (!carry_out_unit(undo, &work, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!finish(undo, tables[i], err))
            return false;
    return true;
}

bool
undo_carry_out(struct undo *undo, const struct plan_step *step, struct error *err)
{
    if (!step->one_transaction)
        return carry_out_table(undo, &undo->tables[step->tables[0]], err);
    struct undo_table **tables =
        memory_alloc((step->table_count + 1) * sizeof(struct undo_table *));
    size_t count = 0;
    bool good = true;
    for (size_t i = 0; good && i < step->table_count; i++) {
        struct undo_table *table = &undo->tables[step->tables[i]];
        if (table->is_self)
            good = list(undo, table, err);
        else if (!is_done(table))
            tables[count++] = table;
    }
    good = good && (count == 0 || carry_out_step(undo, tables, count, err));
    free(tables);
    return good;
}
