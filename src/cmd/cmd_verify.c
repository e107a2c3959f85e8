/*
 * idmigrate verify [RUN]: prove the result, with code that did not write it.
 *
 * Reads both sides in read-only transactions; stores only its own result with the run, when the
 * role may. The mapping and the ID maps are those that are kept with the run.
 */
#include "selection.h"
#include "steps.h"

#include "idmigrate/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct connection_options connections;
    const char *progress, *report_dir, *jobs;
    struct selection selection;
    struct option_list maps;
    bool json, run_tables_only, bytea;
} settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {"only", 0, "CHECK",
     "make this check only; may be given several times. The checks are idmap, rows, ids, residue, "
     "audit, accounting, users, foreign_keys, structure, sequences, set_aside",
     OPTION_LIST, &settings.selection.checks},
    {"table", 't', "TABLE", "look at this table of the target only; may be given several times",
     OPTION_LIST, &settings.selection.tables},
    {"since-last", 0, NULL, "look again only at what was not equal in the last verification",
     OPTION_FLAG, &settings.selection.since_last},
    {"run-tables-only", 0, NULL,
     "look for legacy IDs in the run's tables only; otherwise in every column, name and definition "
     "of the target (\"may_stay\" in the mapping lets some be)",
     OPTION_FLAG, &settings.run_tables_only},
    {"bytea", 0, NULL, "look for them in bytea columns too, as text", OPTION_FLAG, &settings.bytea},
    {"idmap", 0, "NAME[=FILE]",
     "an ID map that the run no longer keeps (NAME=FILE:OLD,NEW names its columns, "
     "NAME=table:[SCHEMA.]NAME[:OLD,NEW] a table of the side that the mapping says \"on\" which "
     "that "
     "map is, otherwise of the target; NAME alone: from where the mapping reads it); it must be "
     "the "
     "one that was used",
     OPTION_LIST, &settings.maps},
    {"jobs", 'j', "N",
     "with 1 the audit log is read beside the source's rows and then the target; with more all "
     "three at once (default: processors, up to 4)",
     OPTION_TEXT, &settings.jobs},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {"report-dir", 'o', "DIR",
     "write the report in every format into DIR too, with the mapping and SHA256SUMS", OPTION_TEXT,
     &settings.report_dir},
    {"output", 0, "DIR", "the same as --report-dir", OPTION_TEXT, &settings.report_dir},
    {"progress", 0, "STYLE", "auto, bar, plain, json or none", OPTION_TEXT, &settings.progress},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
is_undone(const struct store_run *run)
{
    return strcmp(run->state, "undone") == 0;
}

static bool
check_plan(const struct workspace *workspace, const struct store_run *run, struct error *err)
{
    const struct findings *findings = &workspace->plan->findings;
    for (size_t i = 0; i < findings->count && !is_undone(run); i++) {
        const struct finding *finding = &findings->items[i];
        /* What the plan of a run needs: the tables and columns themselves. Grants to write are no
         * concern here. */
        if (strcmp(finding->code, "E-TABLE-UNKNOWN") != 0 &&
            strcmp(finding->code, "E-COLUMN-UNKNOWN") != 0)
            continue;
        error_set(err, EXIT_NOT_CHECKED, "run %s cannot be verified: %s", run->run_id,
                  finding->text);
        return error_hint(err, "the schema changed since the run");
    }
    return true;
}

/* What was found now, also where it could not be kept. */
static void
show_proof(struct report_model *model, struct proof *proof)
{
    model->forecast_seconds = -1;
    model->run.exit_status = (int)proof->result.status;
    if (proof->is_kept)
        return;
    store_checks_free(model->checks, model->check_count);
    model->checks = proof->result.checks;
    model->check_count = proof->result.count;
    proof->result.checks = NULL;
    proof->result.count = 0;
}

static bool
print_result(struct db *target, const struct store_run *run, struct proof *proof, struct error *err)
{
    CLEANUP(report_model_release) struct report_model model = {0};
    struct report_style style = {.format = settings.json ? REPORT_JSON : REPORT_TEXT,
                                 .color = output_wants_color()};
    struct strbuf text = STRBUF_INIT;

    if (!report_load(target, run->run_id, &model, err))
        return false;
    show_proof(&model, proof);
    report_render(&text, &model, &style);
    output_print(&text);
    strbuf_release(&text);
    return settings.report_dir == NULL || output_reports(settings.report_dir, &model, err);
}

/* The target's connection string is the one that the first connection was made with. */
static bool
open_reader(void *context, struct db **db, struct error *err)
{
    const char *const *uri = context;
    return db_open(db, *uri, "target", DB_TARGET_READER, "verify", err);
}

static void
free_pointer(const struct idmap ***pointers)
{
    free(*pointers);
}

