/*
 * idmigrate run MAPPING: move the rows.
 *
 * Changes the target: installs the schema idmigrate and, where there is none, the audit table;
 * writes rows, audit events and ledger chunk by chunk. Interrupted, it ends between chunks and
 * keeps what is done; the same command goes on. A dry run does it all in one transaction and rolls
 * back.
 */
#include "steps.h"

#include "idmigrate/audit.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    struct connection_options connections;
    bool dry_run, yes, allow_locks, accept_changes, strict;
    const char *max_rejects, *ticket, *approved_by, *resume, *output, *progress;
    bool json;
} settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {"dry-run", 'n', NULL,
     "real statements, constraints and verification in one transaction, then rollback", OPTION_FLAG,
     &settings.dry_run},
    {"yes", 'y', NULL, "begin without asking", OPTION_FLAG, &settings.yes},
    {"max-rejects", 0, "N|P%", "stop when more rows than this are rejected (default 0)",
     OPTION_TEXT, &settings.max_rejects},
    {"ticket", 0, "T", "change ticket, kept with the run", OPTION_TEXT, &settings.ticket},
    {"approved-by", 0, "WHO", "who approved the run, kept with it", OPTION_TEXT,
     &settings.approved_by},
    {"resume", 0, "RUN", "go on with this unfinished run", OPTION_TEXT, &settings.resume},
    {"accept-changes", 0, NULL, "resume although mapping, ID maps or program changed", OPTION_FLAG,
     &settings.accept_changes},
    {"allow-locks", 0, NULL,
     "dry run on a target that others use: its row locks last until the end", OPTION_FLAG,
     &settings.allow_locks},
    {"strict", 0, NULL, "IDs that do not look like their format are a refusal and not a warning",
     OPTION_FLAG, &settings.strict},
    {"output", 'o', "DIR", "write report.txt and report.json into DIR", OPTION_TEXT,
     &settings.output},
    {"json", 0, NULL, "print the final report as JSON", OPTION_FLAG, &settings.json},
    {"progress", 0, "STYLE", "auto, bar, plain, json or none", OPTION_TEXT, &settings.progress},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

/* Rows of each table that are read before a run; `check` reads all. */
enum { PREFLIGHT_ROWS = 100000 };

struct run_state {
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

static void
release_state(struct run_state *state)
{
    db_transaction_release(&state->dry);
    store_run_release(&state->run);
    free(state->table_rows);
    workspace_close(&state->workspace);
}

/* ---- options ---- */

static bool
read_max_rejects(struct run_state *state, struct error *err)
{
    char *end;
    state->max_rejects = 0;
    if (settings.max_rejects == NULL)
        return true;
    errno = 0;
    double number = strtod(settings.max_rejects, &end);
    bool is_percent = *end == '%';
    if (errno != 0 || end == settings.max_rejects || number < 0 ||
        end[is_percent ? 1 : 0] != '\0' || (is_percent && number > 100) ||
        (!is_percent && number != (double)(int64_t)number))
        return error_set(err, EXIT_USAGE,
                         "--max-rejects %s: a number of rows, or a percentage such as 0.5%%",
                         settings.max_rejects);
    state->max_rejects = is_percent ? -1 : (int64_t)number;
    state->max_rejects_percent = number;
    return true;
}

/* ---- who and where, for the run's record ---- */

static char *
describe_operator(void)
{
    char host[256] = "?";
    const char *user = getenv("SUDO_USER");
    gethostname(host, sizeof host - 1);
    if (user == NULL)
        user = getenv("USER");
    return user != NULL ? memory_printf("%s@%s", user, host)
                        : memory_printf("uid %d@%s", (int)geteuid(), host);
}

static json_t *
describe_connection(const struct db *db)
{
    const struct db_identity *identity = db_identity(db);
    return json_pack("{ss ss ss ss si ss sb}", "host", identity->host, "port", identity->port,
                     "database", identity->database, "role", identity->role, "version",
                     identity->version, "system_identifier", identity->system_identifier,
                     "is_standby", identity->is_standby);
}

static char *
dump_json(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(value);
    return text;
}

static char *
describe_sources(const struct workspace *workspace)
{
    json_t *all = json_object();
    for (size_t i = 0; i < workspace->mapping->source_count; i++)
        json_object_set_new(all, workspace->mapping->sources[i].name,
                            describe_connection(workspace->sources[i]));
    return dump_json(all);
}

static char *
describe_settings(void)
{
    return dump_json(json_pack("{sb sb sb ss}", "dry_run", settings.dry_run, "strict",
                               settings.strict, "accept_changes", settings.accept_changes,
                               "max_rejects", settings.max_rejects ? settings.max_rejects : "0"));
}

static bool
server_time(struct db *db, char **text, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, "SELECT pg_catalog.clock_timestamp()::text", 0, NULL, &result, err))
        return false;
    *text = memory_strdup(db_result_text(result, 0, 0));
    return true;
}

