/* The parts of idmigrate run, in the order in which it calls them. */
#ifndef IDMIGRATE_CMD_RUN_H
#define IDMIGRATE_CMD_RUN_H

#include "limits.h"
#include "steps.h"

#include "idmigrate/seal_witness.h"

struct run_settings {
    struct connection_options connections;
    bool dry_run, exclusive, yes, allow_locks, accept_changes, strict;
    const char *max_rejects, *ticket, *approved_by, *resume, *join, *rejects_only, *jobs, *max_rate,
        *max_lag, *max_wal_rate, *max_slot_wal, *codec, *report_dir, *progress, *seal_key, *roots;
    bool json, seal;
};

struct run_state {
    const struct run_settings *settings;
    struct workspace workspace;
    struct progress progress;
    struct store_run run; /* as stored, or as it will be */
    bool resumes;
    bool retries; /* only the rejects of a run that is done */
    bool joins;   /* another process has begun the run and carries it out too */
    int jobs;
    int64_t limits[CONTROL_LIMITS]; /* 0: none */
    bool changed;        /* the run that is resumed had another mapping, ID map or program */
    int64_t *table_rows; /* source rows of each table, where preflight counted them all */
    int64_t max_rejects;
    double max_rejects_percent;
    double started;
    struct db_transaction dry; /* open for the whole of a dry run */
    struct seal_witness *witness;
    atomic_bool decides_anew; /* why it stopped: taken up again it goes through */
};

/* run_settings.c: reads what the options say, and refuses those that do not go together. */
bool run_check_settings(struct run_state *state, struct error *err);
/* A number of rows, or a percentage: "5", "0.5%". */
bool run_read_max_rejects(struct run_state *state, const char *text, struct error *err);

/* run_record.c: fills state->run. */
bool run_describe(struct run_state *state, struct error *err);
/* Keeps who takes a run up again, and with which settings. */
bool run_note_attempt(struct run_state *state, struct error *err);
/* run_earlier.c: finds a run to resume, or one that is `done`, and takes it into state->run. */
bool run_find_earlier(struct run_state *state, bool *done, struct error *err);
/* Whether what is at hand is what `found` was begun with; state->changed says so when it is not and
 * that is accepted. */
bool run_compare(struct run_state *state, const struct store_run *found, struct error *err);
void run_take(struct run_state *state, struct store_run *found);
/* run_rejects.c: takes the run that --rejects-only names into state->run. */
bool run_find_rejected(struct run_state *state, struct error *err);
/* run_join.c: takes the run that --join names into state->run. */
bool run_find_joined(struct run_state *state, struct error *err);
/* Waits until no other process carries out the run; `status` is how it ended. `unfinished`: they
 * died, and the run is this process's to end. */
bool run_wait_for_others(struct run_state *state, bool *unfinished, enum exit_status *status,
                         struct error *err);

/* run_aside.c: says what a run that stops leaves without indexes, if the connection still lives. */
void run_name_aside(struct run_state *state);
/* run_seal.c: looks at the key before anything is moved; seals the run's events where that is
 * wanted. `events`: so many of them the proof has counted; -1: it has not. */
bool run_check_seal(const struct run_settings *settings, struct error *err);
bool run_wants_seal(const struct run_settings *settings);
enum exit_status run_seal_events(struct run_state *state, int64_t events);
/* run_preview.c: looks at everything, refuses, shows what will be done, and asks. */
bool run_look_before(struct run_state *state, struct error *err);

#endif
