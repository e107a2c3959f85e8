/* A database with the schema idmigrate in it, and runs to fill it with. */
#ifndef TEST_STORE_H
#define TEST_STORE_H

#include "idmigrate_test.h"

#include "idmigrate/db.h"
#include "idmigrate/store.h"

#include <criterion/criterion.h>

struct store {
    struct test_database database;
    struct db *db;
    PGconn *own; /* the test's own connection */
};

struct store store_open(const char *name); /* an empty database */
struct store store_open_installed(const char *name);
void store_release(struct store *store);
struct db *store_connect(const struct store *store, const char *purpose);

#define RUN_ONE "11111111-aaaa-4aaa-8aaa-000000000001"
#define RUN_TWO "11111111-bbbb-4bbb-8bbb-000000000002"

/* A run of the mapping "eleva", begun. */
void begin_run(struct store *store, const char *run_id);
/* A table of it, as the mapping's entry `table_no`. */
void put_table(struct store *store, const char *run_id, int table_no, int step);
/* A chunk of the first ten blocks, pending. */
void put_chunk(struct store *store, const char *run_id, int table_no, int chunk_no);

/* The call under test must succeed; the error is shown when it does not. */
#define assert_done(call) cr_assert(call, "%s / %s", err.text, err.hint)
#define assert_fails(call, status)                                                                 \
    do {                                                                                           \
        cr_assert(!(call), "it did not fail");                                                     \
        cr_expect_eq(err.code, status, "%s", err.text);                                            \
    } while (0)
#define expect_text(text, part)                                                                    \
    cr_expect_neq(strstr(text, part), NULL, "'%s' is not in: %s", part, text)

#endif
