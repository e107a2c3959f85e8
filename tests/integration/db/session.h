/* A database of one test with a connection of the room db to it. */
#ifndef TEST_DB_SESSION_H
#define TEST_DB_SESSION_H

#include "idmigrate_test.h"

#include "idmigrate/db.h"

#include <criterion/criterion.h>

struct session {
    struct test_database database;
    struct db *db;
};

static inline void
session_release(struct session *session)
{
    db_close(&session->db);
    test_database_release(&session->database);
}

static inline struct session
session_open(const char *name, enum db_side side)
{
    struct error err = ERROR_INIT;
    struct session session = {.database = test_database_create(name)};
    cr_assert(db_open(&session.db, session.database.conninfo, "target", side, "test", &err),
              "%s / %s", err.text, err.hint);
    return session;
}

/* The first column of the first row, as the session under test sees it. */
static inline char *
session_text(struct db *db, const char *sql)
{
    struct error err = ERROR_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    cr_assert(db_query(db, sql, 0, NULL, &result, &err), "%s", err.text);
    const char *text = db_result_text(result, 0, 0);
    return memory_strdup(text != NULL ? text : "");
}

static inline void
session_execute(struct db *db, const char *sql)
{
    struct error err = ERROR_INIT;
    cr_assert(db_execute(db, sql, &err), "%s", err.text);
}

static inline void
assert_session_text(struct db *db, const char *sql, const char *expected)
{
    CLEANUP(memory_free_string) char *text = session_text(db, sql);
    cr_expect_str_eq(text, expected, "%s: '%s' and not '%s'", sql, text, expected);
}

#endif