static bool
describe_run(struct run_state *state, struct error *err)
{
    const struct mapping *mapping = state->workspace.mapping;
    char id[AUDIT_UUID_SIZE], digest[DIGEST_HEX_SIZE];
    audit_uuid7(id);
    digest_to_hex(mapping->digest, digest);
    state->run = (struct store_run){
        .run_id = memory_strdup(id),
        .name = memory_strdup(mapping->name),
        .mapping_path = memory_strdup(mapping->path),
        .mapping_text = memory_strndup(mapping->text, mapping->length),
        .mapping_digest = memory_strdup(digest),
        .idmap_digests = workspace_map_digests(&state->workspace),
        .sources = describe_sources(&state->workspace),
        .target = dump_json(describe_connection(state->workspace.target)),
        .settings = describe_settings(),
        .tool_version = memory_strdup(IDMIGRATE_VERSION),
        .operator= describe_operator(),
        .ticket = memory_strdup(settings.ticket),
        .approved_by = memory_strdup(settings.approved_by),
        .exit_status = -1,
        .attempts = 1,
    };
    return server_time(state->workspace.target, &state->run.started_at, err);
}

/* ---- an earlier run ---- */

static bool
refuse_change(const struct store_run *found, const char *what, struct error *err)
{
    error_set(err, EXIT_REFUSED, "run %s is unfinished, and %s changed since", found->run_id, what);
    return error_hint(err,
                      "put it back as it was, or say --accept-changes when the change is meant");
}

/* Which database a run belongs to: what is the same however one connects. */
static bool
is_same_place(const char *before, const char *now)
{
    json_t *a = json_loads(before, 0, NULL), *b = json_loads(now, 0, NULL);
    bool same = json_equal(json_object_get(a, "database"), json_object_get(b, "database")) &&
                json_equal(json_object_get(a, "system_identifier"),
                           json_object_get(b, "system_identifier"));
    json_decref(a);
    json_decref(b);
    return same;
}

static bool
are_sources_same(const char *before, const char *now)
{
    json_t *a = json_loads(before, 0, NULL), *b = json_loads(now, 0, NULL), *source;
    const char *name;
    bool same = json_object_size(a) == json_object_size(b);
    json_object_foreach(a, name, source)
    {
        char *x = json_dumps(source, 0), *y = json_dumps(json_object_get(b, name), JSON_ENCODE_ANY);
        same = same && y != NULL && is_same_place(x, y);
        free(x);
        free(y);
    }
    json_decref(a);
    json_decref(b);
    return same;
}

/* "ID map user" for the first that differs, to be freed; NULL when none does. */
static char *
changed_map(const char *before, const char *now)
{
    json_t *a = json_loads(before, 0, NULL), *b = json_loads(now, 0, NULL), *digest;
    const char *name;
    char *changed = NULL;
    json_object_foreach(b, name, digest)
    {
        if (changed == NULL && !json_equal(digest, json_object_get(a, name)))
            changed = memory_printf("ID map %s", name);
    }
    if (changed == NULL && json_object_size(a) != json_object_size(b))
        changed = memory_strdup("the list of ID maps");
    json_decref(a);
    json_decref(b);
    return changed;
}

static bool
compare_with(struct run_state *state, const struct store_run *found, struct error *err)
{
    if (strcmp(found->name, state->run.name) != 0) {
        error_set(err, EXIT_REFUSED, "run %s is of mapping \"%s\", and this mapping is \"%s\"",
                  found->run_id, found->name, state->run.name);
        return error_hint(err, "`idmigrate status` lists the runs");
    }
    if (!are_sources_same(found->sources, state->run.sources)) {
        error_set(err, EXIT_REFUSED, "run %s is unfinished, and its source was another database",
                  found->run_id);
        return error_hint(err, "connect to the database that the run reads");
    }
    CLEANUP(memory_free_string)
    char *map = changed_map(found->idmap_digests, state->run.idmap_digests);
    const char *what = strcmp(found->mapping_digest, state->run.mapping_digest) != 0 ? "the mapping"
                       : map != NULL                                                 ? map
                       : strcmp(found->tool_version, state->run.tool_version) != 0
                           ? "idmigrate itself"
                           : NULL;
    state->changed = what != NULL;
    return !state->changed || settings.accept_changes || refuse_change(found, what, err);
}

