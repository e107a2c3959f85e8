/* A scan of files under way. */
#ifndef SCAN_FILES_H
#define SCAN_FILES_H

#include "idmigrate/scan.h"

struct files_scan {
    const struct scan_files_request *request;
    struct scan_files *files;
    size_t capacity; /* of files->lines */
};

/* lines.c: what stands in a file, and in the name of a file or folder. */
void lines_look(struct files_scan *scan, const char *path, const char *text, size_t length);
void lines_look_at_name(struct files_scan *scan, const char *path, const char *name);

#endif
