/*
 * On resume: is the source of the finished chunks still what was read?
 *
 * A range of blocks means nothing under another snapshot: rows move when they are updated or the
 * table is vacuumed. So the finished chunks are read again and compared with the ledger, by count
 * and digest. A table that is the same goes on, with chunks for what has grown behind it; one that
 * differs is reconciled. Statistics of the server prove nothing here: they lag, and vanish in a
 * crash.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

static bool
read_range(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunk,
           struct part_reading *reading, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length;

    chunk_source_sql(&sql, table, chunk);
    bool good = db_copy_out_begin(migrate_source(m, table), sql.data, err);
    strbuf_release(&sql);
    while (good && (good = db_copy_out_next(migrate_source(m, table), &line, &length, err)) &&
           line != NULL) {
        reading->rows++;
        digest_add(&reading->digest, digest_bytes(line, length));
        migrate_show_rows(m, table, reading->rows);
    }
    migrate_count_rows(m, table, 0, false);
    return good;
}

/* The relation that held the chunk's rows, and the key that parted them, if they are still there.
 */
static bool
has_leaf(const struct plan_table *table, const struct store_chunk *chunk)
{
    if (chunk->key_column != NULL && catalog_find_column(table->source, chunk->key_column) < 0)
        return false;
    if (chunk->leaf_table == NULL)
        return true;
    for (size_t i = 0; i < table->source->leaf_count; i++)
        if (strcmp(table->source->leaves[i].name, chunk->leaf_table) == 0 &&
            strcmp(table->source->leaves[i].schema, chunk->leaf_schema) == 0)
            return true;
    return false;
}

static bool
is_same(const struct store_chunk *chunk, const struct part_reading *reading)
{
    return chunk->rows_read == reading->rows && digest_equal(chunk->source_digest, reading->digest);
}

static bool
is_finished(const struct store_chunk *chunk)
{
    return strcmp(chunk->state, "done") == 0;
}

/* Parts of a reconciled table are spread over all of it: one reading serves them all. */
static bool
compare_parts(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunks,
              size_t count, bool *same, struct error *err)
{
    int parts = 0;
    for (size_t i = 0; i < count; i++)
        if (is_finished(&chunks[i]) && strcmp(chunks[i].kind, "part") == 0)
            parts = chunks[i].parts;
    if (parts == 0)
        return true;
    struct part_reading *readings = memory_zalloc((size_t)parts * sizeof *readings);
    bool good = reconcile_read_parts(m, table, parts, readings, err);
    for (size_t i = 0; good && i < count; i++)
        if (is_finished(&chunks[i]) && strcmp(chunks[i].kind, "part") == 0)
            *same = *same && is_same(&chunks[i], &readings[chunks[i].part]);
    free(readings);
    return good;
}

static bool
compare_table(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunks,
              size_t count, bool *same, struct error *err)
{
    *same = true;
    if (!compare_parts(m, table, chunks, count, same, err))
        return false;
    for (size_t i = 0; i < count && *same; i++) {
        struct part_reading reading = {0};
        if (!is_finished(&chunks[i]) || strcmp(chunks[i].kind, "part") == 0)
            continue;
        if (migrate_is_interrupted(err))
            return false;
        *same = has_leaf(table, &chunks[i]);
        if (*same && !read_range(m, table, &chunks[i], &reading, err))
            return false;
        *same = *same && is_same(&chunks[i], &reading);
    }
    return true;
}

/* Rows of one that is in doubt may be there. */
static bool
has_begun(const struct store_chunk *chunks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_finished(&chunks[i]) || chunks[i].is_in_doubt)
            return true;
    return false;
}

static int
next_number(const struct store_chunk *chunks, size_t count)
{
    int next = 1;
    for (size_t i = 0; i < count; i++)
        if (chunks[i].chunk_no >= next)
            next = chunks[i].chunk_no + 1;
    return next;
}

static bool
forget_decisions(struct migrate *m, const struct plan_table *table, struct error *err)
{
    struct store_table *stored = &m->shared->tables[table->number];
    CLEANUP(memory_free_string) char *number = memory_printf("%d", table->number);
    const char *values[] = {m->run_id, number};
    free(stored->state);
    stored->state = memory_strdup("pending");
    return db_command(m->target, sql_query_migrate_forget_merges, 2, values, NULL, err) &&
           store_set_table_state(m->target, m->run_id, table->number, "pending", stored->pass, err);
}

