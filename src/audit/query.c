/*
 * The two COPY statements of the audit table: in, as the writer makes lines, and out, in one layout
 * whatever the table's is.
 *
 * What a table does not store in a column of its own is in the metadata. A metadata column of type
 * text may hold anything in rows that are not ours, so it is read as JSON only behind a test that
 * the row is ours.
 */
#include "idmigrate/audit.h"
#include "idmigrate/memory.h"
#include "layout.h"
#include "line.h"

#include <string.h>

void
audit_copy_in(struct strbuf *sql, const struct plan *plan)
{
    CLEANUP(audit_layout_release) struct audit_layout layout = audit_layout_new(plan);
    strbuf_add_string(sql, "COPY ");
    db_quote_name(sql, layout.schema, layout.table);
    for (size_t i = 0; i < layout.count; i++) {
        strbuf_add_string(sql, i == 0 ? " (" : ", ");
        db_quote_identifier(sql, layout.columns[i].name);
    }
    strbuf_add_string(sql, ") FROM STDIN");
}

static void
add_column(struct strbuf *sql, const struct audit_column *column)
{
    strbuf_add_string(sql, "e.");
    db_quote_identifier(sql, column->name);
}

static bool
is_json(const struct audit_column *column)
{
    return column->type == AUDIT_TYPE_JSON || column->type == AUDIT_TYPE_JSONB;
}

/* A column's value as text; NULL stays NULL. */
static void
add_text_of(struct strbuf *sql, const struct audit_column *column)
{
    add_column(sql, column);
    strbuf_add_string(sql, is_json(column) ? " #>> '{}'" : "::pg_catalog.text");
}

struct reading {
    const struct plan *plan;
    struct audit_layout layout;
    const struct audit_column *metadata; /* or NULL */
    const char *run_id;
};

/* The writer puts the run ID first, with exactly these bytes; a column of type text keeps them. */
static void
add_starts_with_run(struct strbuf *sql, const struct reading *reading)
{
    CLEANUP(strbuf_release) struct strbuf start = STRBUF_INIT;
    strbuf_printf(&start, "{\"run_id\": \"%s\"", reading->run_id);
    strbuf_add_string(sql, "pg_catalog.starts_with(");
    add_column(sql, reading->metadata);
    strbuf_add_string(sql, "::pg_catalog.text, ");
    db_quote_literal(sql, start.data);
    strbuf_add_char(sql, ')');
}

/* A member of the metadata as text; NULL when it is not there. */
static void
add_metadata_member(struct strbuf *sql, const struct reading *reading, const char *member)
{
    bool is_text = reading->metadata != NULL && !is_json(reading->metadata);
    if (reading->metadata == NULL) {
        strbuf_add_string(sql, "NULL::pg_catalog.text");
        return;
    }
    strbuf_add_string(sql, is_text ? "CASE WHEN " : "(");
    if (is_text) {
        add_starts_with_run(sql, reading);
        strbuf_add_string(sql, " THEN ");
    }
    add_column(sql, reading->metadata);
    strbuf_printf(sql, "%s ->> '%s'%s", is_text ? "::pg_catalog.jsonb" : "", member,
                  is_text ? " END" : ")");
}

/* ---- what is read
 * --------------------------------------------------------------------------------------------- */

/* The field's column, or the member of the metadata, or ''. */
static void
add_field(struct strbuf *sql, const struct reading *reading, enum audit_field field,
          const char *member)
{
    const struct audit_column *column = audit_layout_find(&reading->layout, field);
    strbuf_add_string(sql, "COALESCE(");
    if (column != NULL)
        add_text_of(sql, column);
    else if (member != NULL)
        add_metadata_member(sql, reading, member);
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
    add_column(sql, column);
    strbuf_add_string(sql, "::pg_catalog.jsonb::pg_catalog.text, '')");
}

