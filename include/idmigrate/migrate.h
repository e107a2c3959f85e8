/*
 * Carry out a plan: every table in order, chunk by chunk, each chunk's rows, audit events and
 * ledger row in one transaction of the target. Resumable from the state in the target alone.
 *
 * Workers are threads; each has one connection to the target and one to each source, all of which
 * read the snapshot that `sources` see. They claim chunks by locking their rows in the ledger, so
 * processes of other machines can join. `target` meanwhile is idle: it holds the store's lock.
 *
 * A dry run does the same with real statements inside one transaction, which the caller rolls back.
 */
#ifndef IDMIGRATE_MIGRATE_H
#define IDMIGRATE_MIGRATE_H

#include "idmigrate/control.h"
#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/plan.h"
#include "idmigrate/seal_witness.h"
#include "idmigrate/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct migrate_progress {
    const char *phase;                       /* "comparing", "deciding", "copying", "reconciling" */
    const char *label;                       /* of the table */
    int64_t table_rows, table_rows_expected; /* expected: -1 unknown */
    int64_t rows, rows_expected;             /* of the whole run */
    int64_t rejects;
    int tables_done, tables;
    const char *waiting; /* what a worker waits for, or NULL */
};

struct migrate_inputs {
    const struct plan *plan;
    const struct idmap *const *ids;
    struct db *const
        *sources; /* each inside a read-only repeatable-read transaction that outlives the run */
    struct db *target; /* in a dry run inside a transaction */
    bool dry_run;
    bool exclusive; /* set indexes of empty tables aside, unless the mapping says otherwise */
    int jobs;       /* workers, each with connections of its own; a dry run has one, with these */
    bool joins;     /* the run is being carried out by another process, which has begun it */
    /* Opens one more connection, DB_TARGET or of the source with that number; from any thread. */
    bool (*open_target)(void *connections, const char *purpose, struct db **db, struct error *err);
    bool (*open_source)(void *connections, int source, const char *purpose, struct db **db,
                        struct error *err);
    void *connections;
    int64_t limits[CONTROL_LIMITS]; /* 0: none. The rates are of this process; a dry run, which is
                                       one transaction, keeps the rates only */
    struct store_run *run;          /* as store_begin_run() wants it; run_id is set */
    bool rejects_only;              /* the run is done; only its rejects are tried again */
    bool resume;                    /* the run is there already */
    bool changed;                   /* and mapping, ID maps or program changed since, on purpose */
    const int64_t *table_rows;  /* source rows of each plan table where they were counted, -1 where
                                   not; or NULL */
    int64_t max_rejects;        /* rows; -1: the percentage decides */
    double max_rejects_percent; /* of the rows expected */
    /* NULL, or whoever seals the run's events afterwards: NULL is there at first, and a witness as
     * soon as there is an audit table of which one can be had; the caller's then. */
    struct seal_witness **witness;
    /* NULL, or set where it fails since what was decided on the rows of a table does not hold:
     * resumed, it decides anew, with what it has learned. */
    atomic_bool *decides_anew;
    void (*progress)(void *context, const struct migrate_progress *progress); /* or NULL */
    void *context;
};

/*
 * Carries out the run. On success every table is done. The caller holds the store's lock, exclusive
 * (it becomes a shared one when the workers begin), or shared when it joins. Errors: EXIT_STOPPED,
 * EXIT_TOO_MANY_REJECTS, EXIT_INTERRUPTED, EXIT_TERMINATED (all can be resumed), EXIT_REFUSED. The
 * run's row in the store is ended by the caller.
 */
bool migrate_run(const struct migrate_inputs *inputs, struct error *err);

/* What is left to do when all rows are moved, for a process that has joined a run and takes it over
 * from the one that began it. The caller holds the store's lock, exclusive. */
bool migrate_take_over(const struct migrate_inputs *inputs, struct error *err);

#endif
