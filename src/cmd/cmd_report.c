/* idmigrate report [RUN]: what happened, as text or JSON. Reads the target only. */
#include "steps.h"

#include "idmigrate/memory.h"

#include <string.h>

static struct {
    struct connection_options connections;
    const char *format, *output;
    bool json;
} settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {"format", 'f', "FORMAT", "text (default) or json", OPTION_TEXT, &settings.format},
    {"json", 0, NULL, "the same as --format json", OPTION_FLAG, &settings.json},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_TEXT,
     &settings.output},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
read_style(struct report_style *style, struct error *err)
{
    const char *format = settings.format ? settings.format : settings.json ? "json" : "text";
    *style = (struct report_style){.color = settings.output == NULL && output_wants_color()};
    if (strcmp(format, "json") == 0)
        style->format = REPORT_JSON;
    else if (strcmp(format, "text") != 0)
        return error_set(err, EXIT_USAGE, "--format %s: it is text or json", format);
    return true;
}

static bool
report(struct db *target, const char *which, const struct report_style *style, struct error *err)
{
    CLEANUP(report_model_release) struct report_model model = {0};
    CLEANUP(store_run_release) struct store_run found = {0};
    struct strbuf text = STRBUF_INIT;
    bool good;

    if (!store_find_run(target, which, &found, err) ||
        !report_load(target, found.run_id, &model, err))
        return false;
    model.forecast_seconds = -1;
    report_render(&text, &model, style);
    good = settings.output == NULL || output_to_file(settings.output, &text, err);
    if (settings.output == NULL)
        output_print(&text);
    strbuf_release(&text);
    return good;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(db_close) struct db *target = NULL;
    struct report_style style;
    const char *uri;

    if (!read_style(&style, err) || !connection_check_options(&settings.connections, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&target, uri, "target", DB_TARGET_READER, "report", err) ||
        !report(target, operands[0], &style, err))
        return err->code;
    return EXIT_DONE;
}

const struct command cmd_report = {
    .name = "report",
    .arguments = "[RUN]",
    .summary = "what happened in a run, as text or JSON",
    .description = "Tells what a run (the last one, unless said) read, wrote, merged, skipped and "
                   "rejected, how every column was "
                   "filled, what was dropped and why, and what verification found.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
