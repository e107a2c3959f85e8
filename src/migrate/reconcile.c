/*
 * A table whose source changed while it was half moved: a new pass over all of it compares what
 * earlier passes did (prior.c), row by row, with what the source says now, and carries out the
 * difference only. New rows are written; rows that changed are updated, unless the application
 * changed them too; take_back.c removes what must not be there any more.
 *
 * The rows are taken in parts, by the digest of their source key.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

enum { PART_ROWS = 500000 };

bool
reconcile_is_possible(const struct plan_table *table)
{
    return table->source_key_count > 0 && table->target_key_count > 0 && audit_key_is_open(table) &&
           (!table->spec->audit_self || table->target_key_count == 1);
}

static bool
can_reconcile(const struct plan_table *table, struct error *err)
{
    if (reconcile_is_possible(table))
        return true;
    error_set(err, EXIT_REFUSED,
              "the source changed since its rows were moved, and the table cannot be reconciled: "
              "it needs a key on both "
              "sides that events may show");
    return error_hint(err, "restore the target and run again, or name the key (\"key\") and "
                           "declare its columns \"harmless\"");
}

/* As many as it takes for one of them to fit in memory. */
int
reconcile_count_parts(const struct migrate *m, const struct plan_table *table)
{
    const struct store_table *stored = &m->shared->tables[table->number];
    int64_t rows =
        stored->rows_read > stored->rows_estimated ? stored->rows_read : stored->rows_estimated;
    return (int)(rows / PART_ROWS) + 1;
}

bool
reconcile_begin(struct migrate *m, const struct plan_table *table, int next_chunk,
                struct error *err)
{
    struct store_table *stored = &m->shared->tables[table->number];
    bool together = m->plan->steps[table->step].one_transaction;
    int parts = together ? 1 : reconcile_count_parts(m, table);

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

static bool
list_part(struct migrate *m, const struct plan_table *table, int part, int parts,
          struct spool *lines, struct error *err)
{
    struct prior *prior = prior_load(m, table, part, parts, err);
    struct prior_written written;
    bool good = prior != NULL;
    size_t at = 0;
    while (good && prior_next_written(prior, &at, &written)) {
        row_escape(&lines->memory, written.key, strlen(written.key));
        strbuf_add_char(&lines->memory, '\n');
        good = spool_flush(lines, err);
    }
    prior_free(&prior);
    return good;
}

bool
reconcile_list_written(struct migrate *m, const struct plan_table *table, struct spool *lines,
                       struct error *err)
{
    int parts = reconcile_count_parts(m, table);
    for (int part = 0; part < parts; part++)
        if (!list_part(m, table, part, parts, lines, err))
            return false;
    return true;
}
