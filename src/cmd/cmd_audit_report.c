/*
 * idmigrate audit report --framework NAME: requirements, and the evidence for them that is in this
 * database. Adds one event: that it was made.
 */
#include "audit_read.h"
#include "steps.h"

#include "idmigrate/framework.h"
#include "idmigrate/memory.h"

#include <stdio.h>
#include <string.h>

static struct {
    struct audit_log_options log;
    const char *framework, *file, *format, *output, *public_key, *roots, *jobs;
    bool no_verify;
} settings;

static const struct option_spec options[] = {
    AUDIT_LOG_OPTIONS(settings.log),
    {"framework", 0, "NAME", "hipaa, gdpr or soc2", OPTION_TEXT, &settings.framework},
    {"file", 0, "FILE", "frameworks of one's own, as in mappings/frameworks.json", OPTION_TEXT,
     &settings.file},
    {"format", 'f', "NAME", "text (default), json or html", OPTION_TEXT, &settings.format},
    {"output", 'o', "FILE", "write it there", OPTION_TEXT, &settings.output},
    {"public-key", 'k', "FILE", "the seals must be signed with this key (Ed25519, PEM)",
     OPTION_TEXT, &settings.public_key},
    {"roots", 'r', "FILE", "the seals must be those of this file, which `audit seal` wrote",
     OPTION_TEXT, &settings.roots},
    {"no-verify", 0, NULL, "do not read all events to hold them against the seals", OPTION_FLAG,
     &settings.no_verify},
    {"jobs", 'j', "N", "months that are read at the same time (default 2)", OPTION_TEXT,
     &settings.jobs},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
check_settings(enum report_format *format, int *jobs, struct error *err)
{
    *format = REPORT_TEXT;
    if (settings.framework == NULL)
        return error_set(err, EXIT_USAGE, "--framework NAME is wanted: hipaa, gdpr or soc2");
    if (settings.format != NULL &&
        (!report_find_format(settings.format, format) ||
         (*format != REPORT_TEXT && *format != REPORT_JSON && *format != REPORT_HTML)))
        return error_set(err, EXIT_USAGE, "--format %s: text, json or html", settings.format);
    return framework_check(settings.framework, settings.file, err) &&
           audit_log_read_jobs(settings.jobs, jobs, err);
}

/* A part of the rows must not be taken for the whole here. */
static bool
verify(struct audit_log *log, int jobs, struct seal_verdict *verdict, bool *done, struct error *err)
{
    CLEANUP(db_close) struct db *reader = NULL;
    CLEANUP(seal_key_free) struct seal_key *key = NULL;
    struct seal_verify_request request = {.open = audit_log_connect,
                                          .context = log,
                                          .jobs = jobs,
                                          .table = &log->table,
                                          .roots = settings.roots};
    bool installed;
    *done = false;
    if (settings.public_key != NULL && !seal_key_load_public(settings.public_key, &key, err))
        return false;
    if (settings.no_verify)
        return true;
    if (!store_is_installed(log->db, &installed, err))
        return false;
    if (!installed)
        return true;
    request.public_key = key;
    if (!audit_log_connect(log, DB_TARGET_READER, &reader, err))
        return false;
    request.db = reader;
    *done = seal_verify(&request, verdict, err);
    return *done;
}

static bool
put_out(const struct evidence_report *report, enum report_format format, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    evidence_render(&text, report, format);
    if (settings.output != NULL)
        return output_to_file(settings.output, &text, err);
    output_print(&text);
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(audit_log_close) struct audit_log log = AUDIT_LOG_INIT;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(evidence_release) struct evidence_report report = {.count = 0};
    CLEANUP(seal_verdict_release) struct seal_verdict verdict = {.status = EXIT_NOT_CHECKED};
    struct trail_filter filter = {.limit = 0};
    struct framework_request request = {
        .table = &log.table, .name = settings.framework, .path = settings.file};
    enum report_format format = REPORT_TEXT;
    bool is_verified = false;
    int jobs = 1;
    (void)operands;
    if (!check_settings(&format, &jobs, err) ||
        !audit_log_open(&log, &settings.log, DB_TARGET, "audit report", err) ||
        !verify(&log, jobs, &verdict, &is_verified, err) ||
        !audit_read_begin(&log, "COMPLIANCE_REPORT_GENERATED", settings.framework, &filter, &tx,
                          err))
        return err->code;
    request.db = log.db;
    request.verdict = is_verified ? &verdict : NULL;
    if (!framework_report(&request, &report, err) || !put_out(&report, format, err))
        return err->code;
    return evidence_status(&report);
}

const struct command cmd_audit_report = {
    .name = "audit report",
    .arguments = "--framework NAME",
    .summary = "requirements of HIPAA, GDPR, SOC 2, and the evidence for them",
    .description = "Tells for each requirement of a framework what was looked at in this database "
                   "and whether it proves it. Requirements are data (mappings/frameworks.json). "
                   "Exit status 0 all proved, 5 something failed, 6 something was not checked.",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
