/*
 * idmigrate audit verify: makes every tree anew and names what differs.
 *
 * Reads only, but for the event that says who verified the log, and with which verdict.
 */
#include "audit_log.h"
#include "audit_read.h"
#include "steps.h"

#include "idmigrate/memory.h"
#include "idmigrate/seal.h"

#include <inttypes.h>
#include <stdio.h>

static struct {
    struct audit_log_options log;
    const char *public_key, *roots, *jobs;
    bool json;
} settings;

static const struct option_spec options[] = {
    AUDIT_LOG_OPTIONS(settings.log),
    {"public-key", 'k', "FILE", "the seals must be signed with this key (Ed25519, PEM)",
     OPTION_TEXT, &settings.public_key},
    {"roots", 'r', "FILE", "the seals must be those of this file, which `audit seal` wrote",
     OPTION_TEXT, &settings.roots},
    {"jobs", 'j', "N", "months that are read at the same time (default 2)", OPTION_TEXT,
     &settings.jobs},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
need_seals(struct db *db, struct error *err)
{
    bool installed;
    if (!store_is_installed(db, &installed, err) || installed)
        return installed;
    error_set(err, EXIT_NOT_CHECKED, "nothing is sealed: there is no schema idmigrate in the %s",
              db_what(db));
    return error_hint(err, "idmigrate audit seal");
}

static void
print(const struct seal_verdict *verdict, const char *log)
{
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    if (!settings.json) {
        seal_verdict_print(verdict, log, stdout);
        return;
    }
    seal_verdict_write(verdict, log, &json);
    output_print(&json);
}

/* On a connection of its own: the other one can only read. */
static void
note(struct audit_log *log, const struct seal_verdict *verdict)
{
    CLEANUP(db_close) struct db *db = NULL;
    CLEANUP(memory_free_string)
    char *json = memory_printf("{\"exit_status\": %d, \"seals\": %" PRId64 ", \"events\": %" PRId64
                               ", \"differences\": %" PRId64 ", \"not_checked\": %" PRId64
                               ", \"last_seal\": %" PRId64 "}",
                               (int)verdict->status, verdict->seals, verdict->events,
                               verdict->differences, verdict->unchecked, verdict->last);
    const struct audit_noted noted = {"AUDIT_LOG_VERIFIED", "audit verify", "verified", json};
    struct error err = ERROR_INIT;
    if (audit_log_connect(log, DB_TARGET, &db, &err))
        audit_note(log, db, &noted);
    else
        fprintf(stderr, "warning: this use of the log was not recorded: %s\n", err.text);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(audit_log_close) struct audit_log log = AUDIT_LOG_INIT;
    CLEANUP(seal_key_free) struct seal_key *key = NULL;
    CLEANUP(seal_verdict_release)
    struct seal_verdict verdict = {.status = EXIT_NOT_CHECKED};
    struct seal_verify_request request = {
        .open = audit_log_connect, .context = &log, .roots = settings.roots};
    (void)operands;
    if (!audit_log_read_jobs(settings.jobs, &request.jobs, err) ||
        (settings.public_key != NULL && !seal_key_load_public(settings.public_key, &key, err)) ||
        !audit_log_open(&log, &settings.log, DB_TARGET_READER, "audit verify", err) ||
        !need_seals(log.db, err))
        return err->code;
    request.db = log.db;
    request.table = &log.table;
    request.public_key = key;
    if (!seal_verify(&request, &verdict, err))
        return err->code;
    note(&log, &verdict);
    print(&verdict, log.table.name);
    return verdict.status;
}

const struct command cmd_audit_verify = {
    .name = "audit verify",
    .arguments = "",
    .summary = "finds events that were changed, removed, inserted, moved",
    .description =
        "Reads all sealed events, makes their trees anew and compares: events that were "
        "changed, removed, inserted or moved in time are named. With --public-key or "
        "--roots also finds that the seals themselves were written anew. That it was done, "
        "and with which verdict, becomes an event of the log. Exit status 0 "
        "proved, 5 something differs, 6 something could not be checked.",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
