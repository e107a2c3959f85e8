/* idmigrate status [RUN]: runs, progress, rejects. Reads the target only. */
#include "steps.h"

#include "idmigrate/memory.h"

static struct {
    struct connection_options connections;
    bool json;
} settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
show(struct db *target, const char *which, struct error *err)
{
    CLEANUP(report_status_release) struct report_status status = {0};
    struct report_style style = {.format = settings.json ? REPORT_JSON : REPORT_TEXT,
                                 .color = output_wants_color()};
    struct strbuf text = STRBUF_INIT;

    if (!report_load_status(target, which, &status, err))
        return false;
    report_render_status(&text, &status, &style);
    output_print(&text);
    strbuf_release(&text);
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(db_close) struct db *target = NULL;
    const char *uri;

    if (!connection_check_options(&settings.connections, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&target, uri, "target", DB_TARGET_READER, "status", err) ||
        !show(target, operands[0], err))
        return err->code;
    return EXIT_DONE;
}

const struct command cmd_status = {
    .name = "status",
    .arguments = "[RUN]",
    .summary = "runs, progress, rejects",
    .description = "Without RUN lists the runs in the target; with RUN tells how far it is, what "
                   "was rejected, and who is at work.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
