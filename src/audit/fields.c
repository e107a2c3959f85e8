/*
 * What is read of an event: one layout, whatever the table's is.
 *
 * What a table does not store in a column of its own is in the metadata.
 */
#include "idmigrate/audit.h"
#include "line.h"
#include "reading.h"

#include <string.h>

/* The field's column, or the member of the metadata, or ''. */
static void
add_field(struct strbuf *sql, const struct reading *reading, enum audit_field field,
          const char *member)
{
    const struct audit_column *column = audit_layout_find(&reading->layout, field);
    strbuf_add_string(sql, "COALESCE(");
    if (column != NULL)
        reading_add_text(sql, column);
    else if (member != NULL)
        reading_add_member(sql, reading, member);
    else
        strbuf_add_string(sql, "NULL::pg_catalog.text");
    strbuf_add_string(sql, ", '')");
}

/* JSON documents in the server's own form, so that json, jsonb and text read alike. */
static void
add_document(struct strbuf *sql, const struct reading *reading, enum audit_field field)
{
    const struct audit_column *column = audit_layout_find(&reading->layout, field);
    if (column == NULL) {
        strbuf_add_string(sql, "''");
        return;
    }
    strbuf_add_string(sql, "COALESCE(");
    reading_add_column(sql, column);
    strbuf_add_string(sql, "::pg_catalog.jsonb::pg_catalog.text, '')");
}

static void
add_row_digest(struct strbuf *sql, const struct reading *reading)
{
    const struct audit_column *column = audit_layout_find(&reading->layout, AUDIT_FIELD_ROW_DIGEST);
    if (column != NULL && column->type == AUDIT_TYPE_BYTEA) {
        strbuf_add_string(sql, "COALESCE(pg_catalog.encode(");
        reading_add_column(sql, column);
        strbuf_add_string(sql, ", 'hex'), '')");
    } else if (column != NULL && column->type == AUDIT_TYPE_UUID) {
        strbuf_add_string(sql, "COALESCE(pg_catalog.replace(");
        reading_add_text(sql, column);
        strbuf_add_string(sql, ", '-', ''), '')");
    } else {
        add_field(sql, reading, AUDIT_FIELD_ROW_DIGEST, "row_digest");
    }
}

/* The same without "COALESCE": NULL stays NULL. */
static void
add_nullable(struct strbuf *sql, const struct reading *reading, enum audit_field field,
             const char *member)
{
    const struct audit_column *column = audit_layout_find(&reading->layout, field);
    if (column != NULL)
        reading_add_text(sql, column);
    else if (member != NULL)
        reading_add_member(sql, reading, member);
    else
        strbuf_add_string(sql, "NULL::pg_catalog.text");
}

/* A column of the default layout that the run leaves to its default. */
static void
add_default_column(struct strbuf *sql, const struct reading *reading, const char *name)
{
    const struct catalog_table *table = reading->plan->audit;
    if (!reading->layout.is_default || (table != NULL && catalog_find_column(table, name) < 0))
        strbuf_add_string(sql, "NULL::pg_catalog.text");
    else
        strbuf_printf(sql, "e.%s::pg_catalog.text", name);
}

/* A column of type numeric may keep more digits than were written. */
static void
add_event_version(struct strbuf *sql, const struct reading *reading)
{
    const struct audit_column *column =
        audit_layout_find(&reading->layout, AUDIT_FIELD_EVENT_VERSION);
    if (column == NULL) {
        add_default_column(sql, reading, "event_version");
    } else if (strcmp(audit_layout_type(reading->plan, column->name), "numeric") == 0) {
        strbuf_add_string(sql, "pg_catalog.trim_scale(");
        reading_add_column(sql, column);
        strbuf_add_string(sql, ")::pg_catalog.text");
    } else {
        reading_add_text(sql, column);
    }
}

static void
add_actor_type(struct strbuf *sql, const struct reading *reading)
{
    if (reading->layout.is_default)
        add_default_column(sql, reading, "actor_type");
    else
        add_nullable(sql, reading, AUDIT_FIELD_ACTOR_TYPE, NULL);
}

/* ---- what no other field tells ---- */

/* A constant as its column holds it. Times may be written as 'now': they are left out. */
static void
add_constant_test(struct strbuf *sql, const struct reading *reading,
                  const struct audit_column *column)
{
    const char *value = column->value;
    bool is_document = value != NULL && (value[0] == '{' || value[0] == '[');
    if (column->type == AUDIT_TYPE_TIMESTAMP || column->type == AUDIT_TYPE_TIMESTAMPTZ)
        return;
    strbuf_add_string(sql, " AND ");
    if (value == NULL ||
        (column->type == AUDIT_TYPE_UUID && !audit_line_is_uuid(value, strlen(value)))) {
        reading_add_column(sql, column);
        strbuf_add_string(sql, " IS NULL");
        return;
    }
    reading_add_column(sql, column);
    strbuf_add_string(sql,
                      reading_is_json(column) ? "::pg_catalog.jsonb = " : "::pg_catalog.text = ");
    if (reading_is_json(column) && !is_document)
        strbuf_add_string(sql, "pg_catalog.to_jsonb(");
    db_quote_literal(sql, value);
    if (reading_is_json(column))
        strbuf_add_string(sql, is_document ? "::pg_catalog.jsonb" : "::pg_catalog.text)");
    else
        strbuf_printf(sql, "::%s::pg_catalog.text",
                      audit_layout_full_type(reading->plan, column->name));
}

