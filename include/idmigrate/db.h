/*
 * PostgreSQL connections, queries, COPY and transactions: the only room that sees libpq.
 *
 * Every session is set up the same way whatever the role's own settings are (design, "Session,
 * first thing"): row_security off, empty search_path, UTC, ISO dates, postgres intervals,
 * extra_float_digits 3, hex bytea, UTF-8, no statement time-out. So all SQL names objects with
 * their schema. The server's DETAIL and CONTEXT quote rows; they never get into an error: SQLSTATE,
 * primary message (for SQLSTATE classes 22 and 23 a text of our own made of the condition, schema,
 * table, column and constraint, since primary messages quote values too), constraint and column do.
 */
#ifndef IDMIGRATE_DB_H
#define IDMIGRATE_DB_H

#include "idmigrate/error.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;        /* one connection */
struct db_result; /* rows of one query, whole in memory: for queries whose size is bounded */

enum db_side {
    DB_SOURCE,       /* read only: default_transaction_read_only on, idle time-outs off */
    DB_TARGET,       /* short lock_timeout, idle-in-transaction limit, TCP keep-alives,
                        client_connection_check_interval */
    DB_TARGET_READER /* the target, read only (check, verify, report) */
};

/* What one can say about a connection without telling a secret. Texts belong to the connection. */
struct db_identity {
    const char *host; /* host or socket directory */
    const char *port;
    const char *database;
    const char *role;              /* current_user */
    int version;                   /* 150018 */
    const char *system_identifier; /* of pg_control_system(), or "" where not allowed */
    const char *encoding;          /* of the database on the server, e.g. "UTF8" */
    bool is_standby;               /* pg_is_in_recovery() */
    bool is_superuser;
    bool bypasses_row_security;
};

/*
 * Connects. `uri` is a libpq connection string or URI, or "" for PG* variables only; `what` names
 * it in errors ("source app"). A password inside the string is accepted here (it may come from an
 * environment variable); refusing one in an argument is the command line's business. Errors:
 * EXIT_STOPPED without connection. A transaction pooler is looked for before the first SET with two
 * connections and is refused (EXIT_REFUSED) unless `uri`'s pooler check was done before in this
 * process. `application_name` becomes "idmigrate <purpose>".
 */
bool db_open(struct db **db, const char *uri, const char *what, enum db_side side,
             const char *purpose, struct error *err);
void db_close(struct db **db); /* for CLEANUP too; rolls back what is open; idempotent */
const struct db_identity *db_identity(const struct db *db);
/* By the servers' identity and the databases' names; where a role may not see the identity, by host
 * and port. */
bool db_is_same_database(const struct db *a, const struct db *b);
/* Whether the connection lives, as far as is known, and its transaction, if one is open, has not
 * failed. */
bool db_is_sound(const struct db *db);
/* Connects anew where the connection is gone; what the session held (locks, temporary tables) is
 * gone with it. `was_gone` says whether it was. Outside transactions. */
bool db_revive(struct db *db, bool *was_gone, struct error *err);
const char *db_what(const struct db *db);
/* Whether a connection string holds a password (to refuse it as an argument). False too when it
 * cannot be parsed. */
bool db_uri_has_password(const char *uri);

/* ---- queries
 * --------------------------------------------------------------------------------------------------
 */

/* Runs one or more statements without parameters, ignoring any rows. */
bool db_execute(struct db *db, const char *sql, struct error *err);

/*
 * Puts a statement off until the next one on this connection, with which it goes to the server in
 * one message; it fails as that one then. For what returns nothing and can hardly fail (SAVEPOINT,
 * RELEASE, SET LOCAL). A rollback of the transaction and a new connection forget it.
 */
void db_defer(struct db *db, const char *sql);
/*
 * Sends what was put off. Needed before a text that may be no SQL, such as a mapping's: the server
 * reads a message as a whole before it carries out anything of it, and a savepoint in front of such
 * a text would not be there to go back to.
 */
bool db_flush(struct db *db, struct error *err);

/* Runs one statement with `count` text parameters ($1 ...; NULL pointers are NULL). */
bool db_query(struct db *db, const char *sql, size_t count, const char *const *values,
              struct db_result **result, struct error *err);
/* The same where the rows do not matter; `affected` (may be NULL) gets the number of rows. */
bool db_command(struct db *db, const char *sql, size_t count, const char *const *values,
                int64_t *affected, struct error *err);
size_t db_result_rows(const struct db_result *result);
/* Borrowed text; NULL for NULL. The column is found by number from 0. */
const char *db_result_text(const struct db_result *result, size_t row, int column);
int64_t db_result_int64(const struct db_result *result, size_t row, int column); /* NULL gives 0 */
bool db_result_bool(const struct db_result *result, size_t row, int column); /* NULL gives false */
size_t db_result_length(const struct db_result *result, size_t row, int column);
void db_result_free(struct db_result **result); /* for CLEANUP too */

/* ---- COPY
 * -----------------------------------------------------------------------------------------------------
 */

