/*
 * Fuzz targets: each file has one, as libFuzzer calls it. Where there is no libFuzzer, replay.c
 * runs the corpus and simple mutations of it, so that every build tries them.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include "idmigrate/idmap.h"
#include "idmigrate/providers.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process when a target finds that something is not as it must be. */
void fuzz_require(bool holds, const char *what);

/* The bytes as a file: a path that is good until fuzz_file_close(). */
struct fuzz_file {
    int descriptor;
    char path[32];
};
struct fuzz_file fuzz_file_open(const uint8_t *data, size_t size);
void fuzz_file_close(const struct fuzz_file *file);

/* The built-in kinds, read once. */
const struct provider_kinds *fuzz_kinds(void);
const struct idmap_formats *fuzz_formats(void);

#endif
