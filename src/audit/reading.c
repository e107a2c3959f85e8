/* Columns of an audit table, and members of its metadata, as SQL. */
#include "reading.h"
#include "idmigrate/audit.h"

#include "idmigrate/memory.h"

bool
audit_uses_door(const struct plan *plan)
{
    return plan->audit != NULL && plan->audit->row_security_applies && plan->audit->has_door;
}

void
reading_add_table(struct strbuf *sql, const struct reading *reading)
{
    if (!audit_uses_door(reading->plan)) {
        db_quote_name(sql, reading->layout.schema, reading->layout.table);
        return;
    }
    strbuf_add_string(sql, "idmigrate_audit.events_since(");
    if (reading->run->since == NULL)
        strbuf_add_string(sql, "NULL)");
    else {
        db_quote_literal(sql, reading->run->since);
        strbuf_add_string(sql, "::pg_catalog.timestamptz - interval '1 second')");
    }
}

void
reading_add_column(struct strbuf *sql, const struct audit_column *column)
{
    strbuf_add_string(sql, "e.");
    db_quote_identifier(sql, column->name);
}

bool
reading_is_json(const struct audit_column *column)
{
    return column->type == AUDIT_TYPE_JSON || column->type == AUDIT_TYPE_JSONB;
}

/* A column's value as text; NULL stays NULL. */
void
reading_add_text(struct strbuf *sql, const struct audit_column *column)
{
    reading_add_column(sql, column);
    strbuf_add_string(sql, reading_is_json(column) ? " #>> '{}'" : "::pg_catalog.text");
}

/* The writer puts the run ID first, with exactly these bytes; a column of type text keeps them. */
void
reading_add_starts_with_run(struct strbuf *sql, const struct reading *reading)
{
    CLEANUP(strbuf_release) struct strbuf start = STRBUF_INIT;
    strbuf_printf(&start, "{\"run_id\": \"%s\"", reading->run->run_id);
    strbuf_add_string(sql, "pg_catalog.starts_with(");
    reading_add_column(sql, reading->metadata);
    strbuf_add_string(sql, "::pg_catalog.text, ");
    db_quote_literal(sql, start.data);
    strbuf_add_char(sql, ')');
}

/* A member of the metadata as text; NULL when it is not there. */
void
reading_add_member(struct strbuf *sql, const struct reading *reading, const char *member)
{
    bool is_text = reading->metadata != NULL && !reading_is_json(reading->metadata);
    if (reading->metadata == NULL) {
        strbuf_add_string(sql, "NULL::pg_catalog.text");
        return;
    }
    strbuf_add_string(sql, is_text ? "CASE WHEN " : "(");
    if (is_text) {
        reading_add_starts_with_run(sql, reading);
        strbuf_add_string(sql, " THEN ");
    }
    reading_add_column(sql, reading->metadata);
    strbuf_printf(sql, "%s ->> '%s'%s", is_text ? "::pg_catalog.jsonb" : "", member,
                  is_text ? " END" : ")");
}