/*
 * COPY ... TO STDOUT: begin, then next until `*line` is NULL. The line is in COPY text format, with
 * its newline, or, for (FORMAT binary), one tuple: a count of fields, then the fields, each with
 * its length; header and trailer are left out. Valid until the next call. One COPY at a time on a
 * connection.
 */
bool db_copy_out_begin(struct db *db, const char *sql, struct error *err);
bool db_copy_out_next(struct db *db, const char **line, size_t *length, struct error *err);
/* Ends a COPY early (cancels the query and reads the rest). */
bool db_copy_out_abandon(struct db *db, struct error *err);

/* COPY ... FROM STDIN: begin, put any number of bytes, end (with the number of rows the server
 * took). For (FORMAT binary) header and trailer are added here. */
bool db_copy_in_begin(struct db *db, const char *sql, struct error *err);
bool db_copy_in_put(struct db *db, const void *data, size_t length, struct error *err);
bool db_copy_in_end(struct db *db, int64_t *rows, struct error *err);
/* Gives up: the server takes none of the rows, and the statement has failed as far as its
 * transaction is concerned. */
bool db_copy_in_abandon(struct db *db, struct error *err);

/* ---- transactions
 * --------------------------------------------------------------------------------------------- */

/*
 * A transaction is a value: rolled back at the end of its scope unless committed.
 *     CLEANUP(db_transaction_release) struct db_transaction tx = {0};
 *     if (!db_begin(&tx, db, DB_READ_WRITE, err)) ...  db_commit(&tx, err)
 * BEGIN is deferred: what the server has against it, it says at the first statement.
 */
enum db_mode { DB_READ_WRITE, DB_READ_ONLY_SNAPSHOT /* repeatable read, read only */ };
struct db_transaction {
    struct db *db; /* NULL: none open */
};
bool db_begin(struct db_transaction *tx, struct db *db, enum db_mode mode, struct error *err);
/*
 * A read-only transaction that sees what another one sees, by the name that one was exported under
 * (pg_export_snapshot); it is to be had as long as any transaction that sees it lives. What a
 * transaction sees is exported outside savepoints; `name` is emptied first.
 */
bool db_begin_snapshot(struct db_transaction *tx, struct db *db, const char *name,
                       struct error *err);
bool db_export_snapshot(struct db *db, struct strbuf *name, struct error *err);
/* A connection lost in here leaves the outcome unknown: SQLSTATE 08007. */
bool db_commit(struct db_transaction *tx, struct error *err);
bool db_rollback(struct db_transaction *tx, struct error *err);
void db_transaction_release(struct db_transaction *tx);

/*
 * Savepoints. SAVEPOINT and RELEASE are deferred, so that trying something costs a server far away
 * no round trip of its own. Every one is released or rolled back (which releases it too): those
 * that are not use up the server's memory for locks.
 *     db_savepoint(db, "x");
 *     if (db_execute(db, ..., &failed)) db_savepoint_release(db, "x");
 *     else db_savepoint_rollback(db, "x", err)
 */
void db_savepoint(struct db *db, const char *name);
void db_savepoint_release(struct db *db, const char *name);
bool db_savepoint_rollback(struct db *db, const char *name, struct error *err);

/* Asks the server to cancel what runs on this connection; safe from another thread. */
void db_cancel(struct db *db);

/* ---- SQL texts
 * ------------------------------------------------------------------------------------------------
 */

/* Appends "name" with quotes doubled, and "schema"."name". */
void db_quote_identifier(struct strbuf *sql, const char *name);
void db_quote_name(struct strbuf *sql, const char *schema, const char *name);
/* Appends an SQL string constant that means the same whatever standard_conforming_strings is. */
void db_quote_literal(struct strbuf *sql, const char *text);

/* Appends the text of a text[] value, to be given as a $n (it is no SQL): {"a","b",NULL}. */
void db_format_array(struct strbuf *text, const char *const *values, size_t count);

/*
 * Fills the placeholders of a text from sql/: psql's :"name" becomes the quoted identifier and
 * :'name' the quoted constant. `names` are pairs of placeholder and value, ended by NULL:
 * {"schema", "public", "table", "users", NULL}. An unknown placeholder aborts: a bug.
 */
void db_fill(struct strbuf *sql, const char *text, const char *const *names);

/*
 * What the server named when a statement failed last on this connection, apart from the error's
 * text; empty where it named nothing. `line` and `copy_column` are of a COPY that failed at a row:
 * lines count from 1.
 */
enum { DB_NAME_SIZE = 64 };
struct db_place {
    char sqlstate[6];
    char column[DB_NAME_SIZE], constraint[DB_NAME_SIZE], copy_column[DB_NAME_SIZE];
    int64_t line;
};
const struct db_place *db_failure_place(const struct db *db);
void db_forget_failure(struct db *db);

/* Whether no other statement can be tried after this error: the connection is lost, the server goes
 * down, or the program was interrupted. */
bool db_error_is_fatal(const struct error *err);

/* Whether a failed statement may be tried again as it is (40001, 40P01, 55P03, 57014 not by us,
 * 08*, 57P0*). */
bool db_error_is_transient(const struct error *err);

#endif
