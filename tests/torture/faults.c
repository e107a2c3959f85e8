/*
 * The program, in which the N-th call of its own fails. Linked with --wrap, so that only calls from
 * the program's objects come here: libpq and libc are the real ones.
 *
 *     IDMIGRATE_FAULT=KIND:N     the N-th call of that kind fails; KIND:N+ it and all after it
 *     IDMIGRATE_FAULT_LOG=FILE   what was called and what failed, a line each
 *
 *     lost      before a call that talks to a server, its connection breaks
 *     failed    such a call does nothing and tells of a failure, as libpq does without memory
 *     memory    malloc, calloc, realloc or vasprintf has none
 *
 * The log has for each call its number, its name and a digest of who called whom, and last the word
 * "fault" with the same for what failed: whoever steps through the calls knows when it is through,
 * and which are of one place.
 */
#include "faults.h"

#include <execinfo.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind { LOST, FAILED, MEMORY, NONE };
static const char *const kind_names[] = {"lost", "failed", "memory"};

static enum kind kind = NONE;
static long number;
static bool for_good;
static int log_file = -1;
static atomic_long calls;
static _Thread_local bool is_inside; /* backtrace() may need memory when it is first called */

__attribute__((constructor)) static void
read_wish(void)
{
    const char *wish = getenv("IDMIGRATE_FAULT");
    const char *path = getenv("IDMIGRATE_FAULT_LOG");
    const char *colon = wish != NULL ? strchr(wish, ':') : NULL;
    if (colon == NULL)
        return;
    for (int i = 0; i < NONE; i++)
        if (strncmp(wish, kind_names[i], (size_t)(colon - wish)) == 0)
            kind = (enum kind)i;
    number = strtol(colon + 1, NULL, 10);
    for_good = strchr(colon, '+') != NULL;
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file != NULL)
        log_file = fileno(file); /* open until the end */
}

/* Where the linker put the program's code. */
extern const char __executable_start[], etext[];

