/*
 * Failpoints: IDMIGRATE_FAILPOINT="name" or "name:3" ends the program with SIGKILL when it gets
 * there for the first or third time, so that a test can crash it at every step;
 * IDMIGRATE_CHUNK_BLOCKS=1 and IDMIGRATE_CHUNK_ROWS=1 give small tables many chunks. Compiled in
 * for tests only.
 */
#include "idmigrate/failpoint.h"

#ifdef IDMIGRATE_FAILPOINTS

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
failpoint(const char *name)
{
    static atomic_long hits; /* workers are threads */
    const char *wanted = getenv("IDMIGRATE_FAILPOINT");
    size_t length = strlen(name);
    if (wanted == NULL || strncmp(wanted, name, length) != 0 ||
        (wanted[length] != '\0' && wanted[length] != ':'))
        return;
    long at = wanted[length] == ':' ? strtol(wanted + length + 1, NULL, 10) : 1;
    if (atomic_fetch_add(&hits, 1) + 1 == at)
        kill(getpid(), SIGKILL);
}

static int64_t
at_most(const char *variable, int64_t most)
{
    const char *wanted = getenv(variable);
    int64_t number = wanted != NULL ? strtoll(wanted, NULL, 10) : 0;
    return number > 0 && number < most ? number : most;
}

int64_t
failpoint_chunk_blocks(int64_t blocks)
{
    return at_most("IDMIGRATE_CHUNK_BLOCKS", blocks);
}

int64_t
failpoint_chunk_rows(int64_t rows)
{
    return at_most("IDMIGRATE_CHUNK_ROWS", rows);
}

int64_t
failpoint_seal_events(int64_t events)
{
    return at_most("IDMIGRATE_SEAL_EVENTS", events);
}

#else

void
failpoint(const char *name)
{
    (void)name;
}

int64_t
failpoint_chunk_blocks(int64_t blocks)
{
    return blocks;
}

int64_t
failpoint_chunk_rows(int64_t rows)
{
    return rows;
}

int64_t
failpoint_seal_events(int64_t events)
{
    return events;
}

#endif
