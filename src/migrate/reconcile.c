/*
 * A table whose source changed while it was half moved: what earlier passes did is compared, row by
 * row, with what the source says now, and only the difference is carried out. What was done is
 * known from the run's own audit events, which carry the digests of the source key and of the row
 * as written.
 *
 * The rows are taken in parts, by the digest of their source key, so that what must be remembered
 * fits in memory. New rows are written; rows that changed are updated, unless the application
 * changed them too; rows that are gone from the source are taken back when everything else is done,
 * children first.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PART_ROWS = 500000 };
enum { REASON = 11 }; /* the place of the reason code in audit_copy_out() */

/* The state that a source row has by the events so far. */
struct prior_row {
    struct digest source_key;
    struct digest row;    /* as written last */
    struct digest reason; /* of the last event's reason code, as COPY prints it */
    int written;          /* target rows of this run that stand for it: 0 or 1 */
    bool is_seen;
    enum audit_action last;
    char event_id[AUDIT_UUID_SIZE]; /* of the last event: UUIDs version 7 are in order of time */
    size_t resource_id;             /* offset in `keys` */
};

/* All of them, by the digest of the source key (of the target key where a row is its own audit
 * record). */
struct prior {
    const struct plan_table *table;
    const struct plan *plan;
    int part, parts;
    struct digest_map by_key;
    struct prior_row *rows;
    size_t count, capacity;
    struct strbuf keys;
};

static bool
is_in_part(struct digest key, int part, int parts)
{
    return (int)(key.high % (uint64_t)parts) == part;
}

static enum audit_action
action_named(const struct plan *plan, const char *name, size_t length)
{
    for (int i = 0; i < AUDIT_ACTION_COUNT; i++) {
        const char *action = plan->mapping->audit.actions[i];
        if (strlen(action) == length && memcmp(action, name, length) == 0)
            return (enum audit_action)i;
    }
    return AUDIT_ACTION_COUNT;
}

/* Events come in any order; the last one by its ID says what holds now. */
static void
note_event(struct prior *prior, struct prior_row *row, enum audit_action action,
           struct digest digest, struct digest reason, const char *id,
           const struct strbuf *resource)
{
    row->written += (action == AUDIT_MIGRATED) - (action == AUDIT_REMOVED);
    if (row->event_id[0] != '\0' && strcmp(id, row->event_id) < 0)
        return;
    row->last = action;
    row->row = digest;
    row->reason = reason;
    row->resource_id = prior->keys.length;
    strbuf_add(&prior->keys, resource->data, resource->length);
    strbuf_add_char(&prior->keys, '\0');
    snprintf(row->event_id, sizeof row->event_id, "%s", id);
}

static struct prior_row *
find_prior(struct prior *prior, struct digest key)
{
    uint64_t position;
    return digest_map_get(&prior->by_key, key, &position) ? &prior->rows[position] : NULL;
}

static struct prior_row *
add_prior(struct prior *prior, struct digest key)
{
    struct prior_row *row = ARRAY_ADD(prior->rows, prior->count, prior->capacity);
    *row = (struct prior_row){.source_key = key};
    digest_map_put(&prior->by_key, key, prior->count - 1);
    return row;
}

