/* The parts of idmigrate run, in the order in which it calls them. */
#ifndef IDMIGRATE_CMD_RUN_H
#define IDMIGRATE_CMD_RUN_H

#include "steps.h"

struct run_settings {
    struct connection_options connections;
    bool dry_run, yes, allow_locks, accept_changes, strict;
    const char *max_rejects, *ticket, *approved_by, *resume, *output, *progress;
    bool json;
};

struct run_state {
    const struct run_settings *settings;
    struct workspace workspace;
    struct progress progress;
    struct store_run run; /* as stored, or as it will be */
    bool resumes;
    bool changed;        /* the run that is resumed had another mapping, ID map or program */
    int64_t *table_rows; /* source rows of each table, where preflight counted them all */
    int64_t max_rejects;
    double max_rejects_percent;
    double started;
    struct db_transaction dry; /* open for the whole of a dry run */
};

/* run_record.c: fills state->run. */
bool run_describe(struct run_state *state, struct error *err);
/* run_earlier.c: finds a run to resume, or one that is `done`, and takes it into state->run. */
bool run_find_earlier(struct run_state *state, bool *done, struct error *err);
/* run_preview.c: looks at everything, refuses, shows what will be done, and asks. */
bool run_look_before(struct run_state *state, struct error *err);

#endif
