/*
 * Prove the result: reads both sides again and never asks the writer. Knows nothing of migrate or
 * row; recomputes what each row must have become with code of its own.
 */
#ifndef IDMIGRATE_VERIFY_H
#define IDMIGRATE_VERIFY_H

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/plan.h"
#include "idmigrate/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of the checks, in the order in which they are made; NULL ends the list. */
extern const char *const verify_check_names[];

/* Whether a check is asked for; `table` is NULL for those that are about the run as a whole. */
typedef bool verify_selects(void *context, const char *check, const struct plan_table *table);

struct verify_table_name {
    const char *schema, *name;
};

struct verify_inputs {
    const struct plan *plan;
    /*
     * What is looked for all over the target, beyond the columns of the run's tables; NULL `ids`:
     * nothing is. One map, frozen, for each of the mapping's; formats may be NULL.
     */
    const struct idmap *const *ids;
    const struct idmap_formats *formats;
    bool looks_into_bytea; /* as text */
    /* ID maps in place of those that the run no longer keeps: one for each of the mapping's, NULL
     * where it is not given; or NULL: none is. Their digests must be those that the run recorded.
     */
    const struct idmap *const *given_ids;
    const struct verify_table_name *map_tables; /* of the target, that hold such maps */
    size_t map_table_count;
    verify_selects *selects; /* NULL: all of them; what is not selected is not in the result */
    void *selection;
    const struct store_run *run;
    struct db *const
        *sources;      /* one for each mapping source, each inside a read-only repeatable-read
                          transaction; NULL: no connection, its checks are "not checked" */
    struct db *target; /* a reader of its own; in a dry run the writer's connection, inside its
                          transaction */
    int jobs; /* from 2 on, events are read beside the rows, by one more connection to the target;
                 in a dry run there is only the one */
    /* Opens that connection, DB_TARGET_READER; NULL: there can be none. Where it cannot be had,
       all goes by the first one. */
    bool (*open_target)(void *connections, struct db **db, struct error *err);
    void *connections;
    size_t
        difference_limit; /* rows named per check; the rest is counted and the result is partial */
    void (*progress)(void *context, const char *check, const char *label,
                     int64_t rows); /* or NULL; one call at a time */
    void *context;
};

struct verify_result {
    struct store_check *checks;
    size_t count;
    int64_t events;          /* that carry the run's ID, counted; -1: they were not */
    enum exit_status status; /* EXIT_DONE, EXIT_DIFFERENT, EXIT_NOT_CHECKED */
};

/* False only when verification itself could not be carried out (lost connection); differences are a
 * result. */
bool verify_run(const struct verify_inputs *inputs, struct verify_result *result,
                struct error *err);
/* The same of a run that was undone: nothing of it is left. Reads the target only, inside the
 * caller's transaction; the plan need not know the source's tables. */
bool verify_undone(const struct verify_inputs *inputs, struct verify_result *result,
                   struct error *err);
void verify_result_release(struct verify_result *result);

#endif
