/*
 * Finds the columns of an audit log and the parts they play.
 *
 * A mapping says it for a run's fields; the rest, and tables without a mapping, go by the names
 * that the default table and the known profiles have.
 */
#include "idmigrate/log_table.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 4 };

static const char *const part_names[LOG_PART_COUNT][MOST_NAMES] = {
    [LOG_ID] = {"id"},
    [LOG_RECORDED_AT] = {"recorded_at", "created_at", "createdAt"},
    [LOG_OCCURRED_AT] = {"occurred_at"},
    [LOG_ACTION] = {"action"},
    [LOG_RESOURCE_TYPE] = {"resource_type", "resourceType"},
    [LOG_RESOURCE_ID] = {"resource_id", "resourceId"},
    [LOG_ACTOR_ID] = {"actor_id", "actorId", "workos_user_id", "user_id"},
    [LOG_ACTOR_TYPE] = {"actor_type"},
    [LOG_TENANT] = {"tenant_id", "tenantId", "org_id", "organization_id"},
    [LOG_OUTCOME] = {"outcome"},
    [LOG_REASON_CODE] = {"reason_code"},
    [LOG_OLD_VALUES] = {"old_values"},
    [LOG_NEW_VALUES] = {"new_values"},
    [LOG_METADATA] = {"metadata"},
    [LOG_IP_ADDRESS] = {"ip_address", "ipAddress"},
    [LOG_USER_AGENT] = {"user_agent", "userAgent"},
    [LOG_RUN_ID] = {"run_id"},
    [LOG_EVENT_VERSION] = {"event_version"},
};

const char *
log_part_name(enum log_part part)
{
    return part_names[part][0];
}

const struct log_column *
log_table_find(const struct log_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

void
log_table_release(struct log_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type);
    }
    free(table->columns);
    free(table->schema);
    free(table->table);
    free(table->name);
    *table = (struct log_table)LOG_TABLE_INIT;
}

/* "schema.table" or "table", as they are: a name with a dot in it is a mapping's business. */
static void
take_names(const struct log_request *request, struct log_table *table)
{
    const char *given = request->name != NULL ? request->name : "audit_logs";
    const char *dot = strchr(given, '.');
    if (request->mapped != NULL) {
        table->schema = memory_strdup(request->mapped->schema);
        table->table = memory_strdup(request->mapped->table);
    } else {
        table->schema =
            dot != NULL ? memory_strndup(given, (size_t)(dot - given)) : memory_strdup("public");
        table->table = memory_strdup(dot != NULL ? dot + 1 : given);
    }
    table->name = memory_printf("%s.%s", table->schema, table->table);
}

static const enum log_part mapped_parts[] = {
    [AUDIT_FIELD_VALUE] = LOG_PART_COUNT,
    [AUDIT_FIELD_ID] = LOG_ID,
    [AUDIT_FIELD_RUN_ID] = LOG_RUN_ID,
    [AUDIT_FIELD_ACTION] = LOG_ACTION,
    [AUDIT_FIELD_OUTCOME] = LOG_OUTCOME,
    [AUDIT_FIELD_REASON_CODE] = LOG_REASON_CODE,
    [AUDIT_FIELD_RESOURCE_TYPE] = LOG_RESOURCE_TYPE,
    [AUDIT_FIELD_RESOURCE_ID] = LOG_RESOURCE_ID,
    [AUDIT_FIELD_ACTOR_ID] = LOG_ACTOR_ID,
    [AUDIT_FIELD_ACTOR_TYPE] = LOG_ACTOR_TYPE,
    [AUDIT_FIELD_TENANT] = LOG_TENANT,
    [AUDIT_FIELD_OLD_VALUES] = LOG_OLD_VALUES,
    [AUDIT_FIELD_NEW_VALUES] = LOG_NEW_VALUES,
    [AUDIT_FIELD_METADATA] = LOG_METADATA,
    [AUDIT_FIELD_ROW_DIGEST] = LOG_PART_COUNT,
    [AUDIT_FIELD_RECORDED_AT] = LOG_RECORDED_AT,
    [AUDIT_FIELD_EVENT_VERSION] = LOG_EVENT_VERSION,
};

