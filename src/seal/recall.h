/* What a witness kept, put beside what the log holds; only for files of this room. */
#ifndef IDMIGRATE_SEAL_RECALL_H
#define IDMIGRATE_SEAL_RECALL_H

#include "idmigrate/seal_witness.h"
#include "internal.h"

/* The leaves of one transaction, as a batch lists them. */
struct seal_block {
    int64_t time, events;
    long long at; /* in the witness's file */
    size_t length;
};

/* seal_witness.c: */
const struct seal_block *seal_witness_blocks(struct seal_witness *witness, size_t *count);
/* Of tuples in this layout, all of them readable. */
bool seal_witness_serves(const struct seal_witness *witness, const struct seal_layout *layout);
/* Adds a block's leaves; false: the file cannot be read. */
bool seal_witness_read(struct seal_witness *witness, const struct seal_block *block,
                       struct strbuf *leaves);

/* All events of a run with one time of recording: in order, from the witness or from the log. */
struct seal_recalled {
    int64_t time;
    size_t first, count; /* blocks; 0: they are read from the log */
};
struct seal_recall {
    struct seal_witness *witness;
    struct seal_recalled *times;
    size_t count, capacity;
};
void seal_recall_release(struct seal_recall *recall);

/* The leaves of one time from the witness, in the order of leaves. */
bool seal_recall_load(const struct seal_recall *recall, const struct seal_recalled *time,
                      struct strbuf *leaves, struct error *err);
/* The times from the first up to and with the last that are read from the log, as an array for the
 * server; false: there is none. */
bool seal_recall_rest(const struct seal_recall *recall, int64_t from, int64_t to,
                      struct strbuf *array);

#endif
