/*
 * A file that is there whole, or not at all.
 *
 * It is written without a name where the file system can do that, and under another name beside
 * it where not; whatever ends the program before the commit leaves what was there. Only its owner
 * may read it.
 */
#ifndef IDMIGRATE_WHOLE_FILE_H
#define IDMIGRATE_WHOLE_FILE_H

#include "idmigrate/error.h"

#include <stdbool.h>
#include <stdio.h>

struct whole_file {
    FILE *stream; /* write to it; its errors are found by the commit */
    char *path;
    char *temporary; /* or NULL: it has no name yet */
};

#define WHOLE_FILE_INIT                                                                            \
    {                                                                                              \
        .stream = NULL, .path = NULL, .temporary = NULL                                            \
    }

/* Errors are EXIT_NOT_CHECKED, as for other output, and name the path. */
bool whole_file_begin(struct whole_file *file, const char *path, struct error *err);
/* What was written is on the disk: of several files none gets its name before all are. */
bool whole_file_settle(const struct whole_file *file, struct error *err);
bool whole_file_commit(struct whole_file *file, struct error *err);
void whole_file_release(struct whole_file *file); /* for CLEANUP; what is not committed is gone */

#endif
