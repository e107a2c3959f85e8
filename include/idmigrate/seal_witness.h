/*
 * Leaves that are made while events are written, so that sealing them need not read them back: a
 * tuple of COPY's binary format is nearly what is hashed (mappings/seals.md).
 *
 * Only where what the table will hold is known to the byte: no trigger changes what is written, and
 * what is not written is null or a constant. Whatever was written otherwise, by another process, or
 * in a commit whose answer was lost, is read back; so is everything when a sample is not as it was
 * written, or when a temporary file has no room.
 */
#ifndef IDMIGRATE_SEAL_WITNESS_H
#define IDMIGRATE_SEAL_WITNESS_H

#include "idmigrate/log_table.h"

#include <stdbool.h>
#include <stddef.h>

/* A column that the writer fills, in the order of its tuples: its form as seals name it. */
struct seal_written {
    const char *name, *form;
};

struct seal_witness;
/* `*witness` stays NULL where it cannot be known what the table makes of such tuples. */
bool seal_witness_open(struct db *db, const struct log_table *table,
                       const struct seal_written *columns, size_t count,
                       struct seal_witness **witness, struct error *err);
void seal_witness_free(struct seal_witness **witness);

/* The events of a transaction; one for each thread. The witness outlives it. */
struct seal_notes;
struct seal_notes *seal_notes_new(struct seal_witness *witness);
void seal_notes_free(struct seal_notes **notes);
/* A transaction begins: what was noted of one that was not committed is forgotten. */
void seal_notes_begin(struct seal_notes *notes);
void seal_notes_add(struct seal_notes *notes, const char *tuple, size_t length);
/* It was committed. */
void seal_notes_keep(struct seal_notes *notes);

#endif
