/*
 * Rows that this run wrote and that must not be there any more, each with an audit event: those
 * that are gone from the source, and those that are displaced, because the source, the ID map or
 * who meets in a key says now that they are merged, skipped or rejected. What a displaced row is
 * now is then carried out with the others, as if it were new.
 *
 * Nothing is removed that the application changed since, and nothing is taken along: a row that
 * others refer to waits until they are gone, or is refused by its name. Displaced rows go before
 * any other is written, so that their place in unique keys is free.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <string.h>

/* The rows of one part that go. */
struct taking {
    struct migrate *m;
    const struct plan_table *table;
    struct prior *prior;
    struct audit_writer *writer; /* of text: events wait in a temporary table */
    struct spool keys, events;
    int64_t count;
    struct strbuf name, source, line; /* of audit events */
};

static void
release_taking(struct taking *taking)
{
    prior_free(&taking->prior);
    audit_writer_free(&taking->writer);
    spool_release(&taking->keys);
    spool_release(&taking->events);
    strbuf_release(&taking->name);
    strbuf_release(&taking->source);
    strbuf_release(&taking->line);
}

static bool
set_event_time(struct taking *taking, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(taking->m->target, "SELECT pg_catalog.now()::text", 0, NULL, &result, err))
        return false;
    audit_writer_set_time(taking->writer, db_result_text(result, 0, 0));
    return true;
}

static bool
open_taking(struct taking *taking, const struct store_chunk *part, struct error *err)
{
    taking->writer = audit_writer_new(taking->m->plan, taking->m->run_id, AUDIT_TEXT);
    if (!set_event_time(taking, err))
        return false;
    audit_target_name(&taking->name, taking->table);
    audit_source_name(&taking->source, taking->m->plan, taking->table);
    taking->prior = prior_load(taking->m, taking->table, part->part, part->parts, err);
    return taking->prior != NULL;
}

static bool
add_row(struct taking *taking, const struct prior_written *written, const char *reason,
        struct error *err)
{
    const struct plan_table *table = taking->table;
    const struct audit_event event = {
        .action = AUDIT_REMOVED,
        .reason_code = reason,
        .resource_type =
            table->spec->resource_type ? table->spec->resource_type : table->target->name,
        .resource_id = written->key,
        .resource_id_length = strlen(written->key),
        .table = taking->name.data,
        .source = taking->source.data,
        .source_key = written->source_key,
        .row = written->row,
    };
    strbuf_reset(&taking->line);
    audit_writer_add(taking->writer, &event, &taking->line, NULL);
    stage_add_removal(&taking->keys.memory, written->key, written->row, &taking->line);
    taking->count++;
    return spool_flush(&taking->keys, err);
}

static const char *
reason_of(enum lane_outcome outcome)
{
    return outcome == LANE_REJECTED  ? "now_rejected"
           : outcome == LANE_SKIPPED ? "now_skipped"
                                     : "now_merged";
}

/* Goes through the source; rows that it still has are marked as seen. `displaced`: those that are
 * no rows of their own any more are added. */
static bool
look_at_source(struct taking *taking, bool displaced, struct error *err)
{
    struct migrate *m = taking->m;
    struct db *source = migrate_source(m, taking->table);
    struct lane *lane = lane_open(m, taking->table, displaced, err);
    struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length;

    plan_sql_copy_out(&sql, taking->table, NULL);
    bool good = lane != NULL && db_copy_out_begin(source, sql.data, err);
    while (good && (good = db_copy_out_next(source, &line, &length, err)) && line != NULL) {
        struct lane_row row;
        struct prior_found found;
        good = lane_put(lane, line, length, &row, err);
        if (!good || prior_judge(taking->prior, &row, &found) != PRIOR_CONFLICT || !displaced)
            continue;
        const struct prior_written written = {
            .key = found.key,
            .source_key = digest_bytes(row.row->source_key.data, row.row->source_key.length),
            .row = found.row};
        good = add_row(taking, &written, reason_of(row.outcome), err);
    }
    strbuf_release(&sql);
    lane_close(&lane);
    return good;
}

static bool
add_gone(struct taking *taking, struct error *err)
{
    struct prior_written written;
    size_t at = 0;
    bool good = true;
    while (good && prior_next_written(taking->prior, &at, &written))
        if (!written.is_seen)
            good = add_row(taking, &written, "gone_from_source", err);
    return good;
}

static bool
copy_events(struct taking *taking, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    struct db *target = taking->m->target;
    int64_t rows;
    audit_copy_in(&sql, taking->m->plan, AUDIT_TEXT);
    bool good = db_copy_in_begin(target, sql.data, err) &&
                spool_put(&taking->events, target, err) && db_copy_in_end(target, &rows, err);
    strbuf_release(&sql);
    return good;
}

