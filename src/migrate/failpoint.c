/*
 * Failpoints: IDMIGRATE_FAILPOINT="name" or "name:3" ends the program with SIGKILL when it gets
 * there for the first or third time, so that a test can crash it at every step;
 * IDMIGRATE_CHUNK_BLOCKS=1 gives small tables many chunks. Compiled in for tests only.
 */
#include "internal.h"

#ifdef IDMIGRATE_FAILPOINTS

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
failpoint(const char *name)
{
    static long hits;
    const char *wanted = getenv("IDMIGRATE_FAILPOINT");
    size_t length = strlen(name);
    if (wanted == NULL || strncmp(wanted, name, length) != 0 ||
        (wanted[length] != '\0' && wanted[length] != ':'))
        return;
    long at = wanted[length] == ':' ? strtol(wanted + length + 1, NULL, 10) : 1;
    if (++hits == at)
        kill(getpid(), SIGKILL);
}

int64_t
failpoint_chunk_blocks(int64_t blocks)
{
    const char *wanted = getenv("IDMIGRATE_CHUNK_BLOCKS");
    int64_t number = wanted != NULL ? strtoll(wanted, NULL, 10) : 0;
    return number > 0 && number < blocks ? number : blocks;
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

#endif