static void
take_found(struct run_state *state, struct store_run *found)
{
    struct store_run now = state->run;
    state->run = *found;
    *found = now;
    /* What changed on purpose holds from now on. */
    if (state->changed) {
        char **const pairs[][2] = {{&state->run.mapping_path, &found->mapping_path},
                                   {&state->run.mapping_text, &found->mapping_text},
                                   {&state->run.mapping_digest, &found->mapping_digest},
                                   {&state->run.idmap_digests, &found->idmap_digests},
                                   {&state->run.tool_version, &found->tool_version}};
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            char *old = *pairs[i][0];
            *pairs[i][0] = *pairs[i][1];
            *pairs[i][1] = old;
        }
    }
}

static bool
find_unfinished(struct run_state *state, struct error *err)
{
    CLEANUP(store_run_release) struct store_run found = {0};
    if (!(settings.resume
              ? store_find_run(state->workspace.target, settings.resume, &found, err)
              : store_find_unfinished(state->workspace.target, state->run.name, &found, err)))
        return false;
    if (found.run_id == NULL)
        return true;
    if (strcmp(found.state, "done") == 0) {
        error_set(err, EXIT_REFUSED, "run %s is finished: there is nothing to resume",
                  found.run_id);
        return error_hint(err, "`idmigrate verify %s` proves it again", found.run_id);
    }
    if (settings.dry_run) {
        error_set(err, EXIT_REFUSED,
                  "run %s of this mapping is unfinished: a dry run would meet its rows",
                  found.run_id);
        return error_hint(err, "go on with it (`idmigrate run`), or rehearse on another target");
    }
    if (!compare_with(state, &found, err))
        return false;
    fprintf(stderr, "resuming run %s, begun %s\n", found.run_id, found.started_at);
    state->resumes = true;
    take_found(state, &found);
    return true;
}

/* The last finished run of this mapping from the same databases: another source is another run. */
static bool
find_last_done(struct run_state *state, struct store_run *found, struct error *err)
{
    enum { MOST = 1000 };
    struct store_run *runs;
    size_t count;
    if (!store_load_runs(state->workspace.target, MOST, &runs, &count, err))
        return false;
    for (size_t i = 0; i < count && found->run_id == NULL; i++)
        if (strcmp(runs[i].name, state->run.name) == 0 && strcmp(runs[i].state, "done") == 0 &&
            are_sources_same(runs[i].sources, state->run.sources)) {
            *found = runs[i];
            runs[i] = (struct store_run){.exit_status = -1};
        }
    store_runs_free(runs, count);
    return true;
}

/* As another run it would move the same rows a second time. */
static bool
refuse_other_text(const struct store_run *found, struct error *err)
{
    error_set(err, EXIT_REFUSED, "run %s is finished, and the mapping changed since",
              found->run_id);
    return error_hint(err,
                      "put it back as it was; or say --accept-changes, to judge every row anew; "
                      "or give it another name when it is another migration");
}

static bool
find_done(struct run_state *state, bool *done, struct error *err)
{
    CLEANUP(store_run_release) struct store_run found = {0};
    *done = false;
    if (!find_last_done(state, &found, err) || found.run_id == NULL)
        return !err->is_set;
    CLEANUP(memory_free_string)
    char *map = changed_map(found.idmap_digests, state->run.idmap_digests);
    bool other_text = strcmp(found.mapping_digest, state->run.mapping_digest) != 0;
    state->changed = (map != NULL || other_text) && settings.accept_changes && !settings.dry_run;
    if (other_text && !state->changed)
        return refuse_other_text(&found, err);
    state->resumes = state->changed;
    *done = !state->changed;
    fprintf(stderr, "this migration is finished: run %s, %s; %s\n", found.run_id,
            found.finished_at ? found.finished_at : "",
            *done ? "nothing to write" : "it is taken up again");
    if (map != NULL && *done)
        fprintf(
            stderr,
            "%s changed since; rows that were moved keep their IDs, and rejected ones stay out, "
            "unless you say --accept-changes\n",
            map);
    take_found(state, &found);
    return true;
}

