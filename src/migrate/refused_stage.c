/*
 * Rows of a chunk on their way into a temporary table of the target, typed as its columns are: what
 * cannot even be read as its type is refused here.
 */
#include "refused.h"
#include "retry.h"

#include "idmigrate/memory.h"
#include "idmigrate/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the source, row by row ---- */

/* What an earlier pass did with a row is neither done again nor undone by refusing it. */
bool
sift_is_new(struct sift *sift, const struct lane_row *row)
{
    struct prior_found found;
    const struct strbuf *key = &row->row->source_key;
    uint64_t ignored;
    if (sift->wanted != NULL)
        return digest_map_get(sift->wanted, digest_bytes(key->data, key->length), &ignored);
    if (sift->retry != NULL)
        return retry_judge(sift->retry, row) == PRIOR_NEW;
    return sift->prior == NULL || prior_judge(sift->prior, row, &found) == PRIOR_NEW;
}

static bool
put(struct sift *sift, struct sift_batch *batch, const struct sift_intake *intake,
    struct error *err)
{
    int64_t taken;
    return batch->count == 0 || sift_put_batch(sift, batch, intake->copy, &taken, err);
}

static bool
read_source(struct sift *sift, struct sift_batch *batch, const struct sift_intake *intake,
            struct error *err)
{
    struct db *source = migrate_source(sift->m, sift->table);
    const char *line;
    size_t length;
    for (;;) {
        struct lane_row row;
        if (!db_copy_out_next(source, &line, &length, err))
            return false;
        if (line == NULL)
            return put(sift, batch, intake, err);
        if (!lane_put(sift->lane, line, length, &row, err))
            return false;
        if (!intake->wants(sift, &row))
            continue;
        if (!intake->add(sift, batch, row.row, intake->context, err))
            return false;
        if (sift_batch_is_full(batch) && !put(sift, batch, intake, err))
            return false;
    }
}

bool
sift_take_in(struct sift *sift, const struct sift_intake *intake, struct error *err)
{
    CLEANUP(sift_batch_release) struct sift_batch batch = SIFT_BATCH_INIT;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    if (sift->source_sql != NULL) {
        strbuf_add_string(&sql, sift->source_sql);
    } else if (sift->retry != NULL) {
        retry_begin(sift->retry);
        retry_source_sql(sift->retry, &sql);
    } else {
        chunk_source_sql(&sql, sift->table, sift->chunk);
    }
    if (!chunk_begin_source(sift->m, sift->table, sql.data, err))
        return false;
    bool good = read_source(sift, &batch, intake, err);
    chunk_end_source(sift->m, sift->table, good);
    return good;
}

/* ---- rows that are to be written ---- */

static bool
create_arrived(struct sift *sift, struct error *err)
{
    const struct drawn *drawn = lane_drawn(sift->lane);
    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "CREATE TEMPORARY TABLE idmigrate_arrived ON COMMIT DROP AS SELECT "
                            "NULL::bigint AS idmigrate_no, NULL::text AS idmigrate_line, "
                            "NULL::bytea AS idmigrate_key");
    for (size_t i = 0; i < sift->table->column_count; i++) {
        strbuf_add_string(&sql, ", ");
        db_quote_identifier(&sql, sift->table->columns[i].target->name);
    }
    for (size_t i = 0; i < drawn->count; i++) {
        strbuf_add_string(&sql, ", ");
        db_quote_identifier(&sql, drawn->columns[i].column->name);
    }
    strbuf_add_string(&sql, " FROM ");
    plan_sql_target_name(&sql, sift->table);
    strbuf_add_string(&sql, " WITH NO DATA");
    bool good = db_execute(sift->m->target, sql.data, err);
    strbuf_release(&sql);
    return good;
}

static void
add_text_line(struct sift *sift, struct strbuf *lines, const char *hex, const struct row *row)
{
    static const char digits[] = "0123456789abcdef";
    strbuf_printf(lines, "%" PRId64 "\t%s\t\\\\x", sift->arrived, hex);
    for (size_t i = 0; i < row->source_key.length; i++) {
        unsigned char byte = (unsigned char)row->source_key.data[i];
        strbuf_add_char(lines, digits[byte >> 4]);
        strbuf_add_char(lines, digits[byte & 15]);
    }
    strbuf_add_char(lines, '\t');
}

static bool
add_tuple(struct sift *sift, struct strbuf *lines, const char *hex, const struct row *row,
          struct error *err)
{
    char number[32];
    int length = snprintf(number, sizeof number, "%" PRId64, sift->arrived);
    wire_add_count(lines, sift->table->column_count + lane_drawn(sift->lane)->count + 3);
    if (!wire_write(lines, PLAN_WIRE_INT8, (struct row_value){number, (size_t)length}))
        return error_set(err, EXIT_BUG, "a number that is none");
    wire_add_bytes(lines, hex, strlen(hex));
    wire_add_bytes(lines, row->source_key.data, row->source_key.length);
    return true;
}

static bool
add_line(struct sift *sift, struct sift_batch *batch, const struct row *row, void *context,
         struct error *err)
{
    struct strbuf *lines = &batch->lines;
    (void)context;
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(row->source_digest, hex);
    sift->arrived++;
    if (sift->table->codec == PLAN_CODEC_BINARY) {
        if (!add_tuple(sift, lines, hex, row, err))
            return false;
    } else {
        add_text_line(sift, lines, hex, row);
    }
    if (!drawn_add_row(lane_drawn(sift->lane), lines, row, err))
        return false;
    *ARRAY_ADD(batch->items, batch->count, batch->capacity) =
        (struct sift_line){.end = lines->length, .source = row->source_digest};
    return true;
}

static bool
is_to_be_written(struct sift *sift, const struct lane_row *row)
{
    return row->outcome == LANE_WRITE && sift_is_new(sift, row);
}

bool
sift_stage(struct sift *sift, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "COPY pg_temp.idmigrate_arrived FROM STDIN");
    plan_sql_codec(&sql, sift->table);
    const struct sift_intake intake = {
        .wants = is_to_be_written, .add = add_line, .copy = sql.data};
    return create_arrived(sift, err) && sift_take_in(sift, &intake, err);
}

bool
sift_order(struct sift *sift, struct error *err)
{
    return db_execute(
        sift->m->target,
        "CREATE TEMPORARY TABLE idmigrate_sifted ON COMMIT DROP AS SELECT pg_catalog.row_number() "
        "OVER (ORDER BY idmigrate_key, idmigrate_no) AS idmigrate_place, false AS idmigrate_lost, "
        "* FROM pg_temp.idmigrate_arrived;"
        "DROP TABLE pg_temp.idmigrate_arrived;"
        "CREATE UNIQUE INDEX ON pg_temp.idmigrate_sifted (idmigrate_place);"
        "ANALYZE pg_temp.idmigrate_sifted",
        err);
}
