/*
 * run --seal: the run's events become a seal of their own as soon as they are proved.
 *
 * It is the sealing of `audit seal`, limited to the run's stream: events of the application are
 * left to the timer. The leaves are made while events are written, and taken when the proof has
 * found as many events as there are leaves: only the difference is read. A sealing that fails takes
 * nothing back; the run is not wholly checked then.
 */
#include "run.h"

#include "idmigrate/clock.h"
#include "idmigrate/log_table.h"
#include "idmigrate/memory.h"
#include "idmigrate/seal.h"

#include <stdio.h>

struct run_sealing {
    struct run_state *state;
    struct log_table table;
    struct seal_key *key;
    struct seal_outcome outcome;
};

static void
run_sealing_release(struct run_sealing *sealing)
{
    log_table_release(&sealing->table);
    seal_key_free(&sealing->key);
    seal_outcome_release(&sealing->outcome);
}

static bool
open_connection(void *context, enum db_side side, struct db **db, struct error *err)
{
    const struct run_state *state = context;
    const char *uri =
        connection_uri(&state->settings->connections, state->workspace.mapping, -1, err);
    return uri != NULL && db_open(db, uri, "target", side, "seal", err);
}

bool
run_wants_seal(const struct run_settings *settings)
{
    return settings->seal || settings->seal_key != NULL || settings->roots != NULL;
}

bool
run_check_seal(const struct run_settings *settings, struct error *err)
{
    CLEANUP(seal_key_free) struct seal_key *key = NULL;
    if (run_wants_seal(settings) && settings->dry_run)
        return error_set(err, EXIT_USAGE, "a dry run leaves nothing to seal");
    return settings->seal_key == NULL || seal_key_load(settings->seal_key, &key, err);
}

static bool
seal(struct run_sealing *sealing, int64_t events, struct error *err)
{
    struct run_state *state = sealing->state;
    const struct run_settings *settings = state->settings;
    CLEANUP(store_run_release) struct store_run run = {.run_id = NULL};
    struct log_request which = {.mapped = &state->workspace.mapping->audit};
    struct seal_request request = {.db = state->workspace.target,
                                   .table = &sealing->table,
                                   .open = open_connection,
                                   .context = state,
                                   .jobs = state->jobs,
                                   .run_id = state->run.run_id,
                                   .witness = state->witness,
                                   .expected = events,
                                   .roots = settings->roots};
    if (settings->seal_key != NULL && !seal_key_load(settings->seal_key, &sealing->key, err))
        return false;
    request.key = sealing->key;
    if (!store_find_run(state->workspace.target, state->run.run_id, &run, err))
        return false;
    request.since = run.started_at;
    return log_table_open(state->workspace.target, &which, &sealing->table, err) &&
           seal_run(&request, &sealing->outcome, err);
}

enum exit_status
run_seal_events(struct run_state *state, int64_t events)
{
    const struct run_settings *settings = state->settings;
    CLEANUP(run_sealing_release)
    struct run_sealing sealing = {.state = state, .table = LOG_TABLE_INIT};
    struct error err = ERROR_INIT;
    char count[32], read[32], duration[32];
    if (settings->dry_run || !run_wants_seal(settings))
        return EXIT_DONE;
    if (!seal(&sealing, events, &err)) {
        fprintf(stderr,
                "warning: the run's events are not sealed: %s\nhint: `idmigrate audit seal` "
                "seals them\n",
                err.text);
        return err.code == EXIT_STOPPED || err.code == EXIT_DIFFERENT ? err.code : EXIT_NOT_CHECKED;
    }
    fprintf(
        stderr, "sealed       %s events of the run in %s, %s of them read back\n",
        clock_format_count(sealing.outcome.events, count, sizeof count),
        clock_format_duration(sealing.outcome.seconds, duration, sizeof duration),
        clock_format_count(sealing.outcome.events - sealing.outcome.recalled, read, sizeof read));
    return EXIT_DONE;
}
