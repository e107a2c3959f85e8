/*
 * idmigrate run MAPPING: move the rows.
 *
 * Changes the target: installs the schema idmigrate and, where there is none, the audit table;
 * writes rows, audit events and ledger chunk by chunk. Interrupted, it ends between chunks and
 * keeps what is done; the same command goes on. A dry run does it all in one transaction and rolls
 * back.
 */
#include "run.h"

#include "idmigrate/audit.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct run_settings settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {"dry-run", 'n', NULL,
     "real statements, constraints and verification in one transaction, then rollback", OPTION_FLAG,
     &settings.dry_run},
    {"exclusive", 'x', NULL,
     "the target is nobody else's: set indexes, unique and foreign keys of its empty tables aside, "
     "and bring them back at the end",
     OPTION_FLAG, &settings.exclusive},
    {"yes", 'y', NULL, "begin without asking", OPTION_FLAG, &settings.yes},
    {"max-rejects", 0, "N|P%", "stop when more rows than this are rejected (default 0)",
     OPTION_TEXT, &settings.max_rejects},
    {"ticket", 0, "T", "change ticket, kept with the run", OPTION_TEXT, &settings.ticket},
    {"approved-by", 0, "WHO", "who approved the run, kept with it", OPTION_TEXT,
     &settings.approved_by},
    {"resume", 0, "RUN", "go on with this unfinished run", OPTION_TEXT, &settings.resume},
    {"join", 0, "RUN", "help another process that carries out this run", OPTION_TEXT,
     &settings.join},
    {"rejects-only", 0, "RUN",
     "try the rejects of this finished run again, after their cause was mended", OPTION_TEXT,
     &settings.rejects_only},
    {"jobs", 'j', "N", "workers, each with connections of its own (default: processors, up to 4)",
     OPTION_TEXT, &settings.jobs},
    {"max-rate", 0, "R",
     "source rows a second such as 5000, or bytes of them such as 20MB, of this process",
     OPTION_TEXT, &settings.max_rate},
    {"max-lag", 0, "L",
     "begin no chunk while a replica of the target is further behind: a time such as 10s, or bytes "
     "of WAL such as 64MB; physical and logical ones that are connected count, as "
     "pg_stat_replication shows them",
     OPTION_TEXT, &settings.max_lag},
    {"max-wal-rate", 0, "BYTES",
     "begin no chunk while the target has written more WAL a second than this, whoever wrote it",
     OPTION_TEXT, &settings.max_wal_rate},
    {"max-slot-wal", 0, "BYTES",
     "begin no chunk while a replication slot of the target, connected or not, holds back more WAL",
     OPTION_TEXT, &settings.max_slot_wal},
    {"accept-changes", 0, NULL, "resume although mapping, ID maps or program changed", OPTION_FLAG,
     &settings.accept_changes},
    {"codec", 0, "auto|text|binary",
     "format of COPY of a new run (default auto: binary where it is safe, see check)", OPTION_TEXT,
     &settings.codec},
    {"allow-locks", 0, NULL,
     "dry run on a target that others use: its row locks last until the end", OPTION_FLAG,
     &settings.allow_locks},
    {"strict", 0, NULL, "IDs that do not look like their format are a refusal and not a warning",
     OPTION_FLAG, &settings.strict},
    {"seal", 0, NULL,
     "seal the run's events at its end (audit seal); without it the next `audit seal` does",
     OPTION_FLAG, &settings.seal},
    {"seal-key", 0, "FILE", "the same, signed with this private key (Ed25519, PEM)", OPTION_TEXT,
     &settings.seal_key},
    {"roots", 0, "FILE", "the same, and add the seals to this file", OPTION_TEXT, &settings.roots},
    {"report-dir", 'o', "DIR",
     "write the report in every format into DIR, with the mapping and SHA256SUMS", OPTION_TEXT,
     &settings.report_dir},
    {"output", 0, "DIR", "the same as --report-dir", OPTION_TEXT, &settings.report_dir},
    {"json", 0, NULL, "print the final report as JSON", OPTION_FLAG, &settings.json},
    {"progress", 0, "STYLE", "auto, bar, plain, json or none", OPTION_TEXT, &settings.progress},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static void
