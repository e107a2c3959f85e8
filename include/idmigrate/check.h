/*
 * Everything that would stop or spoil a run and that only the rows or the servers can tell, found
 * without writing.
 *
 * The plan knows what the catalogues say; this room reads the rows once, through the same code as a
 * run (transform), and asks the target. Each finding has a stable code, counts, samples (IDs as
 * they are, other values as digests) and a hint.
 */
#ifndef IDMIGRATE_CHECK_H
#define IDMIGRATE_CHECK_H

#include "idmigrate/catalog.h"
#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check_inputs {
    const struct plan *plan;
    const struct catalog *const *source_catalogs;
    const struct catalog *target_catalog;
    const struct idmap *const *ids; /* one for each ID map of the mapping */
    const struct idmap_formats *formats;
    struct db *const *sources; /* each inside a read-only repeatable-read transaction */
    struct db *target;         /* may make temporary tables; writes nothing else */
    int64_t row_limit; /* rows read of each table; 0: all. What is left out is a "not checked"
                          finding */
    bool strict;       /* IDs out of format are refusals */
    void (*progress)(void *context, const char *label, int64_t rows,
                     int64_t rows_total); /* or NULL */
    void *context;
};

/* What the rows of one table showed, for the printed resolution and for forecasts. */
struct check_table {
    int64_t rows; /* read; exact when the limit was not reached */
    int64_t would_write, would_merge, would_skip, would_reject;
    int64_t source_bytes;                     /* of COPY text */
    int64_t target_rows;                      /* there already; an estimate above two million */
    int64_t disk_rows, disk_events, disk_wal; /* bytes a run will need, roughly */
};

/* Adds findings. `tables` gets one entry for each plan table (to be freed). False only when
 * checking itself could not go on. */
bool check_data(const struct check_inputs *inputs, struct findings *findings,
                struct check_table **tables, struct error *err);

#endif
