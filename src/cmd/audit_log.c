/* Opening the audit log that a command is about. */
#include "audit_log.h"

#include "steps.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <stdlib.h>

static const char *
uri_of(const struct audit_log *log, struct error *err)
{
    return log->mapping != NULL ? connection_uri(&log->options->connections, log->mapping, -1, err)
                                : connection_target(&log->options->connections, err);
}

bool
audit_log_open(struct audit_log *log, const struct audit_log_options *options, enum db_side side,
               const char *purpose, struct error *err)
{
    const char *uri;
    log->options = options;
    if (!connection_check_options(&options->connections, err))
        return false;
    if (options->mapping != NULL && options->table != NULL)
        return error_set(err, EXIT_USAGE, "either --mapping or --table: one audit log at a time");
    if (options->mapping != NULL && !mapping_load(options->mapping, &log->mapping, err))
        return false;
    if ((uri = uri_of(log, err)) == NULL || !db_open(&log->db, uri, "target", side, purpose, err))
        return false;
    connection_announce(log->db, "target", side == DB_TARGET);
    struct log_request request = {.mapped = log->mapping != NULL ? &log->mapping->audit : NULL,
                                  .name = options->table};
    return log_table_open(log->db, &request, &log->table, err);
}

void
audit_log_close(struct audit_log *log)
{
    log_table_release(&log->table);
    db_close(&log->db);
    mapping_free(&log->mapping);
}

bool
audit_log_connect(void *context, enum db_side side, struct db **db, struct error *err)
{
    const struct audit_log *log = context;
    const char *uri = uri_of(log, err);
    return uri != NULL && db_open(db, uri, "target", side, "audit", err);
}

bool
audit_log_read_jobs(const char *text, int *jobs, struct error *err)
{
    enum { MOST = 16, DEFAULT = 2 };
    char *end;
    *jobs = DEFAULT;
    if (text == NULL)
        return true;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 1 || number > MOST)
        return error_set(err, EXIT_USAGE, "--jobs %s: a number from 1 to %d", text, MOST);
    *jobs = (int)number;
    return true;
}
