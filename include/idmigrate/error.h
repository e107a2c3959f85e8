/*
 * Errors as values: every function that can fail takes `struct error *err` last and returns false
 * on failure.
 *
 * The caller owns the struct; it has a fixed size and needs no release. The first error wins:
 * setting it again is ignored, so that a failing clean-up does not hide the cause. Context is put
 * in front on the way up: "mapping eleva.json, table events: column org_id: ...". Only main prints
 * errors and exits.
 */
#ifndef IDMIGRATE_ERROR_H
#define IDMIGRATE_ERROR_H

#include <stdbool.h>

/* The exit status of the program; the code of an error is the status that it leads to. */
enum exit_status {
    EXIT_DONE = 0,             /* done and proved */
    EXIT_REFUSED = 1,          /* refused, nothing was written */
    EXIT_USAGE = 2,            /* the command line is wrong */
    EXIT_INPUT = 3,            /* an input file is wrong */
    EXIT_STOPPED = 4,          /* stopped part-way or no connection; can be resumed */
    EXIT_DIFFERENT = 5,        /* a difference was found */
    EXIT_NOT_CHECKED = 6,      /* something could not be checked */
    EXIT_REJECTS = 7,          /* done, with rejects within the limit */
    EXIT_TOO_MANY_REJECTS = 8, /* stopped because rejects passed the limit; can be resumed */
    EXIT_BUG = 70,             /* a bug, or out of memory */
    EXIT_INTERRUPTED = 130,    /* SIGINT; can be resumed */
    EXIT_TERMINATED = 143      /* SIGTERM; can be resumed */
};

struct error {
    bool is_set;
    enum exit_status code;
    char sqlstate[6]; /* of the server, or empty */
    char text[2048];  /* lower case, names the thing and the place; never a value of a row */
    char hint[1024];  /* what to do, or empty */
};

#define ERROR_INIT                                                                                 \
    {                                                                                              \
        .is_set = false                                                                            \
    }

/* Sets the error unless one is set already. Always returns false, so that `return error_set(...)`
 * reads well. */
bool error_set(struct error *err, enum exit_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets the hint of the error if it has none. Always returns false. */
bool error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "<context>: " in front of the text. Always returns false. */
bool error_context(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Forgets the error, for a caller that has dealt with it. */
void error_clear(struct error *err);

/* The status to exit with when both hold: 70, 4, 8, 5, 6, 7 in that order, then whichever is not 0.
 */
enum exit_status exit_status_worse(enum exit_status a, enum exit_status b);

#endif