static bool
find_earlier(struct run_state *state, bool *done, struct error *err)
{
    bool installed;
    *done = false;
    if (!store_is_installed(state->workspace.target, &installed, err))
        return false;
    if (!installed && settings.resume != NULL)
        return error_set(err, EXIT_USAGE,
                         "the target has no runs: there is no schema idmigrate in it");
    return !installed ||
           (find_unfinished(state, err) && (state->resumes || find_done(state, done, err)));
}

/* ---- before anything is written ---- */

static void
print_rows(const char *label, int width, const struct report_rows *rows)
{
    char read[32], rejected[32];
    CLEANUP(memory_free_string) char *visible = memory_strdup(label);
    output_make_visible(visible);
    if (rows == NULL) {
        fprintf(stderr, "  %s\n", visible);
        return;
    }
    fprintf(stderr, "  %-*s %12s rows", width, visible,
            clock_format_count(rows->rows, read, sizeof read));
    if (rows->would_reject > 0)
        fprintf(stderr, ", %s would be rejected",
                clock_format_count(rows->would_reject, rejected, sizeof rejected));
    fputc('\n', stderr);
}

static void
show_preview(const struct run_state *state, const struct preflight *preflight)
{
    const struct plan *plan = state->workspace.plan;
    size_t width = 0;
    for (size_t i = 0; i < plan->table_count; i++)
        width = strlen(plan->tables[i].label) > width ? strlen(plan->tables[i].label) : width;
    fprintf(stderr, "\n%s, in this order:\n", settings.dry_run ? "Rehearsing" : "Moving");
    for (size_t i = 0; i < plan->step_count; i++)
        for (size_t j = 0; j < plan->steps[i].table_count; j++) {
            int table = plan->steps[i].tables[j];
            print_rows(plan->tables[table].label, (int)width,
                       preflight->rows != NULL ? &preflight->rows[table] : NULL);
        }
    size_t warnings = findings_count(&preflight->findings, FINDING_WARNING);
    if (warnings > 0)
        fprintf(stderr, "%zu warning%s; `idmigrate check` tells them\n", warnings,
                warnings == 1 ? "" : "s");
}

static bool
refuse_findings(const struct preflight *preflight, struct error *err)
{
    size_t refusals = findings_count(&preflight->findings, FINDING_REFUSAL);
    struct report_style style = {.format = REPORT_TEXT};
    struct strbuf text = STRBUF_INIT;
    if (refusals == 0)
        return true;
    report_render_findings(&text, &preflight->findings, &style);
    fwrite(text.data, 1, text.length, stderr);
    strbuf_release(&text);
    error_set(err, EXIT_REFUSED, "nothing was written: %zu refusal%s", refusals,
              refusals == 1 ? "" : "s");
    return error_hint(err, "`idmigrate check` with the same mapping shows the whole resolution");
}

/* A dry run holds its row locks until the end. */
static bool
check_use(struct run_state *state, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!settings.dry_run || settings.allow_locks)
        return true;
    if (!db_query(state->workspace.target, sql_query_cmd_other_sessions, 0, NULL, &result, err))
        return false;
    int64_t sessions = db_result_int64(result, 0, 0);
    if (sessions == 0)
        return true;
    error_set(err, EXIT_REFUSED,
              "the target is in use by %" PRId64
              " other sessions, and a dry run holds row locks until its end",
              sessions);
    return error_hint(err, "rehearse on a copy, or say --allow-locks");
}

/* A table that was read to its end is counted. */
static void
keep_counts(struct run_state *state, const struct preflight *preflight)
{
    size_t count = state->workspace.plan->table_count;
    if (preflight->rows == NULL)
        return;
    state->table_rows = memory_alloc((count + 1) * sizeof *state->table_rows);
    for (size_t i = 0; i < count; i++)
        state->table_rows[i] =
            preflight->rows[i].rows < PREFLIGHT_ROWS ? preflight->rows[i].rows : -1;
}

static bool
look_before(struct run_state *state, struct error *err)
{
    CLEANUP(preflight_release) struct preflight preflight = PREFLIGHT_INIT;
    struct preflight_request request = {
        .row_limit = PREFLIGHT_ROWS, .strict = settings.strict, .plan_only = state->resumes};
    if (!preflight_run(&state->workspace, &request, &state->progress, &preflight, err) ||
        !refuse_findings(&preflight, err) || !check_use(state, err))
        return false;
    keep_counts(state, &preflight);
    show_preview(state, &preflight);
    return (settings.dry_run || settings.yes ||
            consent_ask(db_identity(state->workspace.target)->database, err)) &&
           !steps_are_interrupted(err);
}

/* ---- after it ---- */

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
    return settings.output == NULL || output_reports(settings.output, &model, err);
}

