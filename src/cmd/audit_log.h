/* What the commands about the audit log share: which database, which log. */
#ifndef IDMIGRATE_CMD_AUDIT_LOG_H
#define IDMIGRATE_CMD_AUDIT_LOG_H

#include "workspace.h"

#include "idmigrate/log_table.h"

struct audit_log_options {
    struct connection_options connections; /* the target only */
    const char *mapping, *table;
};
#define AUDIT_LOG_OPTIONS(options)                                                                 \
    {"target",                                                                                     \
     't',                                                                                          \
     "URI",                                                                                        \
     "the database that holds the audit log; otherwise the variable that the mapping names, or "   \
     "IDMIGRATE_TARGET",                                                                           \
     OPTION_TEXT,                                                                                  \
     &(options).connections.target},                                                               \
        {"mapping",   'm',                                                                         \
         "MAPPING",   "the audit table is the one that this mapping describes",                    \
         OPTION_TEXT, &(options).mapping},                                                         \
    {                                                                                              \
        "table", 0, "[SCHEMA.]TABLE", "the audit table (default public.audit_logs)", OPTION_TEXT,  \
            &(options).table                                                                       \
    }

struct audit_log {
    const struct audit_log_options *options;
    struct mapping *mapping; /* or NULL */
    struct db *db;
    struct log_table table;
};
#define AUDIT_LOG_INIT                                                                             \
    {                                                                                              \
        .options = NULL                                                                            \
    }

/* Connects, tells what is about to be touched, and looks at the log. */
bool audit_log_open(struct audit_log *log, const struct audit_log_options *options,
                    enum db_side side, const char *purpose, struct error *err);
void audit_log_close(struct audit_log *log);
/* One more connection to the same database; `context` is a struct audit_log. */
bool audit_log_connect(void *context, enum db_side side, struct db **db, struct error *err);

/* "--jobs N"; NULL: two, since the server sorts while the client hashes. */
bool audit_log_read_jobs(const char *text, int *jobs, struct error *err);

#endif
