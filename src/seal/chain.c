/* Seals and their leaves in the database. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "internal.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
seal_add_hex(struct strbuf *text, const void *bytes, size_t length)
{
    const unsigned char *from = bytes;
    strbuf_add_string(text, "\\x");
    for (size_t i = 0; i < length; i++) {
        strbuf_add_char(text, "0123456789abcdef"[from[i] >> 4]);
        strbuf_add_char(text, "0123456789abcdef"[from[i] & 15]);
    }
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
seal_read_hex(const char *text, size_t length, void *bytes, size_t size)
{
    unsigned char *to = bytes;
    if (text == NULL || length != 2 + 2 * size || text[0] != '\\' || text[1] != 'x')
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 + 2 * i]), low = hex_digit(text[3 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

/* ---- reading ---- */

enum column {
    NUMBER,
    MONTH,
    STREAM,
    AFTER_TIME,
    AFTER_ID,
    TO_TIME,
    TO_ID,
    EVENTS,
    ROOT,
    LEAVES_DIGEST,
    LAYOUT,
    REASON,
    SEALED_AT,
    TOOL_VERSION,
    PREVIOUS,
    HASH,
    SIGNATURE,
    SIGNER,
    CERTIFICATE
};

static char *
take_text(const struct db_result *rows, size_t row, enum column column)
{
    return memory_strdup(db_result_text(rows, row, (int)column));
}

static bool
take_hash(const struct db_result *rows, size_t row, enum column column, struct merkle_hash *hash)
{
    return seal_read_hex(db_result_text(rows, row, (int)column),
                         db_result_length(rows, row, (int)column), hash->bytes, MERKLE_SIZE);
}

static bool
take_time(const struct db_result *rows, size_t row, enum column column, int64_t *time)
{
    const char *text = db_result_text(rows, row, (int)column);
    return text == NULL || seal_time_parse(text, time);
}

static bool
take_month(const struct db_result *rows, size_t row, int64_t *month)
{
    int64_t time;
    const char *date = db_result_text(rows, row, MONTH);
    CLEANUP(memory_free_string) char *text = memory_printf("%s 00:00:00", date);
    if (!seal_time_parse(text, &time))
        return false;
    *month = seal_month_of(time);
    return seal_month_start(*month) == time;
}

static bool
take_seal(const struct db_result *rows, size_t row, const char *log, struct seal *seal)
{
    *seal = (struct seal){.log = memory_strdup(log),
                          .number = db_result_int64(rows, row, NUMBER),
                          .stream = take_text(rows, row, STREAM),
                          .is_first = db_result_text(rows, row, AFTER_TIME) == NULL,
                          .after.id = take_text(rows, row, AFTER_ID),
                          .to.id = take_text(rows, row, TO_ID),
                          .events = db_result_int64(rows, row, EVENTS),
                          .layout = take_text(rows, row, LAYOUT),
                          .reason = take_text(rows, row, REASON),
                          .tool_version = take_text(rows, row, TOOL_VERSION),
                          .signer = take_text(rows, row, SIGNER),
                          .certificate = take_text(rows, row, CERTIFICATE)};
    seal->is_signed =
        seal_read_hex(db_result_text(rows, row, SIGNATURE), db_result_length(rows, row, SIGNATURE),
                      seal->signature, sizeof seal->signature);
    return take_month(rows, row, &seal->month) &&
           take_time(rows, row, AFTER_TIME, &seal->after.time) &&
           take_time(rows, row, TO_TIME, &seal->to.time) &&
           take_time(rows, row, SEALED_AT, &seal->sealed_at) &&
           take_hash(rows, row, ROOT, &seal->root) &&
           take_hash(rows, row, LEAVES_DIGEST, &seal->leaves_digest) &&
           take_hash(rows, row, PREVIOUS, &seal->previous) &&
           take_hash(rows, row, HASH, &seal->hash);
}

bool
seal_chain_load(struct db *db, const char *log, struct seal_chain *chain, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    if (!db_query(db, sql_query_seal_load, 1, &log, &rows, err))
        return error_context(err, "seals of %s", log);
    for (size_t i = 0; i < db_result_rows(rows); i++) {
        struct seal *seal = ARRAY_ADD(chain->seals, chain->count, chain->capacity);
        if (!take_seal(rows, i, log, seal))
            return error_set(err, EXIT_DIFFERENT,
                             "seal %" PRId64 " of %s is no seal: a time is out of range",
                             seal->number, log);
    }
    return true;
}

void
seal_chain_release(struct seal_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        seal_release(&chain->seals[i]);
    free(chain->seals);
    *chain = (struct seal_chain)SEAL_CHAIN_INIT;
}