uint32_t
digest_of_frames(void *const *frames, int count)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (int i = 0; i < count; i++) {
        uintptr_t place = (uintptr_t)frames[i];
        /* Where a program is loaded differs from run to run; places in it do not. */
        if (place < (uintptr_t)__executable_start || place >= (uintptr_t)etext)
            break;
        hash = (hash ^ (place - (uintptr_t)__executable_start)) * 1099511628211u;
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t
digest_of_callers(void)
{
    enum { DEPTH = 9, OWN = 3 };
    void *frames[DEPTH];
    int depth = backtrace(frames, DEPTH);
    return digest_of_frames(frames + OWN, depth - OWN);
}

static void
note(const char *word, long call, const char *name, uint32_t callers)
{
    char line[128];
    int length = snprintf(line, sizeof line, "%s %ld %s %08x\n", word, call, name, callers);
    if (log_file >= 0 && write(log_file, line, (size_t)length) < 0)
        abort();
}

/* Whether this call is to fail. */
static bool
is_due(bool concerned, const char *name)
{
    if (!concerned || is_inside)
        return false;
    is_inside = true;
    long call = atomic_fetch_add(&calls, 1) + 1;
    bool due = call == number || (for_good && call > number && number > 0);
    uint32_t callers = log_file >= 0 ? digest_of_callers() : 0;
    note("call", call, name, callers);
    if (due)
        note("fault", call, name, callers);
    is_inside = false;
    return due;
}

/* True when the call is to fail by itself; a lost connection fails in the real call. */
static bool
fails(PGconn *connection, const char *name)
{
    if (!is_due(kind == LOST || kind == FAILED, name))
        return false;
    if (kind == FAILED)
        return true;
    if (connection != NULL && PQsocket(connection) >= 0)
        shutdown(PQsocket(connection), SHUT_RDWR);
    return false;
}

/* ---- libpq: what talks to a server ---- */

PGconn *__real_PQconnectdbParams(const char *const *keywords, const char *const *values,
                                 int expand);
PGconn *__wrap_PQconnectdbParams(const char *const *keywords, const char *const *values,
                                 int expand);
PGconn *
__wrap_PQconnectdbParams(const char *const *keywords, const char *const *values, int expand)
{
    if (fails(NULL, "PQconnectdbParams"))
        return NULL;
    return __real_PQconnectdbParams(keywords, values, expand);
}

void __real_PQreset(PGconn *connection);
void __wrap_PQreset(PGconn *connection);
void
__wrap_PQreset(PGconn *connection)
{
    if (!fails(connection, "PQreset"))
        __real_PQreset(connection);
}

PGresult *__real_PQexec(PGconn *connection, const char *sql);
PGresult *__wrap_PQexec(PGconn *connection, const char *sql);
PGresult *
__wrap_PQexec(PGconn *connection, const char *sql)
{
    return fails(connection, "PQexec") ? NULL : __real_PQexec(connection, sql);
}

PGresult *__real_PQexecParams(PGconn *connection, const char *sql, int count, const Oid *types,
                              const char *const *values, const int *lengths, const int *formats,
                              int format);
PGresult *__wrap_PQexecParams(PGconn *connection, const char *sql, int count, const Oid *types,
                              const char *const *values, const int *lengths, const int *formats,
                              int format);
PGresult *
__wrap_PQexecParams(PGconn *connection, const char *sql, int count, const Oid *types,
                    const char *const *values, const int *lengths, const int *formats, int format)
{
    if (fails(connection, "PQexecParams"))
        return NULL;
    return __real_PQexecParams(connection, sql, count, types, values, lengths, formats, format);
}

PGresult *__real_PQgetResult(PGconn *connection);
PGresult *__wrap_PQgetResult(PGconn *connection);
PGresult *
__wrap_PQgetResult(PGconn *connection)
{
    return fails(connection, "PQgetResult") ? NULL : __real_PQgetResult(connection);
}

int __real_PQgetCopyData(PGconn *connection, char **data, int async);
int __wrap_PQgetCopyData(PGconn *connection, char **data, int async);
int
__wrap_PQgetCopyData(PGconn *connection, char **data, int async)
{
    if (fails(connection, "PQgetCopyData")) {
        *data = NULL;
        return -2;
    }
    return __real_PQgetCopyData(connection, data, async);
}

int __real_PQputCopyData(PGconn *connection, const char *data, int length);
int __wrap_PQputCopyData(PGconn *connection, const char *data, int length);
int
__wrap_PQputCopyData(PGconn *connection, const char *data, int length)
{
    return fails(connection, "PQputCopyData") ? -1 : __real_PQputCopyData(connection, data, length);
}

int __real_PQputCopyEnd(PGconn *connection, const char *message);
int __wrap_PQputCopyEnd(PGconn *connection, const char *message);
int
__wrap_PQputCopyEnd(PGconn *connection, const char *message)
{
    return fails(connection, "PQputCopyEnd") ? -1 : __real_PQputCopyEnd(connection, message);
}

int __real_PQconsumeInput(PGconn *connection);
int __wrap_PQconsumeInput(PGconn *connection);
int
__wrap_PQconsumeInput(PGconn *connection)
{
    return fails(connection, "PQconsumeInput") ? 0 : __real_PQconsumeInput(connection);
}

PGcancel *__real_PQgetCancel(PGconn *connection);
PGcancel *__wrap_PQgetCancel(PGconn *connection);
PGcancel *
__wrap_PQgetCancel(PGconn *connection)
{
    return fails(connection, "PQgetCancel") ? NULL : __real_PQgetCancel(connection);
}

/* ---- memory ---- */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *
__wrap_malloc(size_t size)
{
    return is_due(kind == MEMORY, "malloc") ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *
__wrap_calloc(size_t count, size_t size)
{
    return is_due(kind == MEMORY, "calloc") ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *
__wrap_realloc(void *memory, size_t size)
{
    return is_due(kind == MEMORY, "realloc") ? NULL : __real_realloc(memory, size);
}

int __real_vasprintf(char **text, const char *format, va_list arguments);
int __wrap_vasprintf(char **text, const char *format, va_list arguments);
int
__wrap_vasprintf(char **text, const char *format, va_list arguments)
{
    return is_due(kind == MEMORY, "vasprintf") ? -1 : __real_vasprintf(text, format, arguments);
}
