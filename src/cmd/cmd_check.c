/*
 * idmigrate check MAPPING: everything that would stop or spoil a run, found without writing.
 *
 * Changes nothing on either side (temporary tables of its own session in the target). Interrupting
 * it is harmless.
 */
#include "steps.h"

#include "idmigrate/audit.h"
#include "idmigrate/memory.h"

#include <errno.h>
#include <stdlib.h>

static struct {
    struct connection_options connections;
    bool json, ddl, strict, exclusive;
    const char *sample, *progress;
} settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {"strict", 0, NULL, "IDs that do not look like their format are a refusal and not a warning",
     OPTION_FLAG, &settings.strict},
    {"exclusive", 'x', NULL, "tell too what `run --exclusive` could not set aside", OPTION_FLAG,
     &settings.exclusive},
    {"sample", 0, "ROWS",
     "read at most so many rows of each table; what is left out is told (default: all)",
     OPTION_TEXT, &settings.sample},
    {"ddl", 0, NULL,
     "print only the SQL that makes idmigrate's schema and audit table, for an administrator, with "
     "the grants that the target's role needs",
     OPTION_FLAG, &settings.ddl},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {"progress", 0, "STYLE", "auto, bar, plain, json or none", OPTION_TEXT, &settings.progress},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
read_sample(int64_t *rows, struct error *err)
{
    char *end;
    *rows = 0;
    if (settings.sample == NULL)
        return true;
    errno = 0;
    *rows = strtoll(settings.sample, &end, 10);
    return (errno == 0 && *end == '\0' && *rows > 0) ||
           error_set(err, EXIT_USAGE, "--sample %s: not a number of rows", settings.sample);
}

static enum exit_status
judge(const struct findings *findings)
{
    if (findings_count(findings, FINDING_REFUSAL) > 0)
        return EXIT_REFUSED;
    return EXIT_DONE;
}

static bool
print_ddl(const struct workspace *workspace)
{
    const char *role = db_identity(workspace->target)->role;
    struct strbuf text = STRBUF_INIT;
    store_write_ddl(&text, role);
    audit_write_ddl(&text, workspace->plan, role);
    output_print(&text);
    strbuf_release(&text);
    return true;
}

static bool
check(struct workspace *workspace, const struct preflight_request *request,
      struct progress *progress, enum exit_status *status, struct error *err)
{
    CLEANUP(preflight_release) struct preflight preflight = PREFLIGHT_INIT;
    struct report_style style = {.format = settings.json ? REPORT_JSON : REPORT_TEXT,
                                 .color = output_wants_color()};
    struct strbuf text = STRBUF_INIT;

    if (!preflight_run(workspace, request, progress, &preflight, err))
        return false;
    report_render_check(&text, workspace->plan, preflight.rows, &preflight.findings, &style);
    output_print(&text);
    strbuf_release(&text);
    *status = judge(&preflight.findings);
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(workspace_close) struct workspace workspace = WORKSPACE_INIT;
    struct workspace_request request = {.connections = &settings.connections,
                                        .side = DB_TARGET,
                                        .only_looks = true,
                                        .purpose = "check"};
    struct preflight_request looks = {.strict = settings.strict};
    struct progress progress;
    enum exit_status status = EXIT_DONE;

    if (!progress_begin(&progress, settings.progress, err) || !read_sample(&looks.row_limit, err) ||
        !connection_check_options(&settings.connections, err) ||
        !workspace_load_mapping(&workspace, operands[0], err))
        return err->code;
    if (settings.exclusive)
        workspace_make_exclusive(&workspace);
    if (!workspace_open(&workspace, &request, err) ||
        !(settings.ddl ? print_ddl(&workspace)
                       : check(&workspace, &looks, &progress, &status, err)))
        return err->code;
    return status;
}

const struct command cmd_check = {
    .name = "check",
    .arguments = "MAPPING",
    .summary = "everything that would stop or spoil a run, found without writing",
    .description = "Resolves the mapping against both databases, reads the rows once, and prints "
                   "where every table and column "
                   "comes from, what is dropped and why, and what is wrong: refusals (E-...) that "
                   "stop a run, warnings (W-...), and "
                   "what could not be checked (N-...). Writes nothing. Exit status 0, or 1 when "
                   "there are refusals.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