release_state(struct run_state *state)
{
    db_transaction_release(&state->dry);
    store_run_release(&state->run);
    free(state->table_rows);
    seal_witness_free(&state->witness);
    workspace_close(&state->workspace);
}

static bool
print_report(struct run_state *state, double forecast, struct error *err)
{
    CLEANUP(report_model_release) struct report_model model = {0};
    struct report_style style = {.format = settings.json ? REPORT_JSON : REPORT_TEXT,
                                 .color = output_wants_color()};
    struct strbuf text = STRBUF_INIT;

    if (!report_load(state->workspace.target, state->run.run_id, &model, err))
        return false;
    model.is_dry_run = settings.dry_run;
    model.forecast_seconds = forecast;
    report_render(&text, &model, &style);
    output_print(&text);
    strbuf_release(&text);
    return settings.report_dir == NULL || output_reports(settings.report_dir, &model, err);
}

static bool
open_reader(void *context, struct db **db, struct error *err)
{
    const struct run_state *state = context;
    const char *uri = connection_uri(&settings.connections, state->workspace.mapping, -1, err);
    return uri != NULL && db_open(db, uri, "target", DB_TARGET_READER, "verify", err);
}

/* Proves what was done, with connections of its own except in a dry run. */
static bool
prove(struct run_state *state, enum exit_status *status, int64_t *events, struct error *err)
{
    CLEANUP(db_close) struct db *reader = NULL;
    CLEANUP(db_transaction_release) struct db_transaction snapshot = {0};
    struct prove_request request = {.workspace = &state->workspace,
                                    .run = &state->run,
                                    .target = state->workspace.target,
                                    .writer = state->workspace.target,
                                    .is_dry_run = settings.dry_run,
                                    .open_target = open_reader,
                                    .connections = state};
    if (!settings.dry_run) {
        if (!open_reader(state, &reader, err) ||
            !db_begin(&snapshot, reader, DB_READ_ONLY_SNAPSHOT, err))
            return false;
        request.target = reader;
    }
    CLEANUP(proof_release) struct proof proof = {.is_kept = false};
    /* --jobs is about who writes; the proof reads as `verify` does. */
    bool good =
        jobs_read(NULL, &request.jobs, err) && prove_run(&request, &state->progress, &proof, err);
    *status = good ? proof.result.status : EXIT_NOT_CHECKED;
    *events = good ? proof.result.events : -1;
    return good;
}

static bool
end_run(struct run_state *state, const char *how, enum exit_status status, const char *outcome,
        struct error *err)
{
    state->run.exit_status = (int)status;
    free(state->run.state);
    state->run.state = memory_strdup(how);
    return store_end_run(state->workspace.target, state->run.run_id, how, (int)status, outcome,
                         err);
}

/* The run stopped: say so in the store, if the connection still lives. */
static void
note_stop(struct run_state *state, const struct error *cause)
{
    struct error ignored = ERROR_INIT;
    if (!settings.dry_run && !state->joins && !state->retries)
        end_run(state, "stopped", cause->code, cause->text, &ignored);
}

static bool
open_worker_target(void *context, const char *purpose, struct db **db, struct error *err)
{
    const struct run_state *state = context;
    const char *uri = connection_uri(&settings.connections, state->workspace.mapping, -1, err);
    return uri != NULL && db_open(db, uri, "target", DB_TARGET, purpose, err);
}

static bool
open_worker_source(void *context, int source, const char *purpose, struct db **db,
                   struct error *err)
{
    const struct run_state *state = context;
    const struct mapping *mapping = state->workspace.mapping;
    const char *uri = connection_uri(&settings.connections, mapping, source, err);
    CLEANUP(memory_free_string)
    char *what = memory_printf("source %s", mapping->sources[source].name);
    return uri != NULL && db_open(db, uri, what, DB_SOURCE, purpose, err);
}

