/* The ledger: chunks as they are planned, claimed, finished and put aside. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The static text that equals `text`, or NULL: what the schema's CHECK allows is what is listed
 * here. */
static const char *
known_text(const char *text)
{
    static const char *const known[] = {"pending", "done",  "superseded", "range",
                                        "key",     "whole", "part",       "retry"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], text) == 0)
            return known[i];
    return NULL;
}

/* In the order of the columns of store_load_chunks.sql. */
static void
take_chunk(struct store_chunk *chunk, int table_no, const struct db_result *result, size_t row)
{
    const char *digest = db_result_text(result, row, 20);
    *chunk = (struct store_chunk){
        .table_no = table_no,
        .chunk_no = (int)db_result_int64(result, row, 0),
        .pass = (int)db_result_int64(result, row, 1),
        .state = known_text(db_result_text(result, row, 2)),
        .kind = known_text(db_result_text(result, row, 3)),
        .leaf_schema = store_take_text(result, row, 4),
        .leaf_table = store_take_text(result, row, 5),
        .leaf_oid = (uint32_t)db_result_int64(result, row, 6),
        .file_node = (uint32_t)db_result_int64(result, row, 7),
        .first_block = db_result_int64(result, row, 8),
        .end_block = db_result_int64(result, row, 9),
        .part = (int)db_result_int64(result, row, 10),
        .parts = (int)db_result_int64(result, row, 11),
        .rows_read = db_result_int64(result, row, 12),
        .rows_written = db_result_int64(result, row, 13),
        .rows_merged = db_result_int64(result, row, 14),
        .rows_skipped = db_result_int64(result, row, 15),
        .rows_rejected = db_result_int64(result, row, 16),
        .rows_unchanged = db_result_int64(result, row, 17),
        .rows_updated = db_result_int64(result, row, 18),
        .rows_removed = db_result_int64(result, row, 19),
        .source_bytes = db_result_int64(result, row, 21),
        .key_column = store_take_text(result, row, 22),
        .first_key = store_take_text(result, row, 23),
        .end_key = store_take_text(result, row, 24),
        .is_in_doubt = db_result_bool(result, row, 25),
    };
    if (digest != NULL)
        digest_from_hex(digest, strlen(digest), &chunk->source_digest);
}

bool
store_load_chunks(struct db *db, const char *run_id, int table_no, struct store_chunk **chunks,
                  size_t *count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {run_id, STORE_NUMBER(table_no)};
    *chunks = NULL;
    *count = 0;
    if (!db_query(db, sql_query_store_load_chunks, 2, values, &result, err))
        return error_context(err, "chunks of run %s, table %d", run_id, table_no);
    *count = db_result_rows(result);
    *chunks = memory_realloc_array(NULL, *count, sizeof **chunks);
    for (size_t i = 0; i < *count; i++)
        take_chunk(&(*chunks)[i], table_no, result, i);
    return true;
}

void
store_chunks_free(struct store_chunk *chunks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(chunks[i].leaf_schema);
        free(chunks[i].leaf_table);
        free(chunks[i].key_column);
        free(chunks[i].first_key);
        free(chunks[i].end_key);
    }
    free(chunks);
}

static void
copy_number(struct strbuf *lines, int64_t value, bool is_known)
{
    if (is_known)
        strbuf_printf(lines, "\t%" PRId64, value);
    else
        strbuf_add_string(lines, "\t\\N");
}

static void
copy_string(struct strbuf *lines, const char *text)
{
    strbuf_add_char(lines, '\t');
    store_copy_text(lines, text);
}

/* One line, in the order of the columns of put_chunks' COPY. */
static void
copy_chunk(struct strbuf *lines, const char *run_id, const struct store_chunk *chunk)
{
    bool is_range = strcmp(chunk->kind, "range") == 0;
    bool is_part = strcmp(chunk->kind, "part") == 0;
    strbuf_printf(lines, "%s\t%d\t%d\t%d\t%s\t%s", run_id, chunk->table_no, chunk->chunk_no,
                  chunk->pass, chunk->state, chunk->kind);
    copy_string(lines, chunk->leaf_schema);
    copy_string(lines, chunk->leaf_table);
    copy_number(lines, chunk->leaf_oid, is_range);
    copy_number(lines, chunk->file_node, is_range);
    copy_number(lines, chunk->first_block, is_range);
    copy_number(lines, chunk->end_block, is_range);
    copy_number(lines, chunk->part, is_part);
    copy_number(lines, chunk->parts, is_part);
    copy_string(lines, chunk->key_column);
    copy_string(lines, chunk->first_key);
    copy_string(lines, chunk->end_key);
    strbuf_add_char(lines, '\n');
}