/* Fields as audit_copy_out() gives them. */
static bool
take_event(struct prior *prior, const char *line, const size_t *ends, struct error *err)
{
    struct digest key, row;
    char id[AUDIT_UUID_SIZE] = "";
    struct strbuf resource = STRBUF_INIT;
    enum audit_action action = action_named(prior->plan, line, ends[0]);

    if (action == AUDIT_ACTION_COUNT ||
        !digest_from_hex(line + ends[0] + 1, ends[1] - ends[0] - 1, &key))
        return error_set(err, EXIT_REFUSED,
                         "the audit events do not say which source rows were moved");
    if (!is_in_part(key, prior->part, prior->parts))
        return true;
    if (!digest_from_hex(line + ends[1] + 1, ends[2] - ends[1] - 1, &row))
        return error_set(err, EXIT_REFUSED,
                         "the audit events carry no digests of the rows as written");
    memcpy(id, line + ends[6] + 1, ends[7] - ends[6] - 1 < 36 ? ends[7] - ends[6] - 1 : 36);

    struct prior_row *known = find_prior(prior, key);
    if (known != NULL && id[0] == '\0')
        return error_set(
            err, EXIT_REFUSED,
            "the audit table does not store event IDs, so the order of events is not known");
    if (known == NULL)
        known = add_prior(prior, key);
    row_unescape(&resource, line + ends[2] + 1, ends[3] - ends[2] - 1);
    note_event(prior, known, action, row,
               digest_bytes(line + ends[REASON - 1] + 1, ends[REASON] - ends[REASON - 1] - 1), id,
               &resource);
    strbuf_release(&resource);
    return true;
}

static bool
load_events(struct migrate *m, struct prior *prior, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length, ends[AUDIT_COPY_OUT_FIELDS];

    audit_copy_out(&sql, m->plan, prior->table, m->run_id, m->in->run->started_at);
    bool good = db_copy_out_begin(m->target, sql.data, err);
    strbuf_release(&sql);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL)
        good = row_split(line, length, ends, AUDIT_COPY_OUT_FIELDS)
                   ? take_event(prior, line, ends, err)
                   : error_set(err, EXIT_BUG, "unexpected line of an audit event");
    return good;
}

/* A record that is its own audit event has no other: what was written is what is in the target, by
 * the target's key. */
static bool
load_target_rows(struct migrate *m, struct prior *prior, struct error *err)
{
    const struct plan_table *table = prior->table;
    size_t *ends = memory_alloc((table->column_count + 1) * sizeof *ends);
    struct strbuf sql = STRBUF_INIT, key = STRBUF_INIT;
    const char *line;
    size_t length;

    plan_sql_copy_target(&sql, table);
    bool good = db_copy_out_begin(m->target, sql.data, err);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL) {
        size_t column = (size_t)table->target_key[0];
        if (!row_split(line, length, ends, table->column_count)) {
            good = error_set(err, EXIT_BUG, "unexpected line of the target");
            break;
        }
        size_t start = column > 0 ? ends[column - 1] + 1 : 0;
        strbuf_reset(&key);
        row_unescape(&key, line + start, ends[column] - start);
        struct digest digest = digest_bytes(key.data, key.length);
        if (is_in_part(digest, prior->part, prior->parts))
            note_event(prior, add_prior(prior, digest), AUDIT_MIGRATED,
                       digest_bytes(line, length - 1), (struct digest){0, 0}, "", &key);
    }
    free(ends);
    strbuf_release(&sql);
    strbuf_release(&key);
    return good;
}

struct prior *
prior_load(struct migrate *m, const struct plan_table *table, int part, int parts,
           struct error *err)
{
    struct prior *prior = memory_zalloc(sizeof *prior);
    *prior = (struct prior){
        .table = table, .plan = m->plan, .part = part, .parts = parts, .keys = STRBUF_INIT};
    if (!(table->spec->audit_self ? load_target_rows(m, prior, err) : load_events(m, prior, err)))
        prior_free(&prior);
    return prior;
}

void
prior_free(struct prior **prior)
{
    if (*prior == NULL)
        return;
    digest_map_release(&(*prior)->by_key);
    strbuf_release(&(*prior)->keys);
    free((*prior)->rows);
    free(*prior);
    *prior = NULL;
}

static bool
agrees(enum audit_action last, enum lane_outcome outcome)
{
    switch (outcome) {
    case LANE_REJECTED:
        return last == AUDIT_REJECTED;
    case LANE_SKIPPED:
        return last == AUDIT_SKIPPED;
    case LANE_MERGED:
    case LANE_UPDATE:
        return last == AUDIT_MERGED;
    default:
        return false;
    }
}

