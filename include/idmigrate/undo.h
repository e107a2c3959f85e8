/*
 * Takes back what a run wrote: rows that are still as it wrote them are removed, rows that it
 * changed get their former values back, and whatever the application changed since, or refers to
 * now, is left as it is and named.
 *
 * It needs the target alone: what was written is known from the run's audit events and from what it
 * kept in the store. Tables go in reverse order, in chunks of one transaction each, which holds the
 * change, its audit events and the count of it; so an undo can be resumed after any crash.
 */
#ifndef IDMIGRATE_UNDO_H
#define IDMIGRATE_UNDO_H

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/plan.h"
#include "idmigrate/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct undo_progress {
    const char *phase; /* "listing", "taking back" */
    const char *label; /* of the table */
    int64_t table_rows, table_rows_expected;
    int64_t refused; /* of the whole undo */
};

struct undo_inputs {
    const struct plan *plan; /* of the run's mapping; its source tables may be unknown */
    struct db *target;       /* holds the store's lock; in a dry run inside a transaction */
    const struct store_run *run;
    const char *operator; /* kept with the undo */
    bool dry_run;
    void (*progress)(void *context, const struct undo_progress *progress); /* or NULL */
    void *context;
};

/* What there is to do, before anything is written. Tables in the order in which they are taken
 * back. */
struct undo_outlook_table {
    const char *label;
    int64_t to_remove, to_restore; /* rows that the ledger counts, less what is done */
    int64_t refused;               /* so far */
    int64_t kept;                  /* audit records, which are evidence and stay */
    char **triggers; /* of the application's, that will fire: "touch fires for rows that ..." */
    size_t trigger_count;
};
struct undo_outlook {
    struct undo_outlook_table *tables;
    size_t count;
    bool is_begun, is_done; /* by an earlier attempt */
};

struct undo;
/* Refuses (EXIT_REFUSED) what cannot be undone as it stands: a later run stands on this one,
 * another undo is unfinished, a table or column is gone, a privilege is missing. */
bool undo_open(struct undo **undo, const struct undo_inputs *inputs, struct error *err);
const struct undo_outlook *undo_outlook(const struct undo *undo);
/* Carries it out; `refused` gets the number of rows that were left as they are. Errors:
 * EXIT_STOPPED, EXIT_INTERRUPTED, EXIT_TERMINATED (the same call again goes on), EXIT_REFUSED. */
bool undo_run(struct undo *undo, int64_t *refused, struct error *err);
void undo_close(struct undo **undo); /* for CLEANUP too */

/* Forgets what an undo of the run would need: former values. It can no longer be undone. */
bool undo_forget(struct db *target, const char *run_id, struct error *err);

#endif