/* Nothing of the table was moved yet: it is decided on and split anew for what it is now. */
static bool
start_over(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunks,
           size_t count, struct error *err)
{
    return store_supersede_chunks(m->target, m->run_id, table->number, err) &&
           split_table(m, table, next_number(chunks, count), m->shared->tables[table->number].pass,
                       err) &&
           forget_decisions(m, table, err);
}

/* Rows that are still to come may change who meets whom; a step in one transaction has none to
 * come. */
static bool
compare_decisions(struct migrate *m, const struct plan_table *table, bool *same, struct error *err)
{
    if (!*same || !table->spec->has_on_conflict || table->spec->conflict == MAPPING_CONFLICT_FAIL ||
        m->plan->steps[table->step].one_transaction ||
        strcmp(m->shared->tables[table->number].state, "pending") == 0)
        return true;
    return migrate_are_decisions_valid(m, table, same, err);
}

/* Children went by what became of their parents' rows. */
static bool
follows_unsettled(const struct migrate *m, const struct plan_table *table)
{
    for (size_t i = 0; i < table->reference_count; i++)
        if (m->shared->unsettled[table->references[i].parent])
            return true;
    return false;
}

static bool
settle_table(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunks,
             size_t count, struct error *err)
{
    bool in_parts = m->shared->tables[table->number].pass > 0;
    bool same = !m->in->changed && !follows_unsettled(m, table);
    if (!in_parts && !has_begun(chunks, count))
        return start_over(m, table, chunks, count, err);
    if (same && (!compare_table(m, table, chunks, count, &same, err) ||
                 !compare_decisions(m, table, &same, err)))
        return false;
    if (!same)
        return reconcile_begin(m, table, next_number(chunks, count), err);
    /* Parts are of the whole table, whatever has grown. */
    return in_parts || split_growth(m, table, chunks, count, err);
}

/* A table that had been done has something to do again when it grew or changed. */
static bool
reopen_if_pending(struct migrate *m, const struct plan_table *table, struct error *err)
{
    struct store_chunk *chunks = NULL;
    size_t count = 0;
    bool pending = false;
    struct store_table *stored = &m->shared->tables[table->number];

    if (!store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        pending = pending || strcmp(chunks[i].state, "pending") == 0;
    store_chunks_free(chunks, count);
    if (!pending || strcmp(stored->state, "done") != 0)
        return true;
    free(stored->state);
    stored->state = memory_strdup("running");
    return store_set_table_state(m->target, m->run_id, table->number, "running", stored->pass, err);
}

static bool
compare_one(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    struct store_chunk *chunks = NULL;
    size_t count = 0;

    migrate_show_table(m, table, 0);
    bool good = migrate_begin(m, &unit, err) &&
                store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err) &&
                settle_table(m, table, chunks, count, err) && reopen_if_pending(m, table, err) &&
                migrate_commit(m, &unit, err);
    store_chunks_free(chunks, count);
    return good ? true
                : error_context(err, "table %s: comparing the source with what was read",
                                table->label);
}

/* In a cycle no table is the first: those that went by rows of another one are looked at again. */
static bool
compare_followers(struct migrate *m, const struct plan_step *step, struct error *err)
{
    bool found = true;
    while (found) {
        found = false;
        for (size_t i = 0; i < step->table_count; i++) {
            const struct plan_table *table = &m->plan->tables[step->tables[i]];
            if (m->shared->reconciled[table->number] || !follows_unsettled(m, table))
                continue;
            if (!compare_one(m, table, err))
                return false;
            found = found || m->shared->reconciled[table->number];
        }
    }
    return true;
}

/* Parents first. */
bool
migrate_compare_source(struct migrate *m, struct error *err)
{
    m->phase = "comparing";
    for (size_t i = 0; i < m->plan->step_count; i++) {
        const struct plan_step *step = &m->plan->steps[i];
        for (size_t j = 0; j < step->table_count; j++)
            if (!compare_one(m, &m->plan->tables[step->tables[j]], err))
                return false;
        if (step->table_count > 1 && !compare_followers(m, step, err))
            return false;
    }
    return true;
}