bool
store_put_chunks(struct db *db, const char *run_id, const struct store_chunk *chunks, size_t count,
                 struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
    for (size_t i = 0; i < count; i++)
        copy_chunk(&lines, run_id, &chunks[i]);
    if (!db_copy_in_begin(db, sql_query_store_put_chunks, err) ||
        !db_copy_in_put(db, lines.data, lines.length, err) || !db_copy_in_end(db, NULL, err))
        return error_context(err, "chunks of run %s", run_id);
    return true;
}

bool
store_claim_chunk(struct db *db, const char *run_id, int table_no, int chunk_no, bool *claimed,
                  char now[40], struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {run_id, STORE_NUMBER(table_no), STORE_NUMBER(chunk_no)};
    *claimed = false;
    now[0] = '\0';
    if (!db_query(db, sql_query_store_claim_chunk, 3, values, &result, err))
        return error_context(err, "claiming chunk %d of table %d", chunk_no, table_no);
    if (db_result_rows(result) == 0)
        return true;
    *claimed = true;
    snprintf(now, 40, "%s", db_result_text(result, 0, 0));
    return true;
}

bool
store_announce_chunk(struct db *db, const char *run_id, struct store_chunk *chunk,
                     struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {run_id, STORE_NUMBER(chunk->table_no),
                                  STORE_NUMBER(chunk->chunk_no)};
    if (!db_query(db, sql_query_store_announce_chunk, 3, values, &result, err))
        return error_context(err, "announcing chunk %d of table %d", chunk->chunk_no,
                             chunk->table_no);
    chunk->is_in_doubt = db_result_rows(result) > 0 && db_result_bool(result, 0, 0);
    return true;
}

/* The schema's CHECK says only that it does not add up; the numbers say what is missing. */
static bool
explain_sums(const struct store_chunk *chunk, struct error *err)
{
    if (strcmp(err->sqlstate, "23514") == 0)
        error_context(err,
                      "read %" PRId64 " rows, but written %" PRId64 " + merged %" PRId64
                      " + skipped %" PRId64 " + rejected %" PRId64,
                      chunk->rows_read, chunk->rows_written, chunk->rows_merged,
                      chunk->rows_skipped, chunk->rows_rejected);
    return error_context(err, "ledger, chunk %d of table %d", chunk->chunk_no, chunk->table_no);
}

bool
store_finish_chunk(struct db *db, const char *run_id, const struct store_chunk *chunk,
                   const char *column_counts, struct error *err)
{
    char digest[DIGEST_HEX_SIZE];
    int64_t changed = 0;
    digest_to_hex(chunk->source_digest, digest);
    const char *const values[] = {
        run_id,
        STORE_NUMBER(chunk->table_no),
        STORE_NUMBER(chunk->chunk_no),
        STORE_NUMBER(chunk->rows_read),
        STORE_NUMBER(chunk->rows_written),
        STORE_NUMBER(chunk->rows_merged),
        STORE_NUMBER(chunk->rows_skipped),
        STORE_NUMBER(chunk->rows_rejected),
        STORE_NUMBER(chunk->rows_unchanged),
        STORE_NUMBER(chunk->rows_updated),
        STORE_NUMBER(chunk->rows_removed),
        digest,
        STORE_NUMBER(chunk->source_bytes),
        column_counts,
    };
    if (!db_command(db, sql_query_store_finish_chunk, sizeof values / sizeof values[0], values,
                    &changed, err))
        return explain_sums(chunk, err);
    return changed == 1 ||
           error_set(err, EXIT_BUG, "ledger: chunk %d of table %d of run %s is not pending",
                     chunk->chunk_no, chunk->table_no, run_id);
}

bool
store_supersede_chunks(struct db *db, const char *run_id, int table_no, struct error *err)
{
    const char *const values[] = {run_id, STORE_NUMBER(table_no)};
    if (!db_command(db, sql_query_store_supersede_chunks, 2, values, NULL, err))
        return error_context(err, "chunks of run %s, table %d", run_id, table_no);
    return true;
}