static bool
note_removed(struct taking *taking, const struct store_chunk *part, int64_t count,
             struct error *err)
{
    CLEANUP(memory_free_string) char *table_no = memory_printf("%d", taking->table->number);
    CLEANUP(memory_free_string) char *chunk_no = memory_printf("%d", part->chunk_no);
    CLEANUP(memory_free_string) char *rows = memory_printf("%" PRId64, count);
    const char *values[] = {taking->m->run_id, table_no, chunk_no, rows};
    return db_command(taking->m->target, sql_query_migrate_note_removed, 4, values, NULL, err);
}

static bool
remove_rows(struct taking *taking, const struct store_chunk *part, enum stage_followers followers,
            struct error *err)
{
    struct stage_removal removal = {
        .keys = &taking->keys, .events = &taking->events, .followers = followers};
    return taking->count == 0 ||
           (stage_remove(taking->m, taking->table, &removal, err) && copy_events(taking, err) &&
            note_removed(taking, part, removal.removed, err));
}

/* What is done with one part. */
typedef bool part_action(struct migrate *m, const struct plan_table *table,
                         const struct store_chunk *part, enum stage_followers followers,
                         struct error *err);

static bool
remove_gone_part(struct migrate *m, const struct plan_table *table, const struct store_chunk *part,
                 enum stage_followers followers, struct error *err)
{
    CLEANUP(release_taking)
    struct taking taking = {.m = m,
                            .table = table,
                            .keys = SPOOL_INIT,
                            .events = SPOOL_INIT,
                            .name = STRBUF_INIT,
                            .source = STRBUF_INIT,
                            .line = STRBUF_INIT};
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    return migrate_begin(m, &unit, err) && open_taking(&taking, part, err) &&
           look_at_source(&taking, false, err) && add_gone(&taking, err) &&
           remove_rows(&taking, part, followers, err) && migrate_commit(m, &unit, err);
}

/* In the caller's transaction. */
static bool
remove_displaced_part(struct migrate *m, const struct plan_table *table,
                      const struct store_chunk *part, enum stage_followers followers,
                      struct error *err)
{
    CLEANUP(release_taking)
    struct taking taking = {.m = m,
                            .table = table,
                            .keys = SPOOL_INIT,
                            .events = SPOOL_INIT,
                            .name = STRBUF_INIT,
                            .source = STRBUF_INIT,
                            .line = STRBUF_INIT};
    return open_taking(&taking, part, err) && look_at_source(&taking, true, err) &&
           remove_rows(&taking, part, followers, err);
}

static bool
for_each_part(struct migrate *m, const struct plan_table *table, part_action *action,
              enum stage_followers followers, struct error *err)
{
    struct store_chunk *chunks = NULL;
    size_t count = 0;
    bool good = store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err);
    for (size_t i = 0; good && i < count; i++)
        if (strcmp(chunks[i].kind, "part") == 0 && strcmp(chunks[i].state, "superseded") != 0)
            good = action(m, table, &chunks[i], followers, err);
    store_chunks_free(chunks, count);
    return good;
}

/* Audit records that are their own events cannot be told from the application's, and are never
 * taken back. */
static bool
is_reconciled(const struct migrate *m, const struct plan_table *table)
{
    return m->shared->tables[table->number].pass > 0 && !table->spec->audit_self;
}

bool
migrate_remove_displaced(struct migrate *m, const struct plan_table *table, struct error *err)
{
    return !is_reconciled(m, table) ||
           for_each_part(m, table, remove_displaced_part, STAGE_REFUSE_FOLLOWED, err) ||
           error_context(err, "table %s: taking back rows that are now merged, skipped or rejected",
                         table->label);
}

/* Tables that are open already: who is displaced is known, and may have changed once more. */
static bool
remove_displaced_again(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    return strcmp(m->shared->tables[table->number].state, "running") != 0 ||
           (migrate_begin(m, &unit, err) && migrate_remove_displaced(m, table, err) &&
            migrate_commit(m, &unit, err));
}

static bool
remove_gone(struct migrate *m, enum stage_followers followers, struct error *err)
{
    m->phase = "reconciling";
    for (size_t i = m->plan->step_count; i-- > 0;) {
        const struct plan_step *step = &m->plan->steps[i];
        for (size_t j = step->table_count; j-- > 0;) {
            const struct plan_table *table = &m->plan->tables[step->tables[j]];
            if (!is_reconciled(m, table))
                continue;
            if (!for_each_part(m, table, remove_gone_part, followers, err))
                return error_context(
                    err, "table %s: taking back rows that are gone from the source", table->label);
            if (followers == STAGE_SPARE_FOLLOWED && !remove_displaced_again(m, table, err))
                return false;
        }
    }
    return true;
}

bool
migrate_remove_unused(struct migrate *m, struct error *err)
{
    return remove_gone(m, STAGE_SPARE_FOLLOWED, err);
}

bool
migrate_remove_gone(struct migrate *m, struct error *err)
{
    return remove_gone(m, STAGE_REFUSE_TAKEN_ALONG, err);
}
