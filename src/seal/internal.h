/*
 * What the files of this room share: layouts, the reading of events in order, and batches.
 *
 * Everything is streamed in the order of the leaves; the server sorts. What a reader holds is one
 * event, what a batch holds is its list of leaves.
 */
#ifndef IDMIGRATE_SEAL_INTERNAL_H
#define IDMIGRATE_SEAL_INTERNAL_H

#include "idmigrate/seal.h"

/* ---- layout.c: which columns of an event are hashed, and as what ---- */

struct seal_layout {
    char *text; /* JSON, as it is stored */
    char **names, **forms;
    size_t count;
    int id, time, stream; /* positions; stream -1: there is none */
};
struct seal_layout *seal_layout_new(const struct log_table *table);
/* NULL: the text is no layout. */
struct seal_layout *seal_layout_parse(const char *text);
void seal_layout_free(struct seal_layout **layout);
/* Whether the table's columns still are what the layout hashes; `problem` names the first that is
 * not (to be freed). */
bool seal_layout_fits(const struct seal_layout *layout, const struct log_table *table,
                      char **problem);
/* The position of a column in the layout, or -1. */
int seal_layout_find(const struct seal_layout *layout, const char *name, const char *form);
/* A column in its form, as "e"."name" with a cast where one is needed. */
void seal_layout_add_column(struct strbuf *sql, const struct log_table *table, const char *name,
                            const char *form);
void seal_layout_add_order(struct strbuf *sql, const struct log_table *table,
                           const struct seal_layout *layout);

/* ---- reader.c ---- */

enum { SEAL_ID_SIZE = 256 }; /* longest ID, in bytes; a UUID has 16 */

struct seal_event {
    int64_t time;
    const unsigned char *id; /* 16 bytes of a UUID, or text */
    size_t id_length;
    char stream[37]; /* "" of none */
};
struct seal_reader;
struct seal_range {
    int64_t from, to; /* times, both included */
    const char *run_id;
    const char *times,
        *ids; /* only events with one of them: arrays as the server reads them; or NULL */
};
/* All layouts have the same columns for ID, time and stream. */
struct seal_reader *seal_reader_new(struct db *db, const struct log_table *table,
                                    const struct seal_layout *const *layouts, size_t count);
void seal_reader_free(struct seal_reader **reader);
bool seal_reader_begin(struct seal_reader *reader, const struct seal_range *range,
                       struct error *err);
/* `*more` false: that was all. The event is valid until the next call. */
bool seal_reader_next(struct seal_reader *reader, struct seal_event *event, bool *more,
                      struct error *err);
bool seal_reader_abandon(struct seal_reader *reader, struct error *err);
/* Of the event that was read last, in the layout with this position. */
struct merkle_hash seal_reader_leaf(struct seal_reader *reader, size_t layout);
void seal_reader_bytes(struct seal_reader *reader, size_t layout, struct strbuf *bytes);

/* Transactions in which events are read: repeatable, with memory to sort in. */
bool seal_begin_reading(struct db_transaction *tx, struct db *db, const char *snapshot,
                        const struct log_table *table, struct error *err);

/* An ID as text: 36 characters for 16 bytes that are a UUID's. */
char *seal_id_text(const struct seal_layout *layout, const unsigned char *id, size_t length);
/* And back, into at most SEAL_ID_SIZE bytes; false: no such ID. */
bool seal_id_bytes(const struct seal_layout *layout, const char *text,
                   unsigned char bytes[SEAL_ID_SIZE], size_t *length);
int seal_compare(int64_t time, const unsigned char *id, size_t length, int64_t other_time,
                 const unsigned char *other, size_t other_length);

/* ---- batch.c: leaves on their way into one seal ---- */

enum { SEAL_PART = 4096, SEAL_BATCH = 1 << 19 };

struct seal_part {
    uint32_t events;
    struct merkle_hash root;
    int64_t first_time, last_time;
    size_t start, end; /* in the list */
};
struct seal_batch {
    char stream[37];
    struct merkle_tree top, part; /* roots of parts; leaves of the open part */
    int64_t events, part_first, last_time;
    size_t part_start;
    struct strbuf leaves;
    struct seal_part *parts;
    size_t part_count, part_capacity;
};
struct seal_batch *seal_batch_new(const char *stream);
void seal_batch_free(struct seal_batch **batch);
void seal_batch_add(struct seal_batch *batch, struct merkle_hasher *hasher,
                    const struct seal_event *event, struct merkle_hash leaf);
struct merkle_hash seal_batch_root(struct seal_batch *batch, struct merkle_hasher *hasher);
/* The ID of the last leaf; borrowed. */
const unsigned char *seal_batch_last_id(const struct seal_batch *batch, size_t *length);

/* One leaf of a stored list; seal_leaf_next() is false at its end, or where it is no list. */
struct seal_leaf {
    int64_t time;
    struct merkle_hash hash;
    const unsigned char *id;
    size_t id_length;
};
void seal_leaf_put(struct strbuf *list, const struct seal_event *event,
                   const struct merkle_hash *leaf);
bool seal_leaf_next(const unsigned char **at, const unsigned char *end, struct seal_leaf *leaf);

/* ---- chain.c ---- */

bool seal_chain_put(struct db *db, const struct seal *seal, struct error *err);
bool seal_leaves_put(struct db *db, const struct seal *seal, const struct seal_batch *batch,
                     struct error *err);
/* The bytes of a stored list, or of one part of it (-1: all). */
bool seal_leaves_load(struct db *db, const struct seal *seal, int part, struct strbuf *leaves,
                      struct error *err);
/* "\x..." as the server reads a bytea. */
void seal_add_hex(struct strbuf *text, const void *bytes, size_t length);
bool seal_read_hex(const char *text, size_t length, void *bytes, size_t size);

#endif
