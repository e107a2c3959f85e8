/*
 * One chunk: its rows, their audit events, its rejects and its ledger row, in one transaction of
 * the target.
 *
 * Rows stream from COPY to COPY. The target's connection carries one COPY at a time, so events,
 * rejects and updates of rows that are there wait in spools until the rows are through.
 */
#include "chunk.h"
#include "retry.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void
release_work(struct chunk_work *work)
{
    spool_release(&work->events);
    spool_release(&work->rejects);
    spool_release(&work->updates);
    spool_release(&work->replacements);
    spool_release(&work->skips);
    prior_free(&work->prior);
    free(work->counts_before);
    if (work->sifts)
        lane_set_refused(work->lane, &work->m->shared->refused[work->table->number]);
    refused_release(&work->refused);
}

void
chunk_source_sql(struct strbuf *sql, const struct plan_table *table,
                 const struct store_chunk *chunk)
{
    struct catalog_leaf leaf = {
        .schema = chunk->leaf_schema, .name = chunk->leaf_table, .kind = 'r'};
    struct plan_range range = {
        .leaf = chunk->leaf_table != NULL ? &leaf : NULL,
        .first_block = chunk->first_block,
        .end_block = chunk->end_block,
        .first_key = chunk->first_key,
        .end_key = chunk->end_key,
    };
    if (strcmp(chunk->kind, "range") != 0)
        leaf.kind = 'f';
    if (strcmp(chunk->kind, "key") == 0)
        range.key = &table->source->columns[catalog_find_column(table->source, chunk->key_column)];
    plan_sql_copy_out(sql, table, &range);
}

bool
chunk_begin_source(struct migrate *m, const struct plan_table *table, const char *sql,
                   struct error *err)
{
    struct db *source = migrate_source(m, table);
    db_savepoint(source, "idmigrate_source");
    if (db_copy_out_begin(source, sql, err))
        return true;
    chunk_end_source(m, table, false);
    return false;
}

void
chunk_end_source(struct migrate *m, const struct plan_table *table, bool complete)
{
    struct db *source = migrate_source(m, table);
    struct error ignored = ERROR_INIT;
    if (complete)
        db_savepoint_release(source, "idmigrate_source");
    else if (db_copy_out_abandon(source, &ignored))
        db_savepoint_rollback(source, "idmigrate_source", &ignored);
}

static bool
begin_source(struct chunk_work *work, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    if (work->retry != NULL) {
        retry_begin(work->retry);
        retry_source_sql(work->retry, &sql);
    } else {
        chunk_source_sql(&sql, work->table, work->chunk);
    }
    bool good = chunk_begin_source(work->m, work->table, sql.data, err);
    strbuf_release(&sql);
    return good;
}

static bool
begin_target(struct chunk_work *work, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    if (work->are_written)
        return true;
    drawn_sql_copy_in(&sql, work->table, lane_drawn(work->lane));
    bool good = db_copy_in_begin(work->m->target, sql.data, err);
    strbuf_release(&sql);
    return good;
}

static bool
stream_rows(struct chunk_work *work, struct error *err)
{
    struct db *source = migrate_source(work->m, work->table);
    const char *line;
    size_t length;

    for (;;) {
        struct lane_row row;
        if (!db_copy_out_next(source, &line, &length, err))
            return false;
        if (line == NULL)
            return true;
        work->chunk->source_bytes += (int64_t)length;
        if (!lane_put(work->lane, line, length, &row, err) || !chunk_take_row(work, &row, err))
            return false;
        migrate_show_rows(work->m, work->table, work->chunk->rows_read);
        throttle_row(work->m, length);
    }
}

/* A trigger or rule that swallows rows must not go unseen. */
static bool
end_target(struct chunk_work *work, struct error *err)
{
    int64_t taken;
    if (!db_copy_in_end(work->m->target, &taken, err))
        return false;
    if (taken == work->sent)
        return true;
    error_set(err, EXIT_STOPPED, "the target took %" PRId64 " of %" PRId64 " rows", taken,
              work->sent);
    return error_hint(
        err, "a trigger of the target swallows rows; decide on it and run the same command again");
}

