/*
 * idmigrate audit prove EVENT: the proof that one event is in the log, as JSON; --check FILE:
 * checks one, without a database. Reads only.
 */
#include "audit_log.h"
#include "steps.h"

#include "idmigrate/memory.h"
#include "idmigrate/seal.h"

static struct {
    struct audit_log_options log;
    const char *output, *check, *public_key, *roots;
    bool with_event;
} settings;

static const struct option_spec options[] = {
    AUDIT_LOG_OPTIONS(settings.log),
    {"output", 'o', "FILE", "write the proof there", OPTION_TEXT, &settings.output},
    {"with-event", 0, NULL, "the proof holds the event itself too, personal data and all",
     OPTION_FLAG, &settings.with_event},
    {"check", 'c', "FILE", "check this proof; no database is needed", OPTION_TEXT, &settings.check},
    {"public-key", 'k', "FILE", "with --check: a seal must be signed with this key (Ed25519, PEM)",
     OPTION_TEXT, &settings.public_key},
    {"roots", 'r', "FILE", "with --check: a seal must be in this file, which `audit seal` wrote",
     OPTION_TEXT, &settings.roots},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static enum exit_status
check(struct error *err)
{
    CLEANUP(seal_key_free) struct seal_key *key = NULL;
    CLEANUP(strbuf_release) struct strbuf told = STRBUF_INIT;
    enum exit_status status = EXIT_NOT_CHECKED;
    struct seal_check_request request = {.path = settings.check, .roots = settings.roots};
    if (settings.public_key != NULL && !seal_key_load_public(settings.public_key, &key, err))
        return err->code;
    request.public_key = key;
    if (!seal_check_proof(&request, &status, &told, err))
        return err->code;
    output_print(&told);
    return status;
}

static enum exit_status
prove(const char *event, struct error *err)
{
    CLEANUP(audit_log_close) struct audit_log log = AUDIT_LOG_INIT;
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    bool installed;
    struct seal_prove_request request = {.event = event, .with_event = settings.with_event};
    if (!audit_log_open(&log, &settings.log, DB_TARGET_READER, "audit prove", err) ||
        !store_is_installed(log.db, &installed, err))
        return err->code;
    if (!installed) {
        error_set(err, EXIT_NOT_CHECKED, "nothing is sealed");
        error_hint(err, "idmigrate audit seal");
        return err->code;
    }
    request.db = log.db;
    request.table = &log.table;
    if (!seal_prove(&request, &json, err) ||
        (settings.output != NULL && !output_to_file(settings.output, &json, err)))
        return err->code;
    if (settings.output == NULL)
        output_print(&json);
    return EXIT_DONE;
}

static enum exit_status
run(char **operands, struct error *err)
{
    if ((settings.check == NULL) == (operands[0] == NULL)) {
        error_set(err, EXIT_USAGE, "either EVENT or --check FILE is wanted");
        return err->code;
    }
    return settings.check != NULL ? check(err) : prove(operands[0], err);
}

const struct command cmd_audit_prove = {
    .name = "audit prove",
    .arguments = "[EVENT]",
    .summary = "the proof that one event is in the log, and its check",
    .description = "Prints a proof of inclusion (RFC 6962): the event's leaf, the path to the root "
                   "of its seal, the seal, and the seals behind it up to a signed one. --check "
                   "verifies such a file without a database: 0 proved, 5 it is wrong, 6 neither "
                   "the key nor the roots file vouches for it.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
