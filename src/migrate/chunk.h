/* What chunk*.c share: a chunk in hand. */
#ifndef IDMIGRATE_MIGRATE_CHUNK_H
#define IDMIGRATE_MIGRATE_CHUNK_H

#include "internal.h"
#include "refused.h"

struct chunk_work {
    struct migrate *m;
    struct lane *lane;
    const struct plan_table *table;
    struct store_chunk *chunk;
    struct spool events, rejects, skips, updates, replacements;
    int64_t sent; /* rows put into the target's COPY */
    int64_t events_count, updates_count, replacements_count;
    struct retry *retry;              /* of rejects that are tried again, otherwise NULL */
    struct prior *prior;              /* of a part of a reconciled table, otherwise NULL */
    struct row_counts *counts_before; /* the lane's, which is used for all chunks of a table */
    char now[40];
    bool sifts;             /* begun again, because the target refused a row */
    struct refused refused; /* what it refuses */
    bool are_written;       /* the rows are in the target already */
    int64_t sifted;         /* so many */
    int64_t refused_rows;   /* that are rejects now */
};

/* chunk_row.c: one row of the source: into the COPY, or into what waits for its end, with its event
 * or reject. */
bool chunk_take_row(struct chunk_work *work, const struct lane_row *row, struct error *err);

/* Of the lines in `rejects`. */
extern const char chunk_reject_columns[];

#endif
