/*
 * Reading, statement by statement, so that one that the server refuses costs one check and not the
 * verification.
 *
 * Every statement runs under a savepoint: both sides are read inside transactions, which an error
 * would otherwise end.
 */
#ifndef VERIFY_COPY_H
#define VERIFY_COPY_H

#include "text.h"

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/plan.h"

#include <stdatomic.h>

struct copy {
    struct db *db;
    bool failed;
    const atomic_bool *stops; /* when it becomes true, reading fails without an error; or NULL */
    const char *line;         /* the line at hand, with its newline */
    size_t length;
};

/* Whether only the statement failed: the connection is well, and other checks can go on. */
bool copy_error_is_local(const struct error *err);

/* COPY ... TO STDOUT as it is, or of a query from sql/ whose $1, $2 ... are filled in as constants.
 */
bool copy_begin(struct copy *copy, struct db *db, const char *sql, struct error *err);
bool copy_begin_query(struct copy *copy, struct db *db, const char *query,
                      const char *const *values, struct error *err);
/* False at the end and on an error; copy_end() tells which. */
bool copy_next(struct copy *copy, struct span *fields, size_t count, struct error *err);
/* The same of a table's rows, in its codec. `content` is what the digest of the row is over. */
bool copy_next_row(struct copy *copy, const struct plan_table *table, struct span *fields,
                   struct span *content, struct error *err);
bool copy_next_line(struct copy *copy, struct error *err);
/* Ends it early, as failed. */
void copy_abandon(struct copy *copy);
bool copy_end(struct copy *copy, struct error *err);

/* One statement whose result is small. */
bool copy_query(struct db *db, const char *sql, size_t count, const char *const *values,
                struct db_result **result, struct error *err);

#endif
