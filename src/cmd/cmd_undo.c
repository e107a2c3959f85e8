/*
 * idmigrate undo RUN: take back what a run wrote.
 *
 * Changes the target: removes the rows that are still as the run wrote them, gives rows that it
 * changed their former values back, and writes an audit event for each. Interrupted, it ends
 * between chunks and keeps what is done; the same command goes on. A dry run does it all in one
 * transaction and rolls back.
 */
#include "steps.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/undo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct {
    struct connection_options connections;
    bool dry_run, yes, closes, json;
    const char *progress;
} settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {"dry-run", 'n', NULL, "everything in one transaction, then rollback", OPTION_FLAG,
     &settings.dry_run},
    {"yes", 'y', NULL, "begin without asking", OPTION_FLAG, &settings.yes},
    {"close", 0, NULL,
     "take nothing back: forget the former values that an undo would need, for the run is to stay",
     OPTION_FLAG, &settings.closes},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {"progress", 0, "STYLE", "auto, bar, plain, json or none", OPTION_TEXT, &settings.progress},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

/* ---- what there is to do ---- */

static void
show_count(const char *words, int64_t rows)
{
    char text[32];
    if (rows > 0)
        fprintf(stderr, ", %s %s", clock_format_count(rows, text, sizeof text), words);
}

static void
show_table(const struct undo_outlook_table *table)
{
    char text[32];
    CLEANUP(memory_free_string) char *label = memory_strdup(table->label);
    output_make_visible(label);
    fprintf(stderr, "  %s: %s to remove", label,
            clock_format_count(table->to_remove, text, sizeof text));
    show_count("to restore", table->to_restore);
    show_count("refused so far", table->refused);
    show_count("audit records, which stay", table->kept);
    fputc('\n', stderr);
    for (size_t i = 0; i < table->trigger_count; i++) {
        CLEANUP(memory_free_string) char *name = memory_strdup(table->triggers[i]);
        output_make_visible(name);
        fprintf(stderr, "    trigger %s\n", name);
    }
}

static void
show_outlook(const struct undo_outlook *outlook)
{
    fprintf(stderr, "\n%s, in this order:\n",
            settings.dry_run    ? "Rehearsing to take back"
            : outlook->is_begun ? "Going on to take back"
                                : "Taking back");
    for (size_t i = 0; i < outlook->count; i++)
        show_table(&outlook->tables[i]);
}

static bool
has_work(const struct undo_outlook *outlook)
{
    int64_t rows = 0;
    for (size_t i = 0; i < outlook->count; i++)
        rows += outlook->tables[i].to_remove + outlook->tables[i].to_restore;
    return !outlook->is_done || rows > 0;
}

/* ---- doing it ---- */

static bool
print_result(struct db *target, const struct store_run *run, struct error *err)
{
    CLEANUP(report_undo_release) struct report_undo undo = {.refusals = NULL};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    struct report_style style = {.format = settings.json ? REPORT_JSON : REPORT_TEXT,
                                 .color = output_wants_color()};
    if (!report_load_undo(target, run->run_id, &undo, err))
        return false;
    report_render_undo(&text, run->run_id, &undo, settings.dry_run, &style);
    output_print(&text);
    return true;
}

/* Its transaction is idle while rows are compared, however long that takes. */
static bool
begin_dry_run(struct db_transaction *tx, struct db *target, struct error *err)
{
    return !settings.dry_run ||
           (db_begin(tx, target, DB_READ_WRITE, err) &&
            db_execute(target, "SET LOCAL idle_in_transaction_session_timeout TO 0", err));
}

