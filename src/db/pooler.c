/*
 * Looking for a transaction pooler before the first SET.
 *
 * Behind such a pooler a session setting stays on whatever server connection it met, where the
 * application finds it. What gives it away: two client connections share one server process, or one
 * client connection changes its process between two transactions. Nothing is set or written by
 * looking.
 */
#include "connection.h"
#include "idmigrate/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Strings looked behind in this process. The lock is held while looking: workers that start
 * together look once. */
static struct {
    pthread_mutex_t lock;
    char **uris;
    size_t count, capacity;
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
finish_release(PGconn **connection)
{
    PQfinish(*connection);
    *connection = NULL;
}

static bool
run(PGconn *connection, const char *what, const char *sql, int *pid, struct error *err)
{
    CLEANUP(pgresult_release) PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        return db_fail_raw(what, connection, result, err);
    if (pid != NULL)
        *pid = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
    return true;
}

/*
 * A, then B inside a transaction, then A again; and the same with the roles changed, for poolers
 * that hand out servers in turn. It ends with the first sign: a pool of one server would let the
 * other connection wait for it until the pooler gives up.
 */
static bool
is_shared(PGconn *a, PGconn *b, const char *what, bool *shared, struct error *err)
{
    static const char ask[] = "SELECT pg_catalog.pg_backend_pid()",
                      begin[] = "BEGIN; SELECT pg_catalog.pg_backend_pid()", end[] = "ROLLBACK";
    struct {
        PGconn *connection;
        const char *sql;
    } const steps[] = {{a, ask}, {b, begin}, {a, ask}, {b, end},
                       {b, ask}, {a, begin}, {b, ask}, {a, end}};
    int pid_a = 0;
    int pid_b = 0;

    *shared = false;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !*shared; i++) {
        int pid = 0;
        if (!run(steps[i].connection, what, steps[i].sql, steps[i].sql != end ? &pid : NULL, err))
            return false;
        if (pid == 0)
            continue;
        int *seen = steps[i].connection == a ? &pid_a : &pid_b;
        *shared = *shared || (*seen != 0 && *seen != pid);
        *seen = pid;
        *shared = *shared || pid_a == pid_b;
    }
    return true;
}

static bool
refuse(const char *what, struct error *err)
{
    error_clear(err);
    error_set(err, EXIT_REFUSED,
              "%s: a connection pooler in transaction mode stands between here and the server; "
              "settings of a session would leak into the application's connections",
              what);
    return error_hint(err, "connect to the server directly, or to a pool in session mode");
}

static bool
look(PGconn *first, const char *uri, const char *what, struct error *err)
{
    CLEANUP(finish_release) PGconn *second = NULL;
    bool shared;
    if (!db_connect_plain(uri, what, "pooler test", &second, err))
        return false;
    if (!is_shared(first, second, what, &shared, err)) {
        /* "transaction blocks not allowed in statement pooling mode": no server says that. */
        if (strstr(err->text, "statement pooling") != NULL)
            return refuse(what, err);
        return error_context(err, "looking for a connection pooler");
    }
    return shared ? refuse(what, err) : true;
}

bool
db_refuse_pooler(PGconn *first, const char *uri, const char *what, struct error *err)
{
    bool done = false;
    pthread_mutex_lock(&known.lock);
    for (size_t i = 0; i < known.count && !done; i++)
        done = strcmp(known.uris[i], uri) == 0;
    if (!done && look(first, uri, what, err)) {
        *ARRAY_ADD(known.uris, known.count, known.capacity) = memory_strdup(uri);
        done = true;
    }
    pthread_mutex_unlock(&known.lock);
    return done;
}
