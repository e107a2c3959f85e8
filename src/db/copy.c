/*
 * COPY in both directions; see query.c for why nothing here looks at signals.
 *
 * In the binary format (PostgreSQL documentation, COPY, "Binary Format") a header goes before the
 * rows and a trailer behind them. The server sends the header with the first row and the trailer
 * alone, but nothing promises that: what is neither is refused, and a COPY without its trailer is
 * not complete.
 */
#include "connection.h"
#include "idmigrate/memory.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* What one message to the server holds: libpq keeps a whole message in memory, so a row of 1 GB
 * goes in pieces. */
enum { PIECE = 64 * 1024 };

/* The header: signature, flags (none), length of an extension (none); the trailer: a count of -1.
 */
static const char binary_header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
static const char binary_trailer[] = {'\377', '\377'};
enum { HEADER_SIZE = 19 };

static bool
begin(struct db *db, const char *sql, ExecStatusType wanted, enum db_copy direction,
      struct error *err)
{
    if (!db_is_ready(db, err))
        return false;
    CLEANUP(pgresult_release) PGresult *result = db_send(db, sql);
    if (PQresultStatus(result) == wanted) {
        db->copy = direction;
        db->framing = PQbinaryTuples(result) ? DB_FRAMING_HEADER : DB_FRAMING_TEXT;
        return true;
    }
    if (PQresultStatus(result) == PGRES_FATAL_ERROR || result == NULL)
        return db_fail(db, result, err);
    return error_set(err, EXIT_BUG, "%s: what was sent is no COPY in this direction", db->what);
}

/* Takes the COPY's own result and everything behind it; the first failure is the one that counts.
 */
static bool
end(struct db *db, int64_t *rows, struct error *err)
{
    CLEANUP(pgresult_release) PGresult *result = PQgetResult(db->connection);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    db->copy = DB_COPY_NONE;
    if (!done)
        db_fail(db, result, err);
    else if (rows != NULL)
        *rows = strtoll(PQcmdTuples(result), NULL, 10);
    db_drain(db);
    return done;
}

static void
forget_line(struct db *db)
{
    PQfreemem(db->line);
    db->line = NULL;
}

bool
db_copy_out_begin(struct db *db, const char *sql, struct error *err)
{
    return begin(db, sql, PGRES_COPY_OUT, DB_COPY_OUT, err);
}

bool
db_copy_out_abandon(struct db *db, struct error *err)
{
    if (db->copy != DB_COPY_OUT)
        return true;
    db_cancel(db);
    int size;
    do {
        forget_line(db);
        size = PQgetCopyData(db->connection, &db->line, 0);
    } while (size > 0);
    /* Whether the cancel or the last row came first does not matter: the COPY is over either way.
     */
    db->copy = DB_COPY_NONE;
    db_drain(db);
    return PQstatus(db->connection) == CONNECTION_OK ? true : db_fail(db, NULL, err);
}

/* What goes before the rows; `*line` is behind it afterwards. */
static bool
take_header(struct db *db, const char **line, size_t *length)
{
    uint32_t extension;
    if (*length < HEADER_SIZE || memcmp(*line, binary_header, HEADER_SIZE - sizeof extension) != 0)
        return false;
    memcpy(&extension, *line + HEADER_SIZE - sizeof extension, sizeof extension);
    if (ntohl(extension) > *length - HEADER_SIZE)
        return false;
    *line += HEADER_SIZE + ntohl(extension);
    *length -= HEADER_SIZE + ntohl(extension);
    db->framing = DB_FRAMING_ROWS;
    return true;
}

/* Leaves the row in `*line`, or nothing of a message that holds none. */
static bool
take_frame(struct db *db, const char **line, size_t *length, struct error *err)
{
    if (db->framing == DB_FRAMING_TEXT)
        return true;
    bool good = db->framing != DB_FRAMING_HEADER || take_header(db, line, length);
    if (good && *length == sizeof binary_trailer &&
        memcmp(*line, binary_trailer, sizeof binary_trailer) == 0 &&
        db->framing == DB_FRAMING_ROWS) {
        db->framing = DB_FRAMING_TRAILER;
        *length = 0;
    } else if (db->framing == DB_FRAMING_TRAILER) {
        good = false;
    }
    return good || error_set(err, EXIT_BUG, "%s: what was sent is no binary COPY", db->what);
}

