/* Everything that check_data() and plan_new() want, made from a mapping file and connection
 * strings. */
#ifndef CHECK_FIXTURE_H
#define CHECK_FIXTURE_H

#include "idmigrate/check.h"

#include <stdbool.h>
#include <stddef.h>

enum { FIXTURE_MOST = 16 };

struct fixture_options {
    const char *mapping;        /* path */
    const char *const *sources; /* one for each source of the mapping */
    const char *target;
    const char *formats; /* text of formats.json */
    bool strict;
    int64_t row_limit;
    bool in_transaction; /* the target connection is inside one already, as in a dry run */
};

struct fixture {
    struct mapping *mapping;
    struct db *sources[FIXTURE_MOST], *target;
    struct db_transaction transactions[FIXTURE_MOST], target_transaction;
    struct catalog source_catalogs[FIXTURE_MOST], target_catalog;
    struct idmap *ids[FIXTURE_MOST];
    struct idmap_formats *formats;
    struct plan *plan;
    struct findings findings; /* of check_data(); the plan has its own */
    struct check_table *tables;
};

/* Everything up to the plan; fails the running test when something cannot be had. */
struct fixture fixture_open(const struct fixture_options *options);
/* check_data(); fails the test when checking itself fails. */
void fixture_check(struct fixture *fixture, const struct fixture_options *options);
void fixture_release(struct fixture *fixture);

/*
 * The findings of plan and check as sorted lines "CODE table column rows [sample, sample]" with "-"
 * for what there is not. What depends on the machine (room on disk, other sessions) is left out
 * unless `all`. To be freed.
 */
char *fixture_list(const struct fixture *fixture, bool all);
/* Whether a finding with this code is there. */
bool fixture_has(const struct fixture *fixture, const char *code);

#endif
