/*
 * A small application that was moved by a real run, and a look at the result. Everything fails the
 * running test with a word on what went wrong.
 */
#ifndef VERIFY_FIXTURE_H
#define VERIFY_FIXTURE_H

#include "idmigrate_test.h"

#include "idmigrate/catalog.h"
#include "idmigrate/db.h"
#include "idmigrate/plan.h"
#include "idmigrate/store.h"
#include "idmigrate/verify.h"

enum { FIXTURE_MAPS = 2 };

/* Both sides of a run, open, with its plan. */
struct sides {
    struct db *source, *target;
    const char *source_conninfo, *target_conninfo; /* borrowed */
    struct db_transaction snapshot;
    struct catalog source_catalog, target_catalog;
    struct mapping *mapping;
    struct idmap *ids[FIXTURE_MAPS];
    struct plan *plan;
    struct store_run run;
};
#define SIDES_INIT                                                                                 \
    {                                                                                              \
        .source = NULL                                                                             \
    }

/* Opens the two databases and plans; `side` is DB_TARGET to write. */
void sides_open(struct sides *sides, const char *source_conninfo, const char *target_conninfo,
                enum db_side side);
void sides_close(struct sides *sides);
/* Carries out the run. In a dry run the caller has begun a transaction. */
void sides_migrate(struct sides *sides, bool dry_run);
/* The run that is in the target, as verification wants it. */
void sides_find_run(struct sides *sides);

/* Verifies with everything that is open; `with_source` false: as if the source could not be
 * reached. */
void sides_verify(struct sides *sides, bool with_source, struct verify_result *result);

/* Databases "<name>_s" and "<name>_t" with the application before its run. */
struct application {
    struct test_database source, target;
};
struct application application_create(const char *name);
void application_release(struct application *application);
/* The same after its run. */
struct application application_moved(const char *name);

/* ---- results ---- */

/* The check of a table (by the target's label; NULL: of no table), or NULL. */
const struct store_check *result_find(const struct verify_result *result, const char *check,
                                      const char *label);
/* Checks that are not equal, one a line, with their differences: for messages. To be freed. */
char *result_describe(const struct verify_result *result);

#endif
