/*
 * One chunk: its rows, their audit events, its rejects and its ledger row, in one transaction of
 * the target.
 *
 * Rows stream from COPY to COPY. The target's connection carries one COPY at a time, so events,
 * rejects and updates of rows that are there wait in spools until the rows are through.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct chunk_work {
    struct migrate *m;
    struct lane *lane;
    const struct plan_table *table;
    struct store_chunk *chunk;
    struct spool events, rejects, skips, updates, replacements;
    int64_t sent; /* rows put into the target's COPY */
    int64_t events_count, updates_count, replacements_count;
    struct prior *prior;              /* of a part of a reconciled table, otherwise NULL */
    struct row_counts *counts_before; /* the lane's, which is used for all chunks of a table */
    char now[40];
};

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
}

/* One field of COPY text, with the tab before it unless it is the first. */
static void
add_field(struct strbuf *line, const char *data, size_t length)
{
    strbuf_add_char(line, '\t');
    if (data == NULL)
        strbuf_add_string(line, "\\N");
    else
        row_escape(line, data, length);
}

static void
add_string(struct strbuf *line, const char *text)
{
    add_field(line, text, text ? strlen(text) : 0);
}

/* Columns as reject_columns below. */
static void
add_reject(struct chunk_work *work, const struct lane_row *row, const char *event_id)
{
    struct strbuf *line = &work->rejects.memory;
    const char *column =
        row->reason_column < 0 ? NULL : work->table->columns[row->reason_column].target->name;
    char hidden[LANE_HIDDEN_SIZE];
    struct row_value value = lane_show(row->reason_value, hidden);

    strbuf_printf(line, "%s\t%d\t%d\t%" PRId64, work->m->run_id, work->table->number,
                  work->chunk->chunk_no, work->chunk->rows_rejected);
    add_field(line, row->row->source_key.data, row->row->source_key.length);
    add_field(line, row->row->target_key.data, row->row->target_key.length);
    add_string(line, row->reason);
    add_string(line, column);
    add_field(line, value.data, value.length);
    add_string(line, event_id);
    add_string(line, work->now);
    strbuf_add_char(line, '\n');
}

static const char reject_columns[] =
    "run_id, table_no, chunk_no, reject_no, source_key, target_key, reason_code,"
    " column_name, old_id, event_id, recorded_at";

static void
count_outcome(struct store_chunk *chunk, const struct lane_row *row)
{
    chunk->rows_read++;
    digest_add(&chunk->source_digest, row->row->source_digest);
    chunk->rows_written += row->outcome == LANE_WRITE;
    chunk->rows_merged += row->outcome == LANE_MERGED || row->outcome == LANE_UPDATE;
    chunk->rows_skipped += row->outcome == LANE_SKIPPED;
    chunk->rows_rejected += row->outcome == LANE_REJECTED;
}

static void
add_event(struct chunk_work *work, const struct lane_row *row, bool replaces,
          char event_id[AUDIT_UUID_SIZE])
{
    struct audit_event event;
    event_id[0] = '\0';
    if (work->table->spec->audit_self)
        return;
    lane_describe(work->lane, row, &event);
    if (replaces)
        event.action = AUDIT_UPDATED;
    audit_writer_add(work->m->events, &event, &work->events.memory, event_id);
    /* Sorted, the index by resource takes them in a fifth less time. */
    spool_end_line(&work->events, event.resource_id, event.resource_id_length);
    work->events_count++;
}

/* Written rows go straight into the target's COPY; the rest waits for its end. */
static bool
carry_out_row(struct chunk_work *work, const struct lane_row *row, struct error *err)
{
    const struct strbuf *line = &row->row->line;
    char event_id[AUDIT_UUID_SIZE];

    add_event(work, row, false, event_id);
    work->sent += row->outcome == LANE_WRITE;
    if (row->outcome == LANE_WRITE)
        return drawn_put_row(work->m, lane_drawn(work->lane), row->row, err);
    if (row->outcome == LANE_UPDATE) {
        work->updates_count++;
        strbuf_add(&work->updates.memory, line->data, line->length);
    } else if (row->outcome == LANE_REJECTED) {
        add_reject(work, row, event_id[0] ? event_id : NULL);
    }
    return true;
}

/* A row that an earlier pass carried out with other values. */
static void
replace_row(struct chunk_work *work, const struct lane_row *row, const struct prior_found *found)
{
    const struct strbuf *line = &row->row->line;
    char event_id[AUDIT_UUID_SIZE];

    add_event(work, row, true, event_id);
    work->chunk->rows_updated++;
    if (row->outcome == LANE_UPDATE) {
        work->updates_count++;
        strbuf_add(&work->updates.memory, line->data, line->length);
        return;
    }
    work->replacements_count++;
    stage_add_replacement(&work->replacements.memory, found->key, found->row, row->row);
}

/* A row that is right, and of which the mapping says something else by now. */
static void
tell_of_row(struct chunk_work *work, const struct lane_row *row)
{
    char event_id[AUDIT_UUID_SIZE];
    add_event(work, row, true, event_id);
    work->chunk->rows_updated++;
}

/* A row that an earlier pass carried out as it is; its reject was forgotten when this pass began.
 */
static void
keep_row(struct chunk_work *work, const struct lane_row *row, const struct prior_found *found)
{
    work->chunk->rows_unchanged++;
    if (row->outcome == LANE_REJECTED)
        add_reject(work, row, found->event_id[0] ? found->event_id : NULL);
}

