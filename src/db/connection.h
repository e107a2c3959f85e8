/* The inside of a connection; only files of this room see it, and libpq. */
#ifndef IDMIGRATE_DB_CONNECTION_H
#define IDMIGRATE_DB_CONNECTION_H

#include "idmigrate/db.h"

#include <libpq-fe.h>
#include <stdatomic.h>

enum db_copy { DB_COPY_NONE, DB_COPY_OUT, DB_COPY_IN };

/* What is still to come of a COPY in the binary format. */
enum db_framing { DB_FRAMING_TEXT, DB_FRAMING_HEADER, DB_FRAMING_ROWS, DB_FRAMING_TRAILER };

struct db {
    PGconn *connection;
    PGcancel *cancel;          /* made once, so that another thread never looks into `connection` */
    atomic_bool was_cancelled; /* by db_cancel() during the statement that runs */
    char *what;
    enum db_side side;
    struct db_identity identity;
    struct db_result *identity_texts; /* what `identity` points into */
    struct db_result *system_texts;
    enum db_copy copy;
    enum db_framing framing; /* of that COPY: text has none; trailer: it was there */
    char *line;              /* COPY out: the row handed out last, libpq's memory */
    struct strbuf pending;   /* COPY in: bytes not yet given to libpq */
    struct strbuf deferred;  /* statements that go with the next, each with "; " behind it */
    struct db_place place;   /* of the last failure */
};

struct db_result {
    PGresult *result;
};

/* Owner of a PGresult for CLEANUP. */
void pgresult_release(PGresult **result);

/* connect.c: one libpq connection without any SET, so that a pooler can still be looked for. */
bool db_connect_plain(const char *uri, const char *what, const char *purpose, PGconn **connection,
                      struct error *err);

/*
 * pooler.c: refuses a transaction pooler behind `uri`. Looks once for each distinct `uri` in the
 * life of the process, with `first` (just opened, nothing sent) and a second connection of its own.
 */
bool db_refuse_pooler(PGconn *first, const char *uri, const char *what, struct error *err);

/* session.c: sends the settings, reads them back, fills `identity`. */
bool db_prepare_session(struct db *db, struct error *err);

/* failure.c: the error of a failed result (NULL: of the connection). Always false. */
bool db_fail(struct db *db, const PGresult *result, struct error *err);
bool db_fail_raw(const char *what, PGconn *connection, const PGresult *result, struct error *err);

/* Sets the SQLSTATE that goes with the error about to be set. */
void db_set_sqlstate(struct error *err, const char *sqlstate);

/* transaction.c: a BEGIN that is deferred counts. */
bool db_is_in_transaction(const struct db *db);

/* query.c: whether a statement may be sent now; a COPY that is not ended is a bug of the caller. */
bool db_is_ready(struct db *db, struct error *err);
/* Sends what was deferred and `sql` in one message; the result is that of the last statement, of
 * the COPY that begins, or of the first that failed. To be cleared; NULL as PQexec's. */
PGresult *db_send(struct db *db, const char *sql);
/* Reads results until there are no more. */
void db_drain(struct db *db);

#endif
