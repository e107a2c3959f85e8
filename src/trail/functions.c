/* The functions that the application reads with, made for the columns that a log has. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/trail.h"

#include <string.h>

static const enum log_part parts[] = {LOG_ID,     LOG_RECORDED_AT,   LOG_ACTOR_ID,   LOG_TENANT,
                                      LOG_ACTION, LOG_RESOURCE_TYPE, LOG_RESOURCE_ID};
static const char *const names[] = {"id",     "time",          "actor",      "tenant",
                                    "action", "resource_type", "resource_id"};
enum { PARTS = sizeof parts / sizeof parts[0] };

static const struct log_column *
document_of(const struct log_table *table)
{
    static const enum log_part documents[] = {LOG_METADATA, LOG_NEW_VALUES, LOG_OLD_VALUES};
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        const struct log_column *column = table->parts[documents[i]];
        if (column != NULL && strcmp(column->type, "jsonb") == 0)
            return column;
    }
    return NULL;
}

bool
trail_write_functions(struct strbuf *sql, const struct log_table *table, struct error *err)
{
    const struct log_column *document = document_of(table);
    const char *pairs[2 * (PARTS + 4) + 1] = {NULL};
    CLEANUP(strbuf_release) struct strbuf log = STRBUF_INIT;
    size_t count = 0;
    for (size_t i = 0; i < PARTS; i++) {
        if (table->parts[parts[i]] == NULL)
            return error_set(err, EXIT_REFUSED, "audit log %s has no column for %s", table->name,
                             log_part_name(parts[i]));
        pairs[count++] = names[i];
        pairs[count++] = table->parts[parts[i]]->name;
    }
    if (document == NULL)
        return error_set(err, EXIT_REFUSED, "audit log %s has no column of type jsonb",
                         table->name);
    db_quote_name(&log, table->schema, table->table);
    const char *const rest[] = {"schema", table->schema, "table",    table->table,
                                "log",    log.data,      "document", document->name};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        pairs[count++] = rest[i];
    db_fill(sql, sql_install_audit_reading, pairs);
    strbuf_add_string(sql, ";\n");
    return true;
}
