/* Opening and closing: connect, look for a pooler, set up the session. */
#include "connection.h"
#include "idmigrate/memory.h"

#include <stdlib.h>

bool
db_open(struct db **db, const char *uri, const char *what, enum db_side side, const char *purpose,
        struct error *err)
{
    CLEANUP(db_close) struct db *opened = memory_zalloc(sizeof *opened);
    opened->side = side;
    opened->what = memory_strdup(what);
    opened->pending = (struct strbuf)STRBUF_INIT;
    opened->deferred = (struct strbuf)STRBUF_INIT;
    if (!db_connect_plain(uri, what, purpose, &opened->connection, err) ||
        !db_refuse_pooler(opened->connection, uri, what, err))
        return false;
    opened->cancel = PQgetCancel(opened->connection);
    if (!db_prepare_session(opened, err))
        return false;
    *db = opened;
    opened = NULL;
    return true;
}

void
db_close(struct db **db)
{
    struct db *closed = *db;
    if (closed == NULL)
        return;
    PQfreemem(closed->line);
    PQfreeCancel(closed->cancel);
    PQfinish(closed->connection);
    db_result_free(&closed->identity_texts);
    db_result_free(&closed->system_texts);
    strbuf_release(&closed->pending);
    strbuf_release(&closed->deferred);
    free(closed->what);
    free(closed);
    *db = NULL;
}

const struct db_identity *
db_identity(const struct db *db)
{
    return &db->identity;
}

bool
db_is_same_database(const struct db *a, const struct db *b)
{
    const struct db_identity *x = db_identity(a), *y = db_identity(b);
    bool same_server = x->system_identifier[0] != '\0' && y->system_identifier[0] != '\0'
                           ? strcmp(x->system_identifier, y->system_identifier) == 0
                           : strcmp(x->host, y->host) == 0 && strcmp(x->port, y->port) == 0;
    return same_server && strcmp(x->database, y->database) == 0;
}

bool
db_is_sound(const struct db *db)
{
    return PQstatus(db->connection) == CONNECTION_OK &&
           PQtransactionStatus(db->connection) != PQTRANS_INERROR;
}

bool
db_revive(struct db *db, bool *was_gone, struct error *err)
{
    struct error ignored = ERROR_INIT;
    strbuf_reset(&db->deferred);
    *was_gone = !db_execute(db, "SELECT", &ignored) && PQstatus(db->connection) != CONNECTION_OK;
    if (!*was_gone)
        return true;
    PQreset(db->connection);
    if (PQstatus(db->connection) != CONNECTION_OK)
        return db_fail(db, NULL, err);
    PQfreeCancel(db->cancel);
    db->cancel = PQgetCancel(db->connection);
    db->identity = (struct db_identity){.host = NULL};
    db_result_free(&db->identity_texts);
    db_result_free(&db->system_texts);
    return db_prepare_session(db, err);
}

const char *
db_what(const struct db *db)
{
    return db->what;
}

void
db_cancel(struct db *db)
{
    /* A cancel that does not arrive is no failure of the statement: it goes on, and its result is
     * read. */
    char ignored[256];
    atomic_store(&db->was_cancelled, true);
    if (db->cancel != NULL)
        PQcancel(db->cancel, ignored, sizeof ignored);
}