static void
add_row_digest(struct strbuf *sql, const struct reading *reading)
{
    const struct audit_column *column = audit_layout_find(&reading->layout, AUDIT_FIELD_ROW_DIGEST);
    if (column != NULL && column->type == AUDIT_TYPE_BYTEA) {
        strbuf_add_string(sql, "COALESCE(pg_catalog.encode(");
        add_column(sql, column);
        strbuf_add_string(sql, ", 'hex'), '')");
    } else if (column != NULL && column->type == AUDIT_TYPE_UUID) {
        strbuf_add_string(sql, "COALESCE(pg_catalog.replace(");
        add_text_of(sql, column);
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
        add_text_of(sql, column);
    else if (member != NULL)
        add_metadata_member(sql, reading, member);
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
        add_column(sql, column);
        strbuf_add_string(sql, ")::pg_catalog.text");
    } else {
        add_text_of(sql, column);
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

/* ---- what no other field tells
 * --------------------------------------------------------------------------------------------- */

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
        add_column(sql, column);
        strbuf_add_string(sql, " IS NULL");
        return;
    }
    add_column(sql, column);
    strbuf_add_string(sql, is_json(column) ? "::pg_catalog.jsonb = " : "::pg_catalog.text = ");
    if (is_json(column) && !is_document)
        strbuf_add_string(sql, "pg_catalog.to_jsonb(");
    db_quote_literal(sql, value);
    if (is_json(column))
        strbuf_add_string(sql, is_document ? "::pg_catalog.jsonb" : "::pg_catalog.text)");
    else
        strbuf_printf(sql, "::%s::pg_catalog.text",
                      audit_layout_full_type(reading->plan, column->name));
}