/* For the row's own children, which come in later tables; those of the same table know already. */
static void
add_skip(struct chunk_work *work, const struct lane_row *row)
{
    if (!work->table->is_referenced || !lane_is_skipped_with_parent(row))
        return;
    strbuf_printf(&work->skips.memory, "%s\t%d", work->m->run_id, work->table->number);
    add_field(&work->skips.memory, row->row->target_key.data, row->row->target_key.length);
    strbuf_add_char(&work->skips.memory, '\n');
}

static bool
take_row(struct chunk_work *work, const struct lane_row *row, struct error *err)
{
    struct prior_found found = {.key = NULL};
    enum prior_verdict verdict =
        work->prior == NULL ? PRIOR_NEW : prior_judge(work->prior, row, &found);
    bool good = true;

    if (verdict == PRIOR_OTHER_PART)
        return true;
    if (verdict == PRIOR_CONFLICT)
        return error_set(err, EXIT_BUG, "a row that is no row any more was not taken back");
    count_outcome(work->chunk, row);
    add_skip(work, row);
    if (verdict == PRIOR_UNTOLD)
        tell_of_row(work, row);
    else if (verdict == PRIOR_SAME)
        keep_row(work, row, &found);
    else if (verdict == PRIOR_CHANGED)
        replace_row(work, row, &found);
    else
        good = carry_out_row(work, row, err);
    return good && spool_flush(&work->events, err) && spool_flush(&work->rejects, err) &&
           spool_flush(&work->skips, err) && spool_flush(&work->updates, err) &&
           spool_flush(&work->replacements, err);
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

static bool
begin_source(struct chunk_work *work, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    chunk_source_sql(&sql, work->table, work->chunk);
    bool good = db_copy_out_begin(migrate_source(work->m, work->table), sql.data, err);
    strbuf_release(&sql);
    return good;
}

static bool
begin_target(struct chunk_work *work, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
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
        if (!lane_put(work->lane, line, length, &row, err) || !take_row(work, &row, err))
            return false;
        migrate_show_rows(work->m, work->table, work->chunk->rows_read);
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

/* Ends the reading whatever happened, so that the snapshot lives on. */
static bool
end_source(struct chunk_work *work, bool good, struct error *err)
{
    struct db *source = migrate_source(work->m, work->table);
    struct error ignored = ERROR_INIT;
    if (good)
        return db_execute(source, "RELEASE SAVEPOINT idmigrate_chunk", err);
    if (db_copy_out_abandon(source, &ignored))
        db_execute(source,
                   "ROLLBACK TO SAVEPOINT idmigrate_chunk; RELEASE SAVEPOINT idmigrate_chunk",
                   &ignored);
    return false;
}

/* An error in the middle of a COPY leaves the target's transaction to be rolled back; the source's
 * goes on. */
static bool
move_rows(struct chunk_work *work, struct error *err)
{
    if (!db_execute(migrate_source(work->m, work->table), "SAVEPOINT idmigrate_chunk", err))
        return false;
    bool good = begin_source(work, err);
    if (good) {
        failpoint("chunk-source-begun");
        good = begin_target(work, err) && stream_rows(work, err);
    }
    if (!end_source(work, good, err))
        return false;
    failpoint("chunk-rows-sent");
    return end_target(work, err);
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
    audit_copy_in(&sql, work->m->plan);
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
    char *sql = memory_printf("COPY idmigrate.reject (%s) FROM STDIN", reject_columns);
    int64_t rows;
    return copy_spool(work, &work->rejects, sql, &rows, err) &&
           copy_spool(work, &work->skips,
                      "COPY idmigrate.skip (run_id, table_no, target_key) FROM STDIN", &rows, err);
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

static bool
carry_out(struct chunk_work *work, struct error *err)
{
    struct migrate *m = work->m;
    audit_writer_set_time(m->events, work->now);
    if (strcmp(work->chunk->kind, "part") == 0 &&
        (work->prior = prior_load(m, work->table, work->chunk->part, work->chunk->parts, err)) ==
            NULL)
        return false;
    if (!move_rows(work, err) || !migrate_within_limit(m, work->chunk->rows_rejected, err) ||
        !stage_update(m, work->table, &work->updates, work->updates_count, err) ||
        !stage_replace(m, work->table, &work->replacements, work->replacements_count, err))
        return false;
    failpoint("chunk-rows-written");
    if (!copy_events(work, err))
        return false;
    failpoint("chunk-events-written");
    if (!copy_left_out(work, err) || !finish(work, err))
        return false;
    failpoint("chunk-ledger-written");
    return true;
}

/* What the server refuses by a rule of the target's own: the row's values are nobody's business
 * here. */
static void
hint_at_refusal(struct error *err)
{
    if (strncmp(err->sqlstate, "22", 2) == 0 || strncmp(err->sqlstate, "23", 2) == 0 ||
        strncmp(err->sqlstate, "P0", 2) == 0)
        error_hint(err,
                   "the chunk was rolled back, earlier ones are kept; `idmigrate check` names most "
                   "such rows: mend them, the mapping or the target's rule, and run the same "
                   "command again");
}

bool
chunk_carry_out(struct migrate *m, struct lane *lane, const struct plan_table *table,
                struct store_chunk *chunk, bool *claimed, struct error *err)
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
    };
    if (!store_claim_chunk(m->target, m->run_id, table->number, chunk->chunk_no, claimed, work.now,
                           err))
        return false;
    if (!*claimed)
        return true;
    keep_counts(&work);
    failpoint("chunk-claimed");
    if (!carry_out(&work, err)) {
        error_context(err, "table %s, chunk %d", table->label, chunk->chunk_no);
        hint_at_refusal(err);
        return false;
    }
    return true;
}
