/*
 * Failpoints: IDMIGRATE_FAILPOINT="name" or "name:3" ends the program with SIGKILL when it gets there for the first or third time, so that a test
 * can crash it at every step. Compiled in for tests only.
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
    if (wanted == NULL || strncmp(wanted, name, length) != 0 || (wanted[length] != '\0' && wanted[length] != ':'))
        return;
    long at = wanted[length] == ':' ? strtol(wanted + length + 1, NULL, 10) : 1;
    if (++hits == at)
        kill(getpid(), SIGKILL);
}

#else

void
failpoint(const char *name)
{
    (void)name;
}

#endif