/* The metadata as jsonb, where the row is ours. */
static void
add_metadata(struct strbuf *sql, const struct reading *reading)
{
    bool is_text = !reading_is_json(reading->metadata);
    strbuf_add_string(sql, is_text ? "(CASE WHEN " : "(");
    if (is_text) {
        reading_add_starts_with_run(sql, reading);
        strbuf_add_string(sql, " THEN ");
    }
    reading_add_column(sql, reading->metadata);
    strbuf_add_string(sql, is_text ? "::pg_catalog.jsonb END)" : "::pg_catalog.jsonb)");
}

static void
add_metadata_test(struct strbuf *sql, const struct reading *reading)
{
    static const char *const ours[] = {"source", "source_key_digest", "table"};
    static const char *const own_table[] = {"run_id", "tool", "row_digest", "reason_code"};
    if (reading->metadata == NULL)
        return;
    strbuf_add_string(sql, " AND ");
    add_metadata(sql, reading);
    strbuf_add_string(sql, " - '{");
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        strbuf_printf(sql, "%s%s", i > 0 ? "," : "", ours[i]);
    for (size_t i = 0; !reading->layout.is_default && i < sizeof own_table / sizeof own_table[0];
         i++)
        strbuf_printf(sql, ",%s", own_table[i]);
    strbuf_add_string(sql, "}'::pg_catalog.text[] = '{}'::pg_catalog.jsonb");
    if (reading->layout.is_default)
        return;
    strbuf_add_string(sql, " AND ");
    reading_add_member(sql, reading, "run_id");
    strbuf_add_string(sql, " = ");
    db_quote_literal(sql, reading->run->run_id);
    strbuf_add_string(sql, " AND ");
    reading_add_member(sql, reading, "row_digest");
    strbuf_add_string(sql, " = ");
    add_row_digest(sql, reading);
}

/* Whether everything else is as the run writes it: constants, columns that it leaves alone, no
 * other members in the metadata. */
static void
add_rest(struct strbuf *sql, const struct reading *reading)
{
    static const char *const left_alone[] = {"occurred_at", "ip_address", "user_agent"};
    strbuf_add_string(sql, "(true");
    for (size_t i = 0; i < reading->layout.count; i++)
        if (reading->layout.columns[i].field == AUDIT_FIELD_VALUE)
            add_constant_test(sql, reading, &reading->layout.columns[i]);
    for (size_t i = 0; reading->layout.is_default && i < sizeof left_alone / sizeof left_alone[0];
         i++) {
        strbuf_add_string(sql, " AND ");
        add_default_column(sql, reading, left_alone[i]);
        strbuf_add_string(sql, " IS NULL");
    }
    add_metadata_test(sql, reading);
    strbuf_add_string(sql, ") IS TRUE");
}

void
reading_add_fields(struct strbuf *sql, const struct reading *reading)
{
    strbuf_add_string(sql, "SELECT ");
    add_field(sql, reading, AUDIT_FIELD_ACTION, NULL);
    strbuf_add_string(sql, ", COALESCE(");
    reading_add_member(sql, reading, "source_key_digest");
    strbuf_add_string(sql, ", '') AS source_key, ");
    add_row_digest(sql, reading);
    strbuf_add_string(sql, ", ");
    add_field(sql, reading, AUDIT_FIELD_RESOURCE_ID, NULL);
    strbuf_add_string(sql, ", ");
    add_field(sql, reading, AUDIT_FIELD_RESOURCE_TYPE, NULL);
    strbuf_add_string(sql, ", ");
    add_document(sql, reading, AUDIT_FIELD_OLD_VALUES);
    strbuf_add_string(sql, ", ");
    add_document(sql, reading, AUDIT_FIELD_NEW_VALUES);
    strbuf_add_string(sql, ", ");
    add_field(sql, reading, AUDIT_FIELD_ID, NULL);
    strbuf_add_string(sql, " AS event_id, ");
    add_nullable(sql, reading, AUDIT_FIELD_ACTOR_ID, NULL);
    strbuf_add_string(sql, ", ");
    add_actor_type(sql, reading);
    strbuf_add_string(sql, ", ");
    add_nullable(sql, reading, AUDIT_FIELD_OUTCOME, NULL);
    strbuf_add_string(sql, ", ");
    add_nullable(sql, reading, AUDIT_FIELD_REASON_CODE, "reason_code");
    strbuf_add_string(sql, ", ");
    add_nullable(sql, reading, AUDIT_FIELD_TENANT, NULL);
    strbuf_add_string(sql, ", ");
    add_event_version(sql, reading);
    strbuf_add_string(sql, ", ");
    reading_add_member(sql, reading, "source");
    strbuf_add_string(sql, ", ");
    add_rest(sql, reading);
    strbuf_add_string(sql, " FROM ");
    reading_add_table(sql, reading);
    strbuf_add_string(sql, " AS e WHERE ");
}
