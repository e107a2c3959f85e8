/* idmigrate report [RUN]: what happened, in any format. Reads the target only. */
#include "steps.h"

#include "idmigrate/memory.h"

static struct {
    struct connection_options connections;
    const char *format, *output, *directory;
    bool json;
} settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {"format", 'f', "FORMAT", "text (default), json, html, junit or markdown", OPTION_TEXT,
     &settings.format},
    {"json", 0, NULL, "the same as --format json", OPTION_FLAG, &settings.json},
    {"output", 'o', "FILE", "write to FILE instead of standard output", OPTION_TEXT,
     &settings.output},
    {"report-dir", 0, "DIR", "write it in every format into DIR, with the mapping and SHA256SUMS",
     OPTION_TEXT, &settings.directory},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
read_style(struct report_style *style, struct error *err)
{
    const char *format = settings.format ? settings.format : settings.json ? "json" : "text";
    *style = (struct report_style){.color = settings.output == NULL && output_wants_color()};
    return report_find_format(format, &style->format) ||
           error_set(err, EXIT_USAGE, "--format %s: it is text, json, html, junit or markdown",
                     format);
}

/* To standard output when no file was named, nor a directory alone. */
static bool
write_report(const struct report_model *model, const struct report_style *style, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    bool is_asked_for = settings.format != NULL || settings.json || settings.directory == NULL;
    if (settings.directory != NULL && !output_reports(settings.directory, model, err))
        return false;
    report_render(&text, model, style);
    if (settings.output != NULL)
        return output_to_file(settings.output, &text, err);
    if (is_asked_for)
        output_print(&text);
    return true;
}

static bool
report(struct db *target, const char *which, const struct report_style *style, struct error *err)
{
    CLEANUP(report_model_release) struct report_model model = {0};
    CLEANUP(store_run_release) struct store_run found = {0};

    if (!store_find_run(target, which, &found, err) ||
        !report_load(target, found.run_id, &model, err))
        return false;
    model.forecast_seconds = -1;
    return write_report(&model, style, err);
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
    .summary = "what happened in a run, as text, JSON, HTML, JUnit XML or Markdown",
    .description = "Tells what a run (the last one, unless said) read, wrote, merged, skipped and "
                   "rejected, how every column was "
                   "filled, what was dropped and why, which exceptions were granted, what "
                   "verification found, and what to do now. All formats tell the same.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