/* Whether the last event gives the reason that holds now, and names the same survivor. */
static bool
says_why(const struct prior *prior, const struct prior_row *known, const struct lane_row *row)
{
    const char *reason = row->reason != NULL ? row->reason : "\\N";
    return digest_equal(known->reason, digest_bytes(reason, strlen(reason))) &&
           (row->survivor == NULL ||
            strcmp(row->survivor, prior->keys.data + known->resource_id) == 0);
}

enum prior_verdict
prior_judge(struct prior *prior, const struct lane_row *row, struct prior_found *found)
{
    const struct strbuf *text =
        prior->table->spec->audit_self ? &row->row->target_key : &row->row->source_key;
    struct digest key = digest_bytes(text->data, text->length);
    if (!is_in_part(key, prior->part, prior->parts))
        return PRIOR_OTHER_PART;
    struct prior_row *known = find_prior(prior, key);
    if (known == NULL)
        return PRIOR_NEW;
    known->is_seen = true;
    *found =
        (struct prior_found){prior->keys.data + known->resource_id, known->row, known->event_id};
    bool same = digest_equal(known->row, row->row->target_digest);
    if (known->written > 0)
        return row->outcome != LANE_WRITE ? PRIOR_CONFLICT : same ? PRIOR_SAME : PRIOR_CHANGED;
    if (!agrees(known->last, row->outcome) || !says_why(prior, known, row))
        return PRIOR_NEW;
    /* A row that was left out has nothing to replace, but an event that says what it is now. */
    return same ? PRIOR_SAME : row->outcome == LANE_UPDATE ? PRIOR_CHANGED : PRIOR_NEW;
}

bool
reconcile_list_written(struct migrate *m, const struct plan_table *table, struct spool *lines,
                       struct error *err)
{
    struct prior *prior = prior_load(m, table, 0, 1, err);
    bool good = prior != NULL;
    for (size_t i = 0; good && i < prior->count; i++) {
        const char *key = prior->keys.data + prior->rows[i].resource_id;
        if (prior->rows[i].written <= 0)
            continue;
        row_escape(&lines->memory, key, strlen(key));
        strbuf_add_char(&lines->memory, '\n');
        good = spool_flush(lines, err);
    }
    prior_free(&prior);
    return good;
}

/* ---- the beginning: a new pass over the whole table ---- */

static bool
can_reconcile(const struct plan_table *table, struct error *err)
{
    if (table->source_key_count > 0 && table->target_key_count > 0 && audit_key_is_open(table) &&
        (!table->spec->audit_self || table->target_key_count == 1))
        return true;
    error_set(err, EXIT_REFUSED,
              "the source changed since its rows were moved, and the table cannot be reconciled: "
              "it needs a key on both "
              "sides that events may show");
    return error_hint(err, "restore the target and run again, or name the key (\"key\") and "
                           "declare its columns \"harmless\"");
}

bool
reconcile_begin(struct migrate *m, const struct plan_table *table, int next_chunk,
                struct error *err)
{
    struct store_table *stored = &m->shared->tables[table->number];
    bool together = m->plan->steps[table->step].one_transaction;
    int64_t rows =
        stored->rows_read > stored->rows_estimated ? stored->rows_read : stored->rows_estimated;
    int parts = together ? 1 : (int)(rows / PART_ROWS) + 1;

    if (!can_reconcile(table, err) ||
        !store_supersede_chunks(m->target, m->run_id, table->number, err))
        return false;
    struct store_chunk *chunks = memory_zalloc((size_t)parts * sizeof *chunks);
    stored->pass++;
    for (int i = 0; i < parts; i++)
        chunks[i] = (struct store_chunk){
            .table_no = table->number,
            .chunk_no = next_chunk + i,
            .pass = stored->pass,
            .state = "pending",
            .kind = "part",
            .part = i,
            .parts = parts,
        };
    const char *values[] = {m->run_id, NULL};
    CLEANUP(memory_free_string) char *number = memory_printf("%d", table->number);
    values[1] = number;
    bool good =
        store_put_chunks(m->target, m->run_id, chunks, (size_t)parts, err) &&
        db_command(m->target, sql_query_migrate_forget_merges, 2, values, NULL, err) &&
        db_command(m->target, sql_query_migrate_forget_rejects, 2, values, NULL, err) &&
        store_set_table_state(m->target, m->run_id, table->number, "pending", stored->pass, err);
    free(chunks);
    free(stored->state);
    stored->state = memory_strdup("pending");
    m->shared->rejects -= stored->rows_rejected;
    m->shared->progress.rows -= stored->rows_read;
    m->shared->reconciled[table->number] = true;
    m->shared->unsettled[table->number] =
        stored->rows_rejected + stored->rows_merged + stored->rows_skipped > 0;
    return good;
}

