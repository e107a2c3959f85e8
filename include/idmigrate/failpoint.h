/*
 * Places where a test ends the program as a crash would; nothing in a build without
 * IDMIGRATE_FAILPOINTS.
 */
#ifndef IDMIGRATE_FAILPOINT_H
#define IDMIGRATE_FAILPOINT_H

#include <stdint.h>

void failpoint(const char *name);
/* How many blocks a chunk gets: as many as a test says. */
int64_t failpoint_chunk_blocks(int64_t blocks);
/* How many rows a chunk gets: as many as a test says. */
int64_t failpoint_chunk_rows(int64_t rows);

/* How many events go into one seal at most: as many as a test says. */
int64_t failpoint_seal_events(int64_t events);

#endif