/* The metadata as jsonb, where the row is ours. */
static void
add_metadata(struct strbuf *sql, const struct reading *reading)
{
    bool is_text = !is_json(reading->metadata);
    strbuf_add_string(sql, is_text ? "(CASE WHEN " : "(");
    if (is_text) {
        add_starts_with_run(sql, reading);
        strbuf_add_string(sql, " THEN ");
    }
    add_column(sql, reading->metadata);
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
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        strbuf_printf(sql, " - '%s'", ours[i]);
    for (size_t i = 0; !reading->layout.is_default && i < sizeof own_table / sizeof own_table[0];
         i++)
        strbuf_printf(sql, " - '%s'", own_table[i]);
    strbuf_add_string(sql, " = '{}'::pg_catalog.jsonb");
    if (reading->layout.is_default)
        return;
    strbuf_add_string(sql, " AND ");
    add_metadata_member(sql, reading, "run_id");
    strbuf_add_string(sql, " = ");
    db_quote_literal(sql, reading->run_id);
    strbuf_add_string(sql, " AND ");
    add_metadata_member(sql, reading, "row_digest");
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

static void
add_select(struct strbuf *sql, const struct reading *reading)
{
    strbuf_add_string(sql, "SELECT ");
    add_field(sql, reading, AUDIT_FIELD_ACTION, NULL);
    strbuf_add_string(sql, ", COALESCE(");
    add_metadata_member(sql, reading, "source_key_digest");
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
    add_metadata_member(sql, reading, "source");
    strbuf_add_string(sql, ", ");
    add_rest(sql, reading);
    strbuf_add_string(sql, " FROM ");
    db_quote_name(sql, reading->layout.schema, reading->layout.table);
    strbuf_add_string(sql, " AS e WHERE ");
}

/* ---- which events
 * --------------------------------------------------------------------------------------------- */

static void
add_run_condition(struct strbuf *sql, const struct reading *reading)
{
    const struct audit_column *column = audit_layout_find(&reading->layout, AUDIT_FIELD_RUN_ID);
    if (column == NULL && reading->metadata != NULL && !is_json(reading->metadata)) {
        add_starts_with_run(sql, reading);
        return;
    }
    /* A uuid is compared as such, so that an index may serve. */
    if (column != NULL && column->type == AUDIT_TYPE_UUID)
        add_column(sql, column);
    else if (column != NULL)
        add_text_of(sql, column);
    else
        add_metadata_member(sql, reading, "run_id");
    strbuf_add_string(sql, " = ");
    db_quote_literal(sql, reading->run_id);
}

/* Events of one table. */
static void
add_table_condition(struct strbuf *sql, const struct reading *reading,
                    const struct plan_table *table)
{
    CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf source = STRBUF_INIT;
    const struct audit_column *type =
        audit_layout_find(&reading->layout, AUDIT_FIELD_RESOURCE_TYPE);
    if (reading->metadata == NULL && type == NULL) {
        strbuf_add_string(sql, "true");
        return;
    }
    if (reading->metadata == NULL) {
        add_text_of(sql, type);
        strbuf_add_string(sql, " = ");
        db_quote_literal(sql, table->spec->resource_type != NULL ? table->spec->resource_type
                                                                 : table->target->name);
        return;
    }
    audit_target_name(&target, table);
    audit_source_name(&source, reading->plan, table);
    add_metadata_member(sql, reading, "table");
    strbuf_add_string(sql, " = ");
    db_quote_literal(sql, target.data);
    /* An event that does not say its source may be of any. */
    strbuf_add_string(sql, " AND COALESCE(");
    add_metadata_member(sql, reading, "source");
    strbuf_add_string(sql, ", ");
    db_quote_literal(sql, source.data);
    strbuf_add_string(sql, ") = ");
    db_quote_literal(sql, source.data);
}

/* A second earlier, because a column of less precision rounds, down too. */
static void
add_time_condition(struct strbuf *sql, const struct reading *reading, const char *since)
{
    const struct audit_column *column =
        audit_layout_find(&reading->layout, AUDIT_FIELD_RECORDED_AT);
    if (since == NULL || column == NULL ||
        (column->type != AUDIT_TYPE_TIMESTAMP && column->type != AUDIT_TYPE_TIMESTAMPTZ))
        return;
    strbuf_add_string(sql, " AND ");
    add_column(sql, column);
    strbuf_add_string(sql, " >= (");
    db_quote_literal(sql, since);
    strbuf_printf(sql, "::pg_catalog.timestamptz - interval '1 second')%s",
                  column->type == AUDIT_TYPE_TIMESTAMP ? " AT TIME ZONE 'UTC'" : "");
}

static struct reading
begin_reading(const struct plan *plan, const char *run_id)
{
    struct reading reading = {.plan = plan, .layout = audit_layout_new(plan), .run_id = run_id};
    reading.metadata = audit_layout_find(&reading.layout, AUDIT_FIELD_METADATA);
    return reading;
}

static void
add_query(struct strbuf *sql, const struct reading *reading, const struct plan_table *table,
          const char *since)
{
    add_select(sql, reading);
    add_run_condition(sql, reading);
    strbuf_add_string(sql, " AND ");
    add_table_condition(sql, reading, table);
    add_time_condition(sql, reading, since);
}

void
audit_copy_out(struct strbuf *sql, const struct plan *plan, const struct plan_table *table,
               const char *run_id, const char *since)
{
    struct reading reading = begin_reading(plan, run_id);
    strbuf_add_string(sql, "COPY (");
    add_query(sql, &reading, table, since);
    strbuf_add_string(sql, ") TO STDOUT");
    audit_layout_release(&reading.layout);
}

void
audit_copy_out_by_row(struct strbuf *sql, const struct plan *plan, const struct plan_table *table,
                      const char *run_id, const char *since)
{
    struct reading reading = begin_reading(plan, run_id);
    strbuf_add_string(sql, "COPY (SELECT o.* FROM (");
    add_query(sql, &reading, table, since);
    strbuf_add_string(sql, ") AS o ORDER BY o.source_key COLLATE \"C\", o.event_id COLLATE \"C\")"
                           " TO STDOUT");
    audit_layout_release(&reading.layout);
}

void
audit_copy_strays(struct strbuf *sql, const struct plan *plan, const char *run_id,
                  const char *since)
{
    struct reading reading = begin_reading(plan, run_id);
    strbuf_add_string(sql, "COPY (");
    add_select(sql, &reading);
    add_run_condition(sql, &reading);
    add_time_condition(sql, &reading, since);
    strbuf_add_string(sql, " AND (false");
    for (size_t i = 0; i < plan->table_count; i++) {
        if (plan->tables[i].spec->audit_self || plan->tables[i].target == NULL)
            continue;
        strbuf_add_string(sql, " OR (");
        add_table_condition(sql, &reading, &plan->tables[i]);
        strbuf_add_string(sql, ")");
    }
    strbuf_add_string(sql, ") IS NOT TRUE) TO STDOUT");
    audit_layout_release(&reading.layout);
}