bool
reconcile_read_parts(struct migrate *m, const struct plan_table *table, int parts,
                     struct part_reading *readings, struct error *err)
{
    struct lane *lane = lane_open(m, table, false, err);
    struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length;

    plan_sql_copy_out(&sql, table, NULL);
    bool good = lane != NULL && db_copy_out_begin(migrate_source(m, table), sql.data, err);
    while (good && (good = db_copy_out_next(migrate_source(m, table), &line, &length, err)) &&
           line != NULL) {
        struct lane_row row;
        if (!(good = lane_put(lane, line, length, &row, err)))
            break;
        const struct strbuf *text =
            table->spec->audit_self ? &row.row->target_key : &row.row->source_key;
        struct part_reading *reading =
            &readings[digest_bytes(text->data, text->length).high % (uint64_t)parts];
        reading->rows++;
        digest_add(&reading->digest, row.row->source_digest);
    }
    strbuf_release(&sql);
    lane_close(&lane);
    return good;
}

/* ---- the end: rows that are gone from the source ---- */

/* Rows of the target that this run wrote and that the source does not have any more, in one part.
 */
static bool
find_gone(struct migrate *m, const struct plan_table *table, struct prior *prior, struct error *err)
{
    struct lane *lane = lane_open(m, table, false, err);
    struct strbuf sql = STRBUF_INIT;
    struct prior_found found;
    const char *line;
    size_t length;

    plan_sql_copy_out(&sql, table, NULL);
    bool good = lane != NULL && db_copy_out_begin(migrate_source(m, table), sql.data, err);
    while (good && (good = db_copy_out_next(migrate_source(m, table), &line, &length, err)) &&
           line != NULL) {
        struct lane_row row;
        good = lane_put(lane, line, length, &row, err);
        if (good)
            prior_judge(prior, &row, &found);
    }
    strbuf_release(&sql);
    lane_close(&lane);
    return good;
}

static void
describe_removal(const struct plan_table *table, const struct strbuf *name, const char *key,
                 struct digest source_key, struct digest row, struct audit_event *event)
{
    *event = (struct audit_event){
        .action = AUDIT_REMOVED,
        .reason_code = "gone_from_source",
        .resource_type =
            table->spec->resource_type ? table->spec->resource_type : table->target->name,
        .resource_id = key,
        .resource_id_length = strlen(key),
        .table = name->data,
        .source_key = source_key,
        .row = row,
    };
}

static bool
copy_all(struct migrate *m, const struct plan *plan, struct spool *events, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    int64_t rows;
    audit_copy_in(&sql, plan);
    bool good = db_copy_in_begin(m->target, sql.data, err) && spool_put(events, m->target, err) &&
                db_copy_in_end(m->target, &rows, err);
    strbuf_release(&sql);
    return good;
}

struct gone {
    struct spool keys, events;
    int64_t count;
};

