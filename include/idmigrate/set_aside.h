/*
 * Indexes, unique constraints and foreign keys of empty tables, taken away before loading and
 * brought back after it: building an index at once is much faster than adding to it row by row.
 *
 * What is taken away is in the store (idmigrate.set_aside) in the same transaction, with everything
 * that the catalogue said about it. Before that, in the same transaction too, all of it is taken
 * away and brought back once for trial, while the tables are empty, and the catalogue compared:
 * what would not come back as it was stays where it is.
 */
#ifndef IDMIGRATE_SET_ASIDE_H
#define IDMIGRATE_SET_ASIDE_H

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct set_aside_table {
    uint32_t oid;
    const char *schema, *name;
    const char *keeps_keys; /* why what its rows might violate must stay, or NULL */
};

struct set_aside_request {
    struct db *target; /* no transaction open */
    const char *run_id;
    const struct set_aside_table *tables;
    size_t table_count;
};

/*
 * Sets aside what it can of those tables that are empty, in one transaction, tried again for a
 * while when others hold locks. What stays is in the store too, with the reason. Calling it again
 * does nothing for tables whose things are aside.
 */
bool set_aside_tables(const struct set_aside_request *request, struct error *err);

struct rebuild_request {
    struct db *target; /* no transaction open */
    const char *run_id;
    int jobs; /* how many connections work at once, the target's included */
    /* Opens one more connection to the target; NULL: there is only the one. */
    bool (*open_target)(void *context, const char *purpose, struct db **db, struct error *err);
    void *open_context;
    /*
     * Called when rows violate what is to come back, with nothing else going on and all foreign
     * keys of the run aside: takes rows back until none does. NULL: it is an error.
     */
    bool (*take_back)(void *context, const struct store_aside *items, size_t count,
                      const struct store_aside *violated, struct error *err);
    void *take_back_context; /* of `order`, too */
    /* Which of several that rows violate is looked at first: the least, then the first by number.
     */
    int (*order)(void *context, const struct store_aside *item);
    /* Called now and then with what goes on; may be NULL. */
    void (*progress)(void *context, const char *what, int done, int count);
    void *progress_context;
};

/* Brings back all that a run has set aside, and has the server look at the tables (ANALYZE). Can be
 * called again after a crash at any moment. */
bool rebuild_run(const struct rebuild_request *request, struct error *err);

#endif
