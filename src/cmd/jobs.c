/* --jobs: how many at once. */
#include "steps.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

bool
jobs_read(const char *text, int *jobs, struct error *err)
{
    enum { MOST_BY_DEFAULT = 4, MOST = 64 };
    char *end;
    if (text == NULL) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        *jobs = processors < 1                 ? 1
                : processors > MOST_BY_DEFAULT ? MOST_BY_DEFAULT
                                               : (int)processors;
        return true;
    }
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 1 || number > MOST)
        return error_set(err, EXIT_USAGE, "--jobs %s: a number of workers from 1 to %d", text,
                         MOST);
    *jobs = (int)number;
    return true;
}
