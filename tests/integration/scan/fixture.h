/* A scan of a database of the test's own. */
#ifndef TEST_SCAN_FIXTURE_H
#define TEST_SCAN_FIXTURE_H

#include "idmigrate_test.h"

#include "idmigrate/scan.h"

#include <criterion/criterion.h>

#define ID_A "user_2YDryYFVMM1W1plDDKz7Gzf4we6"
#define ID_B "user_2ZZZyYFVMM1W1plDDKz7Gzf4we6"
#define ID_N "user_01E4ZCR3C56J083X43JQXF3JK5"

struct fixture {
    struct test_database database;
    struct idmap_formats *formats;
    struct idmap *map; /* A has the new ID N */
    struct scan_finder *finder;
    struct scan_words *words;
    struct db *db;
    struct db_transaction snapshot;
    struct scan_request request; /* to be changed before fixture_scan() */
    struct scan_result result;
};

/* An empty database; formats clerk-user and workos-user. */
struct fixture fixture_open(const char *name);
/* Runs the scan as `role`, or as the superuser where it is NULL. */
void fixture_scan(struct fixture *fixture, const char *role);
void fixture_release(struct fixture *fixture);

/* "schema.table.column path [key] [part] kind rows", a line each, in the order of the result; to be
 * freed. */
char *fixture_places(const struct fixture *fixture);
/* Whether one of the lines of the result begins so. */
void assert_place(const struct fixture *fixture, const char *line);
const struct scan_gap *fixture_gap(const struct fixture *fixture, const char *name);

#endif