/* An error in the middle of a COPY leaves the target's transaction to be rolled back; the source's
 * goes on. */
static bool
move_rows(struct chunk_work *work, struct error *err)
{
    if (!begin_source(work, err))
        return false;
    failpoint("chunk-source-begun");
    bool good = begin_target(work, err) && stream_rows(work, err);
    chunk_end_source(work->m, work->table, good);
    if (!good)
        return false;
    failpoint("chunk-rows-sent");
    return work->are_written || end_target(work, err);
}

static bool
copy_spool(struct chunk_work *work, struct spool *spool, const char *sql, int64_t *rows,
           struct error *err)
{
    *rows = 0;
    if (spool_is_empty(spool))
        return true;
    return db_copy_in_begin(work->m->target, sql, err) && spool_put(spool, work->m->target, err) &&
           db_copy_in_end(work->m->target, rows, err);
}

static bool
copy_events(struct chunk_work *work, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    int64_t taken;
    audit_copy_in(&sql, work->m->plan, audit_best_format(work->m->plan));
    bool good = copy_spool(work, &work->events, sql.data, &taken, err) ||
                error_context(err, "audit events");
    strbuf_release(&sql);
    if (!good || taken == work->events_count)
        return good;
    error_set(err, EXIT_STOPPED, "the audit table took %" PRId64 " of %" PRId64 " events", taken,
              work->events_count);
    return error_hint(err, "a trigger or rule of the audit table swallows events; decide on it and "
                           "run the same command again");
}

/* Rejects, and the keys of rows skipped with their parent. */
static bool
copy_left_out(struct chunk_work *work, struct error *err)
{
    CLEANUP(memory_free_string)
    char *sql = memory_printf("COPY idmigrate.reject (%s) FROM STDIN", chunk_reject_columns);
    int64_t rows;
    return copy_spool(work, &work->rejects, sql, &rows, err) &&
           copy_spool(work, &work->skips,
                      "COPY idmigrate.skip (run_id, table_no, target_key) FROM STDIN", &rows, err);
}

/* Rows that were merged into another one must not vanish with it. A row that was to change one
 * which is there, and may not, is a reject and nothing else. */
static bool
check_survivors(const struct chunk_work *work, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *table = memory_printf("%d", work->table->number);
    CLEANUP(memory_free_string) char *chunk = memory_printf("%d", work->chunk->chunk_no);
    const char *values[] = {work->m->run_id, table, chunk};
    if (work->refused_rows == 0 || !work->table->spec->has_on_conflict)
        return true;
    if (!db_query(work->m->target, sql_query_migrate_lost_survivors, 3, values, &result, err))
        return false;
    /* Nobody gave way to a reject that is tried again. */
    int64_t lost = work->retry == NULL ? db_result_int64(result, 0, 0) : 0;
    if (lost == 0)
        return db_command(work->m->target, sql_query_migrate_forget_refused_updates, 3, values,
                          NULL, err);
    error_set(err, EXIT_STOPPED,
              "the target refuses a row that %" PRId64
              " rows with its key were merged into or gave way to (on_conflict)",
              lost);
    work->m->lost_survivors = true;
    return error_hint(err, reconcile_is_possible(work->table)
                               ? "run the same command again: it tries such rows beforehand, and "
                                 "the next one of them takes the place of one that is refused"
                               : "mend the row in the source or leave it out with \"where\", and "
                                 "run the same command again");
}

/* What the chunk added to one column's counts. */
static json_t *
describe_counts(const struct row_counts *before, const struct row_counts *now)
{
    return json_pack(
        "{sI sI sI sI sI sI sI}", "resolved", (json_int_t)(now->resolved - before->resolved),
        "already", (json_int_t)(now->already - before->already), "literals",
        (json_int_t)(now->literals - before->literals), "nulled",
        (json_int_t)(now->nulled - before->nulled), "kept", (json_int_t)(now->kept - before->kept),
        "unresolved", (json_int_t)(now->unresolved - before->unresolved), "rewritten",
        (json_int_t)(now->rewritten - before->rewritten));
}

