/*
 * idmigrate audit seal: seals what was recorded, up to where nothing can be recorded any more.
 *
 * Changes the schema idmigrate of the target (makes it where there is none) and the file of roots.
 * A month is one transaction: interrupted, what is sealed stays, and the same command goes on.
 *
 * Who sealed what is an event of the log, which the next sealing seals. That one leaves no event
 * where it had nothing else to seal: a log that rests is sealed as a whole.
 */
#include "audit_log.h"
#include "audit_read.h"
#include "steps.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/seal.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    struct audit_log_options log;
    const char *key, *roots, *jobs, *margin, *accept_late;
    bool json;
} settings;

static const struct option_spec options[] = {
    AUDIT_LOG_OPTIONS(settings.log),
    {"key", 'k', "FILE",
     "sign the seals with this private key (Ed25519, PEM), which only its owner can read",
     OPTION_TEXT, &settings.key},
    {"roots", 'r', "FILE",
     "add the seals to this file too; keep it where the database's administrator cannot write",
     OPTION_TEXT, &settings.roots},
    {"margin", 0, "SECONDS", "leave alone what is younger than this (default 5)", OPTION_TEXT,
     &settings.margin},
    {"accept-late", 0, "REASON",
     "also seal events that were recorded behind the last seal, in seals that say so", OPTION_TEXT,
     &settings.accept_late},
    {"jobs", 'j', "N", "months that are read at the same time (default 2)", OPTION_TEXT,
     &settings.jobs},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
read_margin(double *margin, struct error *err)
{
    enum { DEFAULT = 5, MOST = 86400 };
    char *end;
    *margin = DEFAULT;
    if (settings.margin == NULL)
        return true;
    errno = 0;
    *margin = strtod(settings.margin, &end);
    if (errno != 0 || end == settings.margin || *end != '\0' || !(*margin >= 0 && *margin <= MOST))
        return error_set(err, EXIT_USAGE, "--margin %s: seconds from 0 to %d", settings.margin,
                         MOST);
    return true;
}

static bool
need_schema(struct db *db, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    bool installed;
    if (!store_is_installed(db, &installed, err))
        return false;
    return installed ||
           (db_begin(&tx, db, DB_READ_WRITE, err) && store_install(db, err) && db_commit(&tx, err));
}

static void
print_text(const struct seal_outcome *outcome, const char *log)
{
    char events[32], duration[32], time[SEAL_TIME_SIZE];
    seal_time_format(outcome->horizon, time);
    printf("%s: %" PRId64 " seals over %s events in %s; sealed up to %s\n", log, outcome->seals,
           clock_format_count(outcome->events, events, sizeof events),
           clock_format_duration(outcome->seconds, duration, sizeof duration), time);
    if (outcome->late > 0)
        printf("%" PRId64 " of them had been recorded behind a seal\n", outcome->late);
    if (outcome->waits_for != NULL)
        printf("what was recorded later waits for %s\n", outcome->waits_for);
}

static void
print_json(const struct seal_outcome *outcome, const char *log)
{
    char time[SEAL_TIME_SIZE];
    seal_time_format(outcome->horizon, time);
    json_t *root = json_pack("{ss sI sI sI ss ss? sf}", "log", log, "seals",
                             (json_int_t)outcome->seals, "events", (json_int_t)outcome->events,
                             "late", (json_int_t)outcome->late, "sealed_up_to", time, "waits_for",
                             outcome->waits_for, "seconds", outcome->seconds);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

/* ---- the event of it ---- */

static const char own_action[] = "AUDIT_LOG_SEALED";

static bool
count_own(const struct audit_log *log, const struct seal_outcome *outcome, int64_t *own,
          struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf time = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *found = NULL;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    const struct log_column *const *parts = log->table.parts;
    char from[SEAL_TIME_SIZE], to[SEAL_TIME_SIZE];
    bool is_part;
    seal_time_format(outcome->before, from);
    seal_time_format(outcome->horizon, to);
    db_quote_identifier(&time, parts[LOG_RECORDED_AT]->name);
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM ");
    db_quote_name(&sql, log->table.schema, log->table.table);
    strbuf_printf(&sql, " AS e WHERE e.%s > '%s' AND e.%s <= '%s' AND e.", time.data, from,
                  time.data, to);
    db_quote_identifier(&sql, parts[LOG_ACTION]->name);
    strbuf_printf(&sql, " = '%s'", own_action);
    if (!db_begin(&tx, log->db, DB_READ_ONLY_SNAPSHOT, err) ||
        !log_table_make_visible(log->db, &log->table, false, &is_part, err) ||
        !db_query(log->db, sql.data, 0, NULL, &found, err))
        return false;
    *own = db_result_int64(found, 0, 0);
    return true;
}

/* Many events cannot all be sealings. */
static bool
is_worth_an_event(const struct audit_log *log, const struct seal_outcome *outcome)
{
    enum { MANY = 100 };
    struct error ignored = ERROR_INIT;
    int64_t own;
    if (outcome->events == 0 || outcome->events > MANY || log->table.parts[LOG_ACTION] == NULL)
        return outcome->events > 0;
    return !count_own(log, outcome, &own, &ignored) || outcome->events > own;
}

static void
note(const struct audit_log *log, const struct seal_outcome *outcome)
{
    char head[MERKLE_HEX_SIZE];
    if (!is_worth_an_event(log, outcome))
        return;
    merkle_to_hex(&outcome->head, head);
    json_t *root =
        json_pack("{sI sI sI sI ss ss?}", "seals", (json_int_t)outcome->seals, "events",
                  (json_int_t)outcome->events, "late", (json_int_t)outcome->late, "last_seal",
                  (json_int_t)outcome->last, "hash", head, "reason", settings.accept_late);
    CLEANUP(memory_free_string) char *json = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    const struct audit_noted noted = {own_action, "audit seal", "sealed", json};
    if (json != NULL)
        audit_note(log, log->db, &noted);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(audit_log_close) struct audit_log log = AUDIT_LOG_INIT;
    CLEANUP(seal_key_free) struct seal_key *key = NULL;
    CLEANUP(seal_outcome_release) struct seal_outcome outcome = {.seals = 0};
    struct seal_request request = {.open = audit_log_connect,
                                   .context = &log,
                                   .accept_late = settings.accept_late,
                                   .roots = settings.roots};
    (void)operands;
    if (!read_margin(&request.margin, err) ||
        !audit_log_read_jobs(settings.jobs, &request.jobs, err) ||
        (settings.key != NULL && !seal_key_load(settings.key, &key, err)) ||
        !audit_log_open(&log, &settings.log, DB_TARGET, "audit seal", err))
        return err->code;
    /* From here on, data changes. */
    request.db = log.db;
    request.table = &log.table;
    request.key = key;
    if (!need_schema(log.db, err) || !seal_run(&request, &outcome, err))
        return err->code;
    note(&log, &outcome);
    if (settings.json)
        print_json(&outcome, log.table.name);
    else
        print_text(&outcome, log.table.name);
    return EXIT_DONE;
}

const struct command cmd_audit_seal = {
    .name = "audit seal",
    .arguments = "",
    .summary = "seals what was recorded: Merkle trees, chained, signed",
    .description = "Every event of the audit log goes into a Merkle tree (RFC 6962) of its month; "
                   "each root names the one before it. Sealed is what was recorded before every "
                   "transaction that is still open, so that nothing can come behind a seal. Run it "
                   "by a timer; mappings/seals.md tells what is hashed. Who sealed what becomes an "
                   "event of the log, unless only such events were sealed.",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
