/* Transactions as values: whoever does not commit rolls back. */
#include "connection.h"
#include "idmigrate/memory.h"

#include <string.h>

bool
db_is_in_transaction(const struct db *db)
{
    return db->deferred.length > 0 || PQtransactionStatus(db->connection) == PQTRANS_INTRANS;
}

bool
db_begin(struct db_transaction *tx, struct db *db, enum db_mode mode, struct error *err)
{
    /* Everything is said: the role may have other defaults. */
    static const char *const begins[] = {
        [DB_READ_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        [DB_READ_ONLY_SNAPSHOT] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    };
    if (mode == DB_READ_WRITE && db->side != DB_TARGET)
        return error_set(err, EXIT_BUG,
                         "%s: a writing transaction was begun where nothing is written", db->what);
    if (tx->db != NULL || db_is_in_transaction(db))
        return error_set(err, EXIT_BUG, "%s: a transaction was begun inside another", db->what);
    if (mode == DB_READ_WRITE && db->identity.is_standby) {
        error_set(err, EXIT_REFUSED, "%s: the server is a standby, which takes no writes",
                  db->what);
        return error_hint(err, "connect to the primary");
    }
    db_defer(db, begins[mode]);
    tx->db = db;
    return true;
}

bool
db_begin_snapshot(struct db_transaction *tx, struct db *db, const char *name, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "SET TRANSACTION SNAPSHOT ");
    db_quote_literal(&sql, name);
    if (!db_begin(tx, db, DB_READ_ONLY_SNAPSHOT, err))
        return false;
    if (db_execute(db, sql.data, err))
        return true;
    db_transaction_release(tx);
    return false;
}

/* "ROLLBACK TO SAVEPOINT " and the like, with the name behind it. */
static void
add_about(struct strbuf *sql, const char *command, const char *name)
{
    strbuf_add_string(sql, command);
    db_quote_identifier(sql, name);
}

static void
defer_about(struct db *db, const char *command, const char *name)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    add_about(&sql, command, name);
    db_defer(db, sql.data);
}

void
db_savepoint(struct db *db, const char *name)
{
    defer_about(db, "SAVEPOINT ", name);
}

void
db_savepoint_release(struct db *db, const char *name)
{
    defer_about(db, "RELEASE SAVEPOINT ", name);
}

bool
db_savepoint_rollback(struct db *db, const char *name, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    add_about(&sql, "ROLLBACK TO SAVEPOINT ", name);
    add_about(&sql, "; RELEASE SAVEPOINT ", name);
    return db_execute(db, sql.data, err);
}

bool
db_export_snapshot(struct db *db, struct strbuf *name, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    strbuf_reset(name);
    if (!db_query(db, "SELECT pg_catalog.pg_export_snapshot()", 0, NULL, &result, err))
        return error_context(err, "exporting the snapshot");
    strbuf_add_string(name, db_result_text(result, 0, 0));
    return true;
}

/*
 * When the connection is lost here nobody knows whether the server committed: SQLSTATE 08007, and
 * the caller has to look (design: by waiting for the ledger row's lock).
 */
bool
db_commit(struct db_transaction *tx, struct error *err)
{
    struct db *db = tx->db;
    if (db == NULL)
        return error_set(err, EXIT_BUG, "a transaction was committed that is not open");
    if (!db_is_ready(db, err))
        return false;

    tx->db = NULL;
    CLEANUP(pgresult_release) PGresult *result = db_send(db, "COMMIT");
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        bool is_first = !err->is_set;
        db_fail(db, result, err);
        if (is_first && PQstatus(db->connection) != CONNECTION_OK) {
            memcpy(err->sqlstate, "08007", sizeof err->sqlstate);
            error_context(err, "during COMMIT, so that its outcome is not known");
        }
        return false;
    }
    /* A COMMIT after a failed statement succeeds as a command, and is a rollback. */
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
        return error_set(err, EXIT_STOPPED,
                         "%s: the transaction had failed before its COMMIT and was rolled back",
                         db->what);
    return true;
}

bool
db_rollback(struct db_transaction *tx, struct error *err)
{
    struct db *db = tx->db;
    tx->db = NULL;
    if (db == NULL)
        return true;
    strbuf_reset(&db->deferred);
    if (PQtransactionStatus(db->connection) == PQTRANS_IDLE)
        return true;
    if (!db_copy_out_abandon(db, err) || !db_copy_in_abandon(db, err))
        return false;
    return db_execute(db, "ROLLBACK", err);
}

void
db_transaction_release(struct db_transaction *tx)
{
    /* Nobody to tell: when it fails the connection is gone, and the server rolls back by itself. */
    struct error ignored = ERROR_INIT;
    db_rollback(tx, &ignored);
}