/* {"workos_user_id": {"resolved": 10, ...}}; to be freed. */
static char *
format_counts(const struct chunk_work *work)
{
    const struct row_counts *counts = lane_counts(work->lane);
    json_t *all = json_object();
    for (size_t i = 0; i < work->table->column_count; i++) {
        const struct plan_column *column = &work->table->columns[i];
        if (column->resolve_count > 0 || column->matcher != NULL)
            json_object_set_new(all, column->target->name,
                                describe_counts(&work->counts_before[i], &counts[i]));
    }
    char *text = json_object_size(all) > 0 ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}

static void
keep_counts(struct chunk_work *work)
{
    size_t size = (work->table->column_count + 1) * sizeof *work->counts_before;
    work->counts_before = memory_zalloc(size);
    memcpy(work->counts_before, lane_counts(work->lane),
           work->table->column_count * sizeof *work->counts_before);
}

static bool
finish(struct chunk_work *work, struct error *err)
{
    CLEANUP(memory_free_string) char *counts = format_counts(work);
    work->chunk->state = "done";
    return store_finish_chunk(work->m->target, work->m->run_id, work->chunk, counts, err);
}

/* The rows that the target takes are written, the others known; what follows reads the source once
 * more, for everything else. */
static bool
sift(struct chunk_work *work, struct error *err)
{
    struct sift sift = {.m = work->m,
                        .lane = work->lane,
                        .table = work->table,
                        .chunk = work->chunk,
                        .prior = work->prior,
                        .retry = work->retry,
                        .refused = &work->refused};
    if (!work->sifts)
        return true;
    /* What is known to be refused already is not sifted. */
    refused_copy(&work->refused, &work->m->shared->refused[work->table->number]);
    lane_set_refused(work->lane, &work->refused);
    if (!refused_sift(&sift, err))
        return error_context(err, "taking out the rows that the target refuses");
    lane_set_refused(work->lane, &work->refused);
    work->are_written = true;
    memcpy(work->counts_before, lane_counts(work->lane),
           work->table->column_count * sizeof *work->counts_before);
    work->sifted = sift.written;
    return true;
}

/* The second reading must have found what the first did. */
static bool
compare_sifted(const struct chunk_work *work, struct error *err)
{
    if (!work->sifts || work->sent == work->sifted)
        return true;
    return error_set(err, EXIT_BUG,
                     "%" PRId64 " rows were written where %" PRId64 " were to be written",
                     work->sifted, work->sent);
}

static bool
check_limit(const struct chunk_work *work, struct error *err)
{
    struct strbuf text = STRBUF_INIT;
    /* Trying again makes no more of them. */
    if (work->retry != NULL || migrate_within_limit(work->m, work->chunk->rows_rejected, err))
        return true;
    refused_describe(&work->refused, &text);
    if (text.length > 0)
        error_context(err, "the target refuses %" PRId64 " rows: %s", work->refused.total,
                      text.data);
    strbuf_release(&text);
    return false;
}

static void
note_event(void *context, const char *tuple, size_t length)
{
    seal_notes_add(context, tuple, length);
}

static bool
carry_out(struct chunk_work *work, struct error *err)
{
    struct migrate *m = work->m;
    if (m->notes != NULL) {
        work->events.see = note_event;
        work->events.context = m->notes;
    }
    audit_writer_set_time(m->events, work->now);
    audit_writer_id_place(m->events, &work->events.number_at, &work->events.number_size);
    if (strcmp(work->chunk->kind, "part") == 0 &&
        (work->prior = prior_load(m, work->table, work->chunk->part, work->chunk->parts, err)) ==
            NULL)
        return false;
    if (work->chunk->is_in_doubt && !doubt_settle(m, work->table, work->chunk, err))
        return false;
    failpoint("chunk-settled");
    if (!sift(work, err) || !move_rows(work, err) || !compare_sifted(work, err) ||
        !check_limit(work, err) ||
        !stage_update(m, work->table, &work->updates, work->updates_count, err) ||
        !stage_replace(m, work->table, &work->replacements, work->replacements_count, err))
        return false;
    failpoint("chunk-rows-written");
    if (!copy_events(work, err))
        return false;
    failpoint("chunk-events-written");
    if (!copy_left_out(work, err) || !check_survivors(work, err) || !finish(work, err))
        return false;
    failpoint("chunk-ledger-written");
    return true;
}