static bool
end_out(struct db *db, struct error *err)
{
    bool is_whole = db->framing == DB_FRAMING_TEXT || db->framing == DB_FRAMING_TRAILER;
    /* Complete, or ended by the server with an error. */
    return end(db, NULL, err) &&
           (is_whole || error_set(err, EXIT_BUG, "%s: a binary COPY without an end", db->what));
}

bool
db_copy_out_next(struct db *db, const char **line, size_t *length, struct error *err)
{
    *line = NULL;
    *length = 0;
    if (db->copy != DB_COPY_OUT)
        return error_set(err, EXIT_BUG, "%s: a COPY was read that was not begun", db->what);
    int size;
    do {
        forget_line(db);
        size = PQgetCopyData(db->connection, &db->line, 0);
        const char *row = db->line;
        size_t left = size > 0 ? (size_t)size : 0;
        if (left > 0 && !take_frame(db, &row, &left, err)) {
            struct error ignored = ERROR_INIT;
            db_copy_out_abandon(db, &ignored);
            return false;
        }
        if (left > 0) {
            *line = row;
            *length = left;
            return true;
        }
    } while (size > 0);
    if (size == -1)
        return end_out(db, err);

    /* -2: libpq itself failed, for want of a connection or of memory for one row. */
    db_fail(db, NULL, err);
    db->copy = DB_COPY_NONE;
    db_drain(db);
    return false;
}

bool
db_copy_in_begin(struct db *db, const char *sql, struct error *err)
{
    strbuf_reset(&db->pending);
    if (!begin(db, sql, PGRES_COPY_IN, DB_COPY_IN, err))
        return false;
    if (db->framing != DB_FRAMING_TEXT)
        strbuf_add(&db->pending, binary_header, HEADER_SIZE);
    return true;
}

/* A write that fails has a reason that the server may have sent before it hung up. */
static bool
send_piece(struct db *db, const char *data, size_t length, struct error *err)
{
    if (length == 0 || PQputCopyData(db->connection, data, (int)length) == 1)
        return true;
    CLEANUP(pgresult_release) PGresult *result = PQgetResult(db->connection);
    bool is_reason = PQresultStatus(result) == PGRES_FATAL_ERROR;
    db_fail(db, is_reason ? result : NULL, err);
    db->copy = DB_COPY_NONE;
    db_drain(db);
    return false;
}

static bool
send_pending(struct db *db, struct error *err)
{
    bool done = send_piece(db, db->pending.data, db->pending.length, err);
    strbuf_reset(&db->pending);
    return done;
}

bool
db_copy_in_put(struct db *db, const void *data, size_t length, struct error *err)
{
    const char *bytes = data;
    if (db->copy != DB_COPY_IN)
        return error_set(err, EXIT_BUG, "%s: a COPY was written that was not begun", db->what);
    if (db->pending.length + length <= PIECE) {
        strbuf_add(&db->pending, bytes, length);
        return true;
    }
    if (!send_pending(db, err))
        return false;
    for (; length > PIECE; bytes += PIECE, length -= PIECE)
        if (!send_piece(db, bytes, PIECE, err))
            return false;
    strbuf_add(&db->pending, bytes, length);
    return true;
}

bool
db_copy_in_end(struct db *db, int64_t *rows, struct error *err)
{
    if (db->copy != DB_COPY_IN)
        return error_set(err, EXIT_BUG, "%s: a COPY was ended that was not begun", db->what);
    if (db->framing != DB_FRAMING_TEXT)
        strbuf_add(&db->pending, binary_trailer, sizeof binary_trailer);
    if (!send_pending(db, err))
        return false;
    if (PQputCopyEnd(db->connection, NULL) != 1) {
        db->copy = DB_COPY_NONE;
        return db_fail(db, NULL, err);
    }
    return end(db, rows, err);
}

bool
db_copy_in_abandon(struct db *db, struct error *err)
{
    if (db->copy != DB_COPY_IN)
        return true;
    strbuf_reset(&db->pending);
    PQputCopyEnd(db->connection, "given up by the client");
    db->copy = DB_COPY_NONE;
    db_drain(db); /* the error that we asked for */
    return PQstatus(db->connection) == CONNECTION_OK ? true : db_fail(db, NULL, err);
}
