/*
 * Tests made of folders: tests/data/<room>/{valid,invalid}/<what_is_wrong>/ holds an input and what
 * is expected of it. Adding a case is adding a folder.
 */
#ifndef TEST_CASES_H
#define TEST_CASES_H

#include "idmigrate/error.h"

#include <stddef.h>

/*
 * Runs `run` in every folder below DATA_DIR/<path>, in order of their names; the folder is the
 * current directory meanwhile. Returns how many there are; the test says how many it knows of, so
 * that none is lost in silence.
 */
size_t cases_run(const char *path, void (*run)(const char *name));

/* The bytes of a file in the current directory, with a zero behind; NULL when there is none. To be
 * freed. */
char *cases_read(const char *file, size_t *length);

/* The file `expected` holds the text of the error, then, when there is a hint, a line "hint:
 * <hint>". */
void cases_assert_error(const char *name, const struct error *err);

/* `actual` is what the file `expected` holds. */
void cases_assert_expected(const char *name, const char *actual);

#endif