/* A run that was begun so goes on so. */
static bool
is_exclusive(const struct run_state *state)
{
    json_t *before = json_loads(state->run.settings, 0, NULL);
    bool exclusive = settings.exclusive || json_is_true(json_object_get(before, "exclusive"));
    json_decref(before);
    return exclusive;
}

static bool
move_rows(struct run_state *state, bool takes_over, struct error *err)
{
    struct migrate_inputs inputs = {
        .plan = state->workspace.plan,
        .ids = (const struct idmap *const *)state->workspace.ids,
        .sources = state->workspace.sources,
        .target = state->workspace.target,
        .dry_run = settings.dry_run,
        .exclusive = is_exclusive(state),
        .jobs = state->jobs,
        .joins = state->joins,
        .open_target = open_worker_target,
        .open_source = open_worker_source,
        .connections = state,
        .run = &state->run,
        .rejects_only = state->retries,
        .resume = state->resumes,
        .changed = state->changed,
        .table_rows = state->table_rows,
        .max_rejects = state->max_rejects,
        .max_rejects_percent = state->max_rejects_percent,
        .witness = run_wants_seal(&settings) ? &state->witness : NULL,
        .decides_anew = &state->decides_anew,
        .progress = progress_of_migration,
        .context = &state->progress,
    };
    memcpy(inputs.limits, state->limits, sizeof inputs.limits);
    bool good = takes_over ? migrate_take_over(&inputs, err) : migrate_run(&inputs, err);
    progress_end(&state->progress);
    return good;
}

static bool
explain_unproved(const struct run_state *state, struct error *err)
{
    error_context(err, "every row is moved, but not verified");
    return error_hint(err, "`idmigrate verify %s` proves it", state->run.run_id);
}

static bool
finish(struct run_state *state, enum exit_status *status, struct error *err)
{
    double moved = clock_steady_seconds() - state->started;
    enum exit_status proof;
    int64_t events = -1; /* not counted */

    /* Done before it is proved: a killed verification must not make the rows move again. Nor may it
     * look like a proof. */
    if (!end_run(state, "done", EXIT_NOT_CHECKED,
                 "every row is accounted for; verification did not end", err))
        return false;
    bool proved = prove(state, &proof, &events, err);
    enum exit_status sealed = run_seal_events(state, events);
    if (!proved)
        return explain_unproved(state, err);
    /* Commits of chunks are what a real run has more of; their share is small. */
    if (!prove_status(state->workspace.target, &state->run, proof, status, err))
        return false;
    *status = exit_status_worse(*status, sealed);
    return print_report(state, settings.dry_run ? moved : -1, err);
}

/* Its transaction is idle while the source is read for verification, however long that takes. */
static bool
begin_dry_run(struct run_state *state, struct error *err)
{
    return db_begin(&state->dry, state->workspace.target, DB_READ_WRITE, err) &&
           db_execute(state->workspace.target, "SET LOCAL idle_in_transaction_session_timeout TO 0",
                      err);
}

/* What is done so far, if the connection still lives; the cause is told in any case. */
static void
report_stop(struct run_state *state)
{
    CLEANUP(report_model_release) struct report_model model = {0};
    struct error ignored = ERROR_INIT;
    if (settings.report_dir != NULL && !settings.dry_run &&
        report_load(state->workspace.target, state->run.run_id, &model, &ignored))
        output_reports(settings.report_dir, &model, &ignored);
}

static void
explain_stop(struct run_state *state, struct error *err)
{
    if (err->code == EXIT_STOPPED)
        error_hint(err, "what was committed is kept; the same command again goes on from there");
    note_stop(state, err);
    report_stop(state);
    run_name_aside(state);
}

static bool
carry_out(struct run_state *state, enum exit_status *status, struct error *err)
{
    state->started = clock_steady_seconds();
    if (settings.dry_run && !begin_dry_run(state, err))
        return false;
    if (!move_rows(state, false, err)) {
        explain_stop(state, err);
        return false;
    }
    bool unfinished = true;
    if (state->joins && !run_wait_for_others(state, &unfinished, status, err))
        return false;
    if (state->joins && unfinished && !move_rows(state, true, err)) {
        explain_stop(state, err);
        return false;
    }
    bool good = unfinished ? finish(state, status, err) : print_report(state, -1, err);
    if (settings.dry_run && good) {
        good = db_rollback(&state->dry, err);
        fprintf(stderr, "dry run: everything was rolled back\n");
    }
    return good;
}