bool
seal_leaves_load(struct db *db, const struct seal *seal, int part, struct strbuf *leaves,
                 struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    char number[24], part_text[12];
    snprintf(number, sizeof number, "%" PRId64, seal->number);
    snprintf(part_text, sizeof part_text, "%d", part);
    const char *const values[] = {seal->log, number, part >= 0 ? part_text : NULL};
    if (!db_query(db, sql_query_seal_load_leaves, 3, values, &rows, err))
        return error_context(err, "leaves of seal %" PRId64, seal->number);
    for (size_t i = 0; i < db_result_rows(rows); i++) {
        size_t length = db_result_length(rows, i, 0), size = length >= 2 ? (length - 2) / 2 : 0;
        strbuf_reserve(leaves, size);
        if (!seal_read_hex(db_result_text(rows, i, 0), length, leaves->data + leaves->length, size))
            continue;
        leaves->length += size;
        leaves->data[leaves->length] = '\0';
    }
    return true;
}

/* ---- writing ---- */

static const char *
hex_of(struct strbuf *text, const struct merkle_hash *hash)
{
    seal_add_hex(text, hash->bytes, MERKLE_SIZE);
    return text->data;
}

bool
seal_chain_put(struct db *db, const struct seal *seal, struct error *err)
{
    enum { HASHES = 4 };
    char number[24], events[24], month[SEAL_TIME_SIZE], after[SEAL_TIME_SIZE], to[SEAL_TIME_SIZE],
        sealed_at[SEAL_TIME_SIZE];
    struct strbuf hashes[HASHES] = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
    CLEANUP(strbuf_release) struct strbuf signature = STRBUF_INIT;
    snprintf(number, sizeof number, "%" PRId64, seal->number);
    snprintf(events, sizeof events, "%" PRId64, seal->events);
    seal_time_format(seal_month_start(seal->month), month);
    month[10] = '\0';
    seal_time_format(seal->after.time, after);
    seal_time_format(seal->to.time, to);
    seal_time_format(seal->sealed_at, sealed_at);
    seal_add_hex(&signature, seal->signature, sizeof seal->signature);
    const char *const values[] = {seal->log,
                                  number,
                                  month,
                                  seal->stream,
                                  seal->is_first ? NULL : after,
                                  seal->is_first ? NULL : seal->after.id,
                                  to,
                                  seal->to.id,
                                  events,
                                  hex_of(&hashes[0], &seal->root),
                                  hex_of(&hashes[1], &seal->leaves_digest),
                                  seal->layout,
                                  seal->reason,
                                  sealed_at,
                                  seal->tool_version,
                                  hex_of(&hashes[2], &seal->previous),
                                  hex_of(&hashes[3], &seal->hash),
                                  seal->is_signed ? signature.data : NULL,
                                  seal->signer};
    bool good =
        db_command(db, sql_query_seal_put, sizeof values / sizeof values[0], values, NULL, err);
    for (size_t i = 0; i < HASHES; i++)
        strbuf_release(&hashes[i]);
    return good;
}

static void
add_field(struct strbuf *tuple, const void *bytes, size_t length)
{
    uint32_t size = htonl((uint32_t)length);
    strbuf_add(tuple, &size, sizeof size);
    strbuf_add(tuple, bytes, length);
}

static void
add_number(struct strbuf *tuple, uint64_t number, size_t size)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(number >> (8 * (size - 1 - i)));
    add_field(tuple, bytes, size);
}

static void
add_part(struct strbuf *tuple, const struct seal *seal, const struct seal_batch *batch, size_t part)
{
    enum { FIELDS = 8 };
    const struct seal_part *from = &batch->parts[part];
    uint16_t count = htons(FIELDS);
    strbuf_reset(tuple);
    strbuf_add(tuple, &count, sizeof count);
    add_field(tuple, seal->log, strlen(seal->log));
    add_number(tuple, (uint64_t)seal->number, 8);
    add_number(tuple, part, 4);
    add_number(tuple, from->events, 4);
    add_field(tuple, from->root.bytes, MERKLE_SIZE);
    add_number(tuple, (uint64_t)from->first_time, 8);
    add_number(tuple, (uint64_t)from->last_time, 8);
    add_field(tuple, batch->leaves.data + from->start, from->end - from->start);
}

bool
seal_leaves_put(struct db *db, const struct seal *seal, const struct seal_batch *batch,
                struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf tuple = STRBUF_INIT;
    bool good = db_copy_in_begin(
        db,
        "COPY idmigrate.seal_leaves (log, seal_no, part, events, root, first_time, last_time, "
        "leaves) FROM STDIN (FORMAT binary)",
        err);
    for (size_t i = 0; good && i < batch->part_count; i++) {
        add_part(&tuple, seal, batch, i);
        good = db_copy_in_put(db, tuple.data, tuple.length, err);
    }
    return (good && db_copy_in_end(db, NULL, err)) ||
           error_context(err, "leaves of seal %" PRId64, seal->number);
}