static void
take_mapped_parts(const struct mapping_audit *mapped, struct log_table *table)
{
    for (size_t i = 0; i < mapped->column_count; i++) {
        enum log_part part = mapped_parts[mapped->columns[i].field];
        if (part != LOG_PART_COUNT)
            table->parts[part] = log_table_find(table, mapped->columns[i].to);
    }
}

static bool
is_taken(const struct log_table *table, const struct log_column *column)
{
    for (size_t i = 0; i < LOG_PART_COUNT; i++)
        if (table->parts[i] == column)
            return true;
    return false;
}

static void
take_named_parts(struct log_table *table)
{
    for (size_t part = 0; part < LOG_PART_COUNT; part++)
        for (size_t i = 0; i < MOST_NAMES && part_names[part][i] != NULL; i++) {
            const struct log_column *column = log_table_find(table, part_names[part][i]);
            if (table->parts[part] == NULL && column != NULL && !is_taken(table, column))
                table->parts[part] = column;
        }
}

static bool
check_parts(const struct log_table *table, struct error *err)
{
    const struct log_column *time = table->parts[LOG_RECORDED_AT];
    if (table->parts[LOG_ID] == NULL || time == NULL) {
        error_set(err, EXIT_REFUSED, "audit log %s: no column holds an event's %s", table->name,
                  time == NULL ? "time of recording" : "ID");
        return error_hint(err, "columns id and recorded_at (or created_at) are looked for; another "
                               "table is described by \"audit\" of a mapping: --mapping FILE");
    }
    if (strcmp(time->type, "timestamp with time zone") != 0 &&
        strcmp(time->type, "timestamp without time zone") != 0)
        return error_set(err, EXIT_REFUSED, "audit log %s: column %s is %s, and no timestamp",
                         table->name, time->name, time->type);
    return true;
}

bool
log_table_open(struct db *db, const struct log_request *request, struct log_table *table,
               struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    take_names(request, table);
    const char *const values[] = {table->schema, table->table};
    if (!db_query(db, sql_query_audit_log_columns, 2, values, &found, err))
        return error_context(err, "audit log %s", table->name);
    table->count = db_result_rows(found);
    if (table->count == 0) {
        error_set(err, EXIT_USAGE, "there is no audit log %s in the %s", table->name, db_what(db));
        return error_hint(err, "name it: --table SCHEMA.TABLE, or --mapping FILE");
    }
    free(table->name);
    table->name = memory_strdup(db_result_text(found, 0, 3));
    table->is_partitioned = db_result_bool(found, 0, 4);
    table->columns = memory_zalloc(table->count * sizeof *table->columns);
    for (size_t i = 0; i < table->count; i++)
        table->columns[i] = (struct log_column){memory_strdup(db_result_text(found, i, 0)),
                                                memory_strdup(db_result_text(found, i, 1)),
                                                db_result_bool(found, i, 2)};
    if (request->mapped != NULL)
        take_mapped_parts(request->mapped, table);
    take_named_parts(table);
    return check_parts(table, err);
}

bool
log_table_make_visible(struct db *db, const struct log_table *table, bool may_be_part,
                       bool *is_part, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    const char *const values[] = {table->schema, table->table};
    *is_part = false;
    if (!db_query(db, sql_query_audit_log_visible, 2, values, &found, err))
        return error_context(err, "audit log %s", table->name);
    bool applies = db_result_rows(found) > 0 && db_result_bool(found, 0, 0);
    bool is_whole = applies && db_result_bool(found, 0, 1);
    *is_part = applies && !is_whole;
    if (!applies || (*is_part && !may_be_part))
        return true;
    return db_execute(db, "SET LOCAL row_security = on", err);
}