/* Of a finished run. In a dry run the result is not kept. */
static bool
prove_again(struct run_state *state, enum exit_status *status, struct error *err)
{
    enum exit_status proof;
    int64_t events;
    if (settings.dry_run && !begin_dry_run(state, err))
        return false;
    return prove(state, &proof, &events, err) &&
           prove_status(state->workspace.target, &state->run, proof, status, err) &&
           print_report(state, -1, err) && db_rollback(&state->dry, err);
}

/* What is granted to a run that is taken up again is kept with it, as what it was begun with. */
static bool
take_up(struct run_state *state, enum exit_status *status, struct error *err)
{
    bool again = (state->resumes || state->retries) && !settings.dry_run;
    return (!again || run_note_attempt(state, err)) && carry_out(state, status, err);
}

static bool
ask_to_join(struct run_state *state, struct error *err)
{
    return settings.yes || consent_ask(db_identity(state->workspace.target)->database, err);
}

static bool
run_mapping(struct run_state *state, const char *path, enum exit_status *status, struct error *err)
{
    struct workspace_request request = {
        .connections = &settings.connections, .side = DB_TARGET, .purpose = "run"};
    bool done;

    if (!progress_begin(&state->progress, settings.progress, err) ||
        !run_check_settings(state, err) || !workspace_load_mapping(&state->workspace, path, err))
        return false;
    if (settings.exclusive)
        workspace_make_exclusive(&state->workspace);
    if (!workspace_open(&state->workspace, &request, err) ||
        !codecs_choose(state->workspace.plan, settings.codec, err) ||
        !store_lock(state->workspace.target, settings.join == NULL, err) ||
        !run_describe(state, err))
        return false;
    if (settings.join != NULL)
        return run_find_joined(state, err) && ask_to_join(state, err) &&
               carry_out(state, status, err);
    if (settings.rejects_only != NULL)
        return run_find_rejected(state, err) && run_look_before(state, err) &&
               take_up(state, status, err);
    if (!run_find_earlier(state, &done, err))
        return false;
    if (done)
        return prove_again(state, status, err);
    if (!run_look_before(state, err))
        return false;

    /* From here on, data changes. */
    return take_up(state, status, err);
}

static bool
attempt(const char *path, enum exit_status *status, bool *goes_on, struct error *err)
{
    CLEANUP(release_state)
    struct run_state state = {.settings = &settings, .workspace = WORKSPACE_INIT};
    bool good = run_mapping(&state, path, status, err);
    *goes_on = !good && err->code == EXIT_STOPPED && state.decides_anew && !settings.dry_run &&
               !state.joins && !state.retries;
    return good;
}

/* Some of what a run decides on rows that meet proves wrong only when they are written. Nobody has
 * to be there for it to go on. */
static enum exit_status
run(char **operands, struct error *err)
{
    enum { MOST_ATTEMPTS = 5 };
    enum exit_status status = EXIT_DONE;
    bool goes_on = true;
    for (int i = 1; !attempt(operands[0], &status, &goes_on, err); i++) {
        if (!goes_on || i == MOST_ATTEMPTS)
            return err->code;
        fprintf(stderr, "%s: the run goes on, and decides on them anew\n", err->text);
        error_clear(err);
        settings.yes = true;
    }
    return status;
}

const struct command cmd_run = {
    .name = "run",
    .arguments = "MAPPING",
    .summary = "move the rows; the same command again resumes an unfinished run",
    .description = "Looks at everything first, shows what it will do and asks; then moves table by "
                   "table, chunk by chunk, each chunk with its "
                   "audit events in one transaction, and verifies the result. Interrupted or "
                   "killed, the same command goes on from "
                   "there. A finished migration is not moved again: it is verified.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
