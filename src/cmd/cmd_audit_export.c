/*
 * idmigrate audit export: events into a file, with a manifest beside it. Writes two files, whole or
 * not at all, and one event: that it was exported.
 */
#include "audit_read.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdio.h>

static struct {
    struct audit_log_options log;
    struct audit_filter_options filter;
    const char *format, *output, *organization;
    bool force;
} settings;

static const struct option_spec options[] = {
    AUDIT_LOG_OPTIONS(settings.log),
    AUDIT_FILTER_OPTIONS(settings.filter),
    {"format", 'f', "NAME",
     "ndjson (default), csv (safe to open in a spreadsheet), or workos (bodies for WorkOS Audit "
     "Logs)",
     OPTION_TEXT, &settings.format},
    {"organization", 0, "ID",
     "with --format workos: the organization of all events, instead of "
     "each one's tenant",
     OPTION_TEXT, &settings.organization},
    {"output", 'o', "FILE", "the file; FILE.manifest.json tells counts and SHA-256", OPTION_TEXT,
     &settings.output},
    {"force", 0, NULL, "may write over a file", OPTION_FLAG, &settings.force},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
check_settings(enum trail_format *format, struct error *err)
{
    *format = TRAIL_NDJSON;
    if (settings.output == NULL)
        return error_set(err, EXIT_USAGE, "--output FILE is wanted");
    if (settings.format != NULL && !trail_find_format(settings.format, format))
        return error_set(err, EXIT_USAGE, "--format %s: ndjson, csv or workos", settings.format);
    return settings.organization == NULL || *format == TRAIL_WORKOS ||
           error_set(err, EXIT_USAGE, "--organization is for --format workos");
}

static void
print(const struct trail_manifest *manifest)
{
    char events[32];
    fprintf(stderr, "%s events, %" PRId64 " bytes\n",
            clock_format_count(manifest->events, events, sizeof events), manifest->bytes);
    if (manifest->left_out > 0)
        fprintf(stderr, "%" PRId64 " events have no organization and were left out\n",
                manifest->left_out);
    if (manifest->shortened > 0)
        fprintf(stderr, "%" PRId64 " events did not fit as they were\n", manifest->shortened);
    printf("%s  %s\n", manifest->sha256, settings.output);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(audit_log_close) struct audit_log log = AUDIT_LOG_INIT;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(trail_manifest_release) struct trail_manifest manifest = {.events = 0};
    CLEANUP(memory_free_string) char *type = NULL;
    struct trail_filter filter;
    struct trail_export request = {.table = &log.table,
                                   .filter = &filter,
                                   .organization = settings.organization,
                                   .path = settings.output,
                                   .may_replace = settings.force};
    (void)operands;
    if (!check_settings(&request.format, err) ||
        !audit_log_open(&log, &settings.log, DB_TARGET, "audit export", err))
        return err->code;
    audit_filter_take(&settings.filter, &filter, &type);
    filter.oldest_first = true;
    request.db = log.db;
    if (!audit_read_begin(&log, "AUDIT_LOG_EXPORTED", "audit export", &filter, &tx, err) ||
        !trail_export(&request, &manifest, err))
        return err->code;
    print(&manifest);
    return EXIT_DONE;
}

const struct command cmd_audit_export = {
    .name = "audit export",
    .arguments = "",
    .summary = "events into a file, with a manifest of counts and hashes",
    .description = "Writes events, the oldest first, as NDJSON, as CSV or as request bodies for "
                   "WorkOS Audit Logs, and prints the file's SHA-256. The event that tells of the "
                   "export is recorded first, and is in it where the conditions let it.",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
