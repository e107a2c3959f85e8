/*
 * idmigrate audit drain: what log_event_async() took goes into the log, and months are made ahead.
 *
 * Adds events and partitions, in many transactions. Interrupting it is harmless: what is not in the
 * log waits in the queue.
 */
#include "steps.h"

#include "idmigrate/audit_log.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    struct connection_options connections;
} settings;

static const struct option_spec options[] = {
    {"target", 't', "URI", "the database; otherwise IDMIGRATE_TARGET", OPTION_TEXT,
     &settings.connections.target},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
make_months(struct db *target, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(target, sql_query_audit_make_months, 0, NULL, &result, err))
        return error_context(err, "months of the audit log");
    if (db_result_int64(result, 0, 0) > 0)
        fprintf(stderr, "%" PRId64 " months made\n", db_result_int64(result, 0, 0));
    return true;
}

/* One batch a transaction. A batch that brings nothing is the end: what is left failed before. */
static bool
drain(struct db *target, struct error *err)
{
    static const char *const batch[] = {"10000"};
    int64_t all = 0, delivered = 1;
    while (delivered > 0 && interrupt_signal() == 0) {
        CLEANUP(db_result_free) struct db_result *result = NULL;
        if (!db_query(target, sql_query_audit_drain, 1, batch, &result, err))
            return error_context(err, "queue of the audit log");
        delivered = db_result_int64(result, 0, 0);
        all += delivered;
    }
    fprintf(stderr, "%" PRId64 " events moved into the log\n", all);
    return !steps_are_interrupted(err);
}

static bool
judge(struct db *target, enum exit_status *status, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *state = NULL;
    if (!db_query(target, sql_query_audit_queue_state, 0, NULL, &state, err))
        return false;
    int64_t failed = db_result_int64(state, 0, 3), lost = db_result_int64(state, 0, 4);
    printf("entered %" PRId64 ", delivered %" PRId64 ", waiting %" PRId64 ", failed %" PRId64
           ", lost %" PRId64 "\n",
           db_result_int64(state, 0, 0), db_result_int64(state, 0, 1), db_result_int64(state, 0, 2),
           failed, lost);
    *status = failed != 0 || lost != 0 ? EXIT_DIFFERENT : EXIT_DONE;
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(memory_free_string) char *schema = NULL;
    CLEANUP(memory_free_string) char *table = NULL;
    CLEANUP(db_close) struct db *target = NULL;
    enum exit_status status = EXIT_DONE;
    const char *uri;

    (void)operands;
    if (!connection_check_options(&settings.connections, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&target, uri, "target", DB_TARGET, "audit drain", err))
        return err->code;
    connection_announce(target, "target", true);
    if (!audit_log_find(target, &schema, &table, err))
        return err->code;
    /* From here on, data changes. */
    if (!make_months(target, err) || !drain(target, err) || !judge(target, &status, err))
        return err->code;
    return status;
}

const struct command cmd_audit_drain = {
    .name = "audit drain",
    .arguments = "",
    .summary = "empty the queue of log_event_async(), and make months ahead",
    .description =
        "Moves the events that wait in the queue into the log and makes its partitions ahead; for "
        "a timer, as a member of the log's auditors or migrators. Prints how many events entered "
        "the queue since ever, were delivered, wait, were refused by the log, and are lost. Exit "
        "status 0, or 5 when one was refused or lost.",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