/* Proves what was done, with connections of its own except in a dry run. */
static bool
prove(struct run_state *state, enum exit_status *status, struct error *err)
{
    CLEANUP(db_close) struct db *reader = NULL;
    CLEANUP(db_transaction_release) struct db_transaction snapshot = {0};
    struct prove_request request = {.workspace = &state->workspace,
                                    .run = &state->run,
                                    .target = state->workspace.target,
                                    .writer = state->workspace.target,
                                    .is_dry_run = settings.dry_run};
    if (!settings.dry_run) {
        const char *uri = connection_uri(&settings.connections, state->workspace.mapping, -1, err);
        if (uri == NULL || !db_open(&reader, uri, "target", DB_TARGET_READER, "verify", err) ||
            !db_begin(&snapshot, reader, DB_READ_ONLY_SNAPSHOT, err))
            return false;
        request.target = reader;
    }
    CLEANUP(proof_release) struct proof proof = {.is_kept = false};
    bool good = prove_run(&request, &state->progress, &proof, err);
    *status = good ? proof.result.status : EXIT_NOT_CHECKED;
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
    if (!settings.dry_run)
        end_run(state, "stopped", cause->code, cause->text, &ignored);
}

static bool
move_rows(struct run_state *state, struct error *err)
{
    struct migrate_inputs inputs = {
        .plan = state->workspace.plan,
        .ids = (const struct idmap *const *)state->workspace.ids,
        .sources = state->workspace.sources,
        .target = state->workspace.target,
        .dry_run = settings.dry_run,
        .run = &state->run,
        .resume = state->resumes,
        .changed = state->changed,
        .table_rows = state->table_rows,
        .max_rejects = state->max_rejects,
        .max_rejects_percent = state->max_rejects_percent,
        .progress = progress_of_migration,
        .context = &state->progress,
    };
    bool good = migrate_run(&inputs, err);
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

    /* Done before it is proved: a killed verification must not make the rows move again. Nor may it
     * look like a proof. */
    if (!end_run(state, "done", EXIT_NOT_CHECKED,
                 "every row is accounted for; verification did not end", err))
        return false;
    if (!prove(state, &proof, err))
        return explain_unproved(state, err);
    /* Commits of chunks are what a real run has more of; their share is small. */
    return prove_status(state->workspace.target, &state->run, proof, status, err) &&
           print_report(state, settings.dry_run ? moved : -1, err);
}

/* Its transaction is idle while the source is read for verification, however long that takes. */
static bool
begin_dry_run(struct run_state *state, struct error *err)
{
    return db_begin(&state->dry, state->workspace.target, DB_READ_WRITE, err) &&
           db_execute(state->workspace.target, "SET LOCAL idle_in_transaction_session_timeout TO 0",
                      err);
}

static bool
carry_out(struct run_state *state, enum exit_status *status, struct error *err)
{
    state->started = clock_steady_seconds();
    if (settings.dry_run && !begin_dry_run(state, err))
        return false;
    if (!move_rows(state, err)) {
        if (err->code == EXIT_STOPPED)
            error_hint(err,
                       "what was committed is kept; the same command again goes on from there");
        note_stop(state, err);
        return false;
    }
    bool good = finish(state, status, err);
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
    if (settings.dry_run && !begin_dry_run(state, err))
        return false;
    return prove(state, &proof, err) &&
           prove_status(state->workspace.target, &state->run, proof, status, err) &&
           print_report(state, -1, err) && db_rollback(&state->dry, err);
}

static bool
run_mapping(struct run_state *state, const char *path, enum exit_status *status, struct error *err)
{
    struct workspace_request request = {
        .connections = &settings.connections, .side = DB_TARGET, .purpose = "run"};
    bool done;

    if (!progress_begin(&state->progress, settings.progress, err) ||
        !read_max_rejects(state, err) || !connection_check_options(&settings.connections, err) ||
        !mapping_load(path, &state->workspace.mapping, err) ||
        !workspace_open(&state->workspace, &request, err) ||
        !store_lock(state->workspace.target, true, err) || !describe_run(state, err) ||
        !find_earlier(state, &done, err))
        return false;
    if (done)
        return prove_again(state, status, err);
    if (!look_before(state, err))
        return false;

    /* From here on, data changes. */
    return carry_out(state, status, err);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(release_state) struct run_state state = {.workspace = WORKSPACE_INIT};
    enum exit_status status = EXIT_DONE;
    return run_mapping(&state, operands[0], &status, err) ? status : err->code;
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
