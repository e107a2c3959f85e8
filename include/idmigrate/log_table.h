/*
 * An audit log as it is: the default table, one of the profiles that applications have, or a table
 * that a mapping describes. Which column plays which part is decided here, once, for everything
 * that seals and reads events.
 */
#ifndef IDMIGRATE_LOG_TABLE_H
#define IDMIGRATE_LOG_TABLE_H

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/mapping.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* The part a column plays. */
enum log_part {
    LOG_ID,
    LOG_RECORDED_AT,
    LOG_OCCURRED_AT,
    LOG_ACTION,
    LOG_RESOURCE_TYPE,
    LOG_RESOURCE_ID,
    LOG_ACTOR_ID,
    LOG_ACTOR_TYPE,
    LOG_TENANT,
    LOG_OUTCOME,
    LOG_REASON_CODE,
    LOG_OLD_VALUES,
    LOG_NEW_VALUES,
    LOG_METADATA,
    LOG_IP_ADDRESS,
    LOG_USER_AGENT,
    LOG_RUN_ID,
    LOG_EVENT_VERSION,
    LOG_PART_COUNT
};

struct log_column {
    char *name, *type; /* as declared, without modifiers: "timestamp with time zone" */
    bool is_nullable;
};

struct log_table {
    char *schema, *table;
    char *name; /* schema.table, quoted where SQL wants it: what seals and people call it */
    struct log_column *columns;
    size_t count;
    bool is_partitioned;
    const struct log_column *parts[LOG_PART_COUNT]; /* borrowed from columns; NULL: none */
};
#define LOG_TABLE_INIT                                                                             \
    {                                                                                              \
        .schema = NULL                                                                             \
    }

/* What is asked for: a mapping's audit table, or a name ("table", "schema.table"); NULL and NULL:
 * audit_logs in the schema public. */
struct log_request {
    const struct mapping_audit *mapped;
    const char *name;
};
bool log_table_open(struct db *db, const struct log_request *request, struct log_table *table,
                    struct error *err);
void log_table_release(struct log_table *table);

const struct log_column *log_table_find(const struct log_table *table, const char *name);
/* What a part is called in messages and options: "actor_id". */
const char *log_part_name(enum log_part part);

/*
 * Inside the caller's transaction: where row-level security applies to the role, but a policy shows
 * it every row, it is switched on, since the server refuses to read otherwise. `may_be_part`:
 * also where the role sees a part only (`is_part` says so); without it such a table stays
 * unreadable.
 */
bool log_table_make_visible(struct db *db, const struct log_table *table, bool may_be_part,
                            bool *is_part, struct error *err);

#endif