/* The result is kept by a second connection, so that everything that is read is read only. */
static bool
prove(struct workspace *workspace, const char *uri, const struct store_run *run,
      enum exit_status *status, struct error *err)
{
    CLEANUP(db_close) struct db *writer = NULL;
    CLEANUP(db_transaction_release) struct db_transaction snapshot = {0};
    CLEANUP(proof_release) struct proof proof = {.is_kept = false};
    CLEANUP(free_pointer) const struct idmap **given = NULL;
    struct progress progress;
    enum exit_status of_run;
    struct prove_request request = {.workspace = workspace,
                                    .run = run,
                                    .target = workspace->target,
                                    .open_target = open_reader,
                                    .connections = &uri,
                                    .looks_into_bytea = settings.bytea,
                                    .looks_everywhere = !settings.run_tables_only,
                                    .may_be_lost = true};

    if (!jobs_read(settings.jobs, &request.jobs, err) ||
        !progress_begin(&progress, settings.progress, err) || !check_plan(workspace, run, err) ||
        !db_open(&writer, uri, "target", DB_TARGET, "verify", err))
        return false;
    request.writer = writer;
    given = workspace_given_ids(workspace);
    request.given_ids = given;
    if (!selection_is_whole(&settings.selection)) {
        request.selects = selection_selects;
        request.selection = &settings.selection;
    }
    if (!selection_prepare(&settings.selection, workspace->plan, workspace->target, run->run_id,
                           err) ||
        !db_begin(&snapshot, workspace->target, DB_READ_ONLY_SNAPSHOT, err) ||
        !prove_run(&request, &progress, &proof, err))
        return false;
    if (request.selects != NULL && proof.result.count == 0) {
        error_set(err, EXIT_NOT_CHECKED,
                  "no check was made: none of those asked for is about these tables");
        return error_hint(err, "`idmigrate report %s` shows which checks each table has",
                          run->run_id);
    }
    if (request.selects != NULL && !settings.json)
        puts("A part of the checks: what was not asked for was not looked at.\n");
    *status = proof.result.status;
    return (!proof.is_kept || prove_status(writer, run, *status, &of_run, err)) &&
           print_result(writer, run, &proof, err);
}

static bool
find_run(struct db *target, const char *which, struct store_run *run, struct error *err)
{
    if (!store_need_installed(target, err))
        return false;
    return store_find_run(target, which, run, err);
}

/* As the rows were moved, so are they read: their digests are over the bytes of that format. */
static bool
take_codecs(struct workspace *workspace, const char *run_id, struct error *err)
{
    if (codecs_take(workspace->plan, workspace->target, run_id, NULL, err))
        return true;
    if (err->code == EXIT_REFUSED)
        err->code = EXIT_NOT_CHECKED;
    return error_context(err, "run %s cannot be verified", run_id);
}

static bool
refuse_halfway(const struct store_run *run, struct error *err)
{
    if (strcmp(run->state, "undoing") != 0)
        return true;
    error_set(err, EXIT_NOT_CHECKED, "run %s is being undone", run->run_id);
    return error_hint(err, "idmigrate undo %s goes on with it; verify it then", run->run_id);
}

/* The target was reached before: a connection that fails now is a source's, and without it the
 * proof is not whole. */
static bool
open_workspace(struct workspace *workspace, const struct workspace_request *request,
               const struct store_run *run, struct error *err)
{
    /* What was taken back is looked for in the target alone. */
    if (is_undone(run))
        return workspace_open_target(workspace, err);
    if (workspace_open(workspace, request, err))
        return workspace_check_given_digests(workspace, run->idmap_digests, err) &&
               take_codecs(workspace, request->run_id, err);
    if (err->code == EXIT_STOPPED) {
        err->code = EXIT_NOT_CHECKED;
        error_context(err, "the run could not be verified");
    }
    return false;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(workspace_close) struct workspace workspace = WORKSPACE_INIT;
    CLEANUP(store_run_release) struct store_run found = {0};
    struct db *target = NULL;
    const char *uri;
    enum exit_status status = EXIT_DONE;

    if (!connection_check_options(&settings.connections, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&target, uri, "target", DB_TARGET_READER, "verify", err))
        return err->code;
    struct workspace_request request = {.connections = &settings.connections,
                                        .side = DB_TARGET_READER,
                                        .purpose = "verify",
                                        .target = target};
    workspace.target = target;
    workspace.given_maps = &settings.maps;
    if (!find_run(target, operands[0], &found, err))
        return err->code;
    request.run_id = found.run_id;
    fprintf(stderr, "verifying run %s of mapping %s, begun %s\n", found.run_id, found.name,
            found.started_at);
    if (!refuse_halfway(&found, err) || !unfinished_refuse(target, &found, err) ||
        !mapping_parse(found.mapping_path, found.mapping_text, strlen(found.mapping_text),
                       &workspace.mapping, err) ||
        !open_workspace(&workspace, &request, &found, err) ||
        !prove(&workspace, uri, &found, &status, err))
        status = err->code;
    selection_release(&settings.selection);
    return status;
}

const struct command cmd_verify = {
    .name = "verify",
    .arguments = "[RUN]",
    .summary = "prove the result of a run, with code that did not write it",
    .description = "Reads both sides again, computes what every row must have become, and compares "
                   "rows, IDs, audit events, "
                   "accounting, sequences and foreign keys; of a run that was undone, that nothing "
                   "of it is left. RUN is the last run unless said. Exit "
                   "status 0 when all is equal, 5 when "
                   "something differs, 6 when something could not be checked, as of a run that is "
                   "still at work.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