static bool
carry_out(struct workspace *workspace, const struct undo_inputs *inputs, struct undo *undo,
          struct progress *progress, enum exit_status *status, struct error *err)
{
    int64_t refused = 0;
    const struct undo_outlook *outlook = undo_outlook(undo);
    if (!has_work(outlook)) {
        fprintf(stderr, "run %s is undone already; nothing to do\n", inputs->run->run_id);
        for (size_t i = 0; i < outlook->count; i++)
            refused += outlook->tables[i].kept;
        *status = refused > 0 ? EXIT_DIFFERENT : EXIT_DONE;
        return print_result(workspace->target, inputs->run, err);
    }
    show_outlook(outlook);
    if (!settings.dry_run && !settings.yes &&
        !consent_ask(db_identity(workspace->target)->database, err))
        return false;
    if (steps_are_interrupted(err))
        return false;
    /* From here on, data changes. */
    bool good = undo_run(undo, &refused, err);
    progress_end(progress);
    *status = refused > 0 ? EXIT_DIFFERENT : EXIT_DONE;
    return good && print_result(workspace->target, inputs->run, err);
}

static bool
take_back(struct workspace *workspace, const struct store_run *run, enum exit_status *status,
          struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction dry = {0};
    CLEANUP(undo_close) struct undo *undo = NULL;
    CLEANUP(memory_free_string) char *operator= steps_describe_operator();
    struct progress progress;
    struct undo_inputs inputs = {.plan = workspace->plan,
                                 .target = workspace->target,
                                 .run = run,
                                 .operator= operator,
                                 .dry_run = settings.dry_run,
                                 .progress = progress_of_undo,
                                 .context = &progress};
    return progress_begin(&progress, settings.progress, err) &&
           begin_dry_run(&dry, workspace->target, err) && undo_open(&undo, &inputs, err) &&
           carry_out(workspace, &inputs, undo, &progress, status, err);
}

static bool
close_run(struct db *target, const struct store_run *run, struct error *err)
{
    if (strcmp(run->state, "undoing") == 0) {
        error_set(err, EXIT_REFUSED, "run %s is being undone", run->run_id);
        return error_hint(err, "idmigrate undo %s goes on", run->run_id);
    }
    fprintf(stderr, "closing run %s of mapping %s: it can no longer be undone then\n", run->run_id,
            run->name);
    return (settings.yes || consent_ask(db_identity(target)->database, err)) &&
           undo_forget(target, run->run_id, err);
}

/* ---- the command ---- */

static bool
find_run(struct db *target, const char *which, struct store_run *run, struct error *err)
{
    if (!store_need_installed(target, err))
        return false;
    return store_find_run(target, which, run, err);
}

static bool
undo_found(struct workspace *workspace, const char *which, enum exit_status *status,
           struct error *err)
{
    CLEANUP(store_run_release) struct store_run run = {0};
    if (!store_lock(workspace->target, true, err) || !find_run(workspace->target, which, &run, err))
        return false;
    if (run.state == NULL || run.mapping_text == NULL)
        return error_set(err, EXIT_BUG, "run %s has neither state nor mapping", which);
    fprintf(stderr, "run %s of mapping %s, begun %s: %s\n", run.run_id, run.name, run.started_at,
            run.state);
    if (settings.closes)
        return close_run(workspace->target, &run, err);
    return mapping_parse(run.mapping_path, run.mapping_text, strlen(run.mapping_text),
                         &workspace->mapping, err) &&
           workspace_open_target(workspace, err) && take_back(workspace, &run, status, err);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(workspace_close) struct workspace workspace = WORKSPACE_INIT;
    enum exit_status status = EXIT_DONE;
    const char *uri;

    if (settings.closes && settings.dry_run) {
        error_set(err, EXIT_USAGE, "--close does not go together with --dry-run");
        return err->code;
    }
    if (!connection_check_options(&settings.connections, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&workspace.target, uri, "target", DB_TARGET, "undo", err))
        return err->code;
    connection_announce(workspace.target, "target", true);
    if (!undo_found(&workspace, operands[0], &status, err))
        return err->code;
    return status;
}

const struct command cmd_undo = {
    .name = "undo",
    .arguments = "RUN",
    .summary = "take back what a run wrote",
    .description = "Removes the rows that are still as the run wrote them and gives rows that it "
                   "changed their former values back, children first, with an audit event for "
                   "each. Rows that the application changed since, or refers to, stay as they are "
                   "and are named: exit status 5. Sequences stay where they are. The same command "
                   "again goes on with an undo that was interrupted, and tries rows anew that were "
                   "left.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