/* As before an attempt at it. What was taken back is no part of one. */
static void
reset_chunk(struct store_chunk *chunk)
{
    chunk->rows_read = chunk->rows_written = chunk->rows_merged = chunk->rows_skipped = 0;
    chunk->rows_rejected = chunk->rows_unchanged = chunk->rows_updated = 0;
    chunk->source_digest = (struct digest){0, 0};
    chunk->source_bytes = 0;
}

static bool
carry_out_claimed(struct migrate *m, struct lane *lane, const struct plan_table *table,
                  struct store_chunk *chunk, bool sifts, struct retry *retry, bool *claimed,
                  struct error *err)
{
    CLEANUP(release_work)
    struct chunk_work work = {
        .m = m,
        .lane = lane,
        .table = table,
        .chunk = chunk,
        .events = SPOOL_INIT,
        .rejects = SPOOL_INIT,
        .skips = SPOOL_INIT,
        .updates = SPOOL_INIT,
        .replacements = SPOOL_INIT,
        .sifts = sifts,
        .retry = retry,
        .refused = REFUSED_INIT,
    };
    if (!store_claim_chunk(m->target, m->run_id, table->number, chunk->chunk_no, claimed, work.now,
                           err))
        return false;
    if (!*claimed)
        return true;
    reset_chunk(chunk);
    db_forget_failure(m->target);
    keep_counts(&work);
    failpoint("chunk-claimed");
    return carry_out(&work, err);
}

bool
chunk_carry_out(struct migrate *m, struct lane *lane, const struct plan_table *table,
                struct store_chunk *chunk, bool *claimed, struct error *err)
{
    if (carry_out_claimed(m, lane, table, chunk, false, NULL, claimed, err))
        return true;
    error_context(err, "table %s, chunk %d", table->label, chunk->chunk_no);
    return refused_hint(err);
}

bool
chunk_carry_out_sifted(struct migrate *m, struct lane *lane, const struct plan_table *table,
                       struct store_chunk *chunk, bool *claimed, struct error *err)
{
    if (carry_out_claimed(m, lane, table, chunk, true, NULL, claimed, err))
        return true;
    error_context(err, "table %s, chunk %d", table->label, chunk->chunk_no);
    return refused_hint(err);
}

bool
chunk_carry_out_retry(struct migrate *m, struct lane *lane, const struct plan_table *table,
                      struct store_chunk *chunk, struct retry *retry, struct error *err)
{
    bool claimed;
    return carry_out_claimed(m, lane, table, chunk, true, retry, &claimed, err) ||
           refused_hint(err);
}

bool
chunk_learn_refused(struct migrate *m, struct lane *lane, const struct plan_table *table,
                    struct store_chunk *chunk, struct error *err)
{
    struct prior *prior = NULL;
    struct sift sift = {.m = m,
                        .lane = lane,
                        .table = table,
                        .chunk = chunk,
                        .learns = true,
                        .refused = &m->shared->refused[table->number]};
    if (strcmp(chunk->kind, "part") == 0 &&
        (prior = prior_load(m, table, chunk->part, chunk->parts, err)) == NULL)
        return false;
    sift.prior = prior;
    lane_set_refused(lane, sift.refused);
    bool good = refused_sift(&sift, err);
    prior_free(&prior);
    return good || error_context(err, "table %s: taking out the rows that the target refuses",
                                 table->label);
}