static bool
collect_gone(struct migrate *m, const struct plan_table *table, const struct prior *prior,
             struct gone *gone, struct error *err)
{
    struct strbuf name = STRBUF_INIT, source = STRBUF_INIT, line = STRBUF_INIT;
    bool good = true;
    audit_target_name(&name, table);
    audit_source_name(&source, m->plan, table);
    for (size_t slot = 0; good && slot < prior->count; slot++) {
        const struct prior_row *row = &prior->rows[slot];
        const char *key = prior->keys.data + row->resource_id;
        if (row->written <= 0 || row->is_seen)
            continue;
        struct audit_event event;
        describe_removal(table, &name, key, row->source_key, row->row, &event);
        event.source = source.data;
        strbuf_reset(&line);
        audit_writer_add(m->events, &event, &line, NULL);
        stage_add_removal(&gone->keys.memory, key, row->row, &line);
        gone->count++;
        good = spool_flush(&gone->keys, err);
    }
    strbuf_release(&name);
    strbuf_release(&source);
    strbuf_release(&line);
    return good;
}

static bool
note_removed(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunk,
             int64_t count, struct error *err)
{
    CLEANUP(memory_free_string) char *table_no = memory_printf("%d", table->number);
    CLEANUP(memory_free_string) char *chunk_no = memory_printf("%d", chunk->chunk_no);
    CLEANUP(memory_free_string) char *rows = memory_printf("%" PRId64, count);
    const char *values[] = {m->run_id, table_no, chunk_no, rows};
    return db_command(m->target, sql_query_migrate_note_removed, 4, values, NULL, err);
}

static bool
remove_part(struct migrate *m, const struct plan_table *table, struct store_chunk *chunk,
            bool spares_followed, struct error *err)
{
    struct gone gone = {.keys = SPOOL_INIT, .events = SPOOL_INIT};
    struct stage_removal removal = {
        .keys = &gone.keys, .events = &gone.events, .spares_followed = spares_followed};
    struct prior *prior = prior_load(m, table, chunk->part, chunk->parts, err);
    bool good = prior != NULL && find_gone(m, table, prior, err) &&
                collect_gone(m, table, prior, &gone, err);

    if (good && gone.count > 0)
        good = stage_remove(m, table, &removal, err) && copy_all(m, m->plan, &gone.events, err) &&
               note_removed(m, table, chunk, removal.removed, err);
    prior_free(&prior);
    spool_release(&gone.keys);
    spool_release(&gone.events);
    return good;
}

static bool
set_event_time(struct migrate *m, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(m->target, "SELECT pg_catalog.now()::text", 0, NULL, &result, err))
        return false;
    audit_writer_set_time(m->events, db_result_text(result, 0, 0));
    return true;
}

/* Audit records that are their own events cannot be told from the application's, and are never
 * taken back. */
static bool
remove_from_table(struct migrate *m, const struct plan_table *table, bool spares_followed,
                  struct error *err)
{
    struct store_chunk *chunks = NULL;
    size_t count = 0;
    bool good = store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err);

    for (size_t i = 0; good && i < count; i++) {
        CLEANUP(db_transaction_release) struct db_transaction unit = {0};
        if (strcmp(chunks[i].kind, "part") != 0 || strcmp(chunks[i].state, "superseded") == 0)
            continue;
        good = migrate_begin(m, &unit, err) && set_event_time(m, err) &&
               remove_part(m, table, &chunks[i], spares_followed, err) &&
               migrate_commit(m, &unit, err);
    }
    store_chunks_free(chunks, count);
    return good;
}

static bool
remove_gone(struct migrate *m, bool spares_followed, struct error *err)
{
    m->phase = "reconciling";
    for (size_t i = m->plan->step_count; i-- > 0;) {
        const struct plan_step *step = &m->plan->steps[i];
        for (size_t j = step->table_count; j-- > 0;) {
            const struct plan_table *table = &m->plan->tables[step->tables[j]];
            if (m->shared->tables[table->number].pass > 0 && !table->spec->audit_self &&
                !remove_from_table(m, table, spares_followed, err))
                return error_context(
                    err, "table %s: taking back rows that are gone from the source", table->label);
        }
    }
    return true;
}

bool
migrate_remove_unused(struct migrate *m, struct error *err)
{
    return remove_gone(m, true, err);
}

bool
migrate_remove_gone(struct migrate *m, struct error *err)
{
    return remove_gone(m, false, err);
}
