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
#include "reading.h"

void
audit_copy_in(struct strbuf *sql, const struct plan *plan, enum audit_format format)
{
    CLEANUP(audit_layout_release) struct audit_layout layout = audit_layout_new(plan);
    strbuf_add_string(sql, "COPY ");
    if (audit_uses_door(plan))
        strbuf_add_string(sql, "idmigrate_audit.inbox");
    else
        db_quote_name(sql, layout.schema, layout.table);
    for (size_t i = 0; i < layout.count; i++) {
        strbuf_add_string(sql, i == 0 ? " (" : ", ");
        db_quote_identifier(sql, layout.columns[i].name);
    }
    strbuf_add_string(sql, ") FROM STDIN");
    if (format == AUDIT_BINARY)
        strbuf_add_string(sql, " (FORMAT binary)");
}

/* ---- which events ---- */

void
reading_add_run(struct strbuf *sql, const struct reading *reading)
{
    const struct audit_column *column = audit_layout_find(&reading->layout, AUDIT_FIELD_RUN_ID);
    if (column == NULL && reading->metadata != NULL && !reading_is_json(reading->metadata)) {
        reading_add_starts_with_run(sql, reading);
        return;
    }
    /* A uuid is compared as such, so that an index may serve. */
    if (column != NULL && column->type == AUDIT_TYPE_UUID)
        reading_add_column(sql, column);
    else if (column != NULL)
        reading_add_text(sql, column);
    else
        reading_add_member(sql, reading, "run_id");
    strbuf_add_string(sql, " = ");
    db_quote_literal(sql, reading->run->run_id);
}

const char *
reading_resource_type(const struct plan_table *table)
{
    return table->spec->resource_type != NULL ? table->spec->resource_type : table->target->name;
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
        reading_add_text(sql, type);
        strbuf_add_string(sql, " = ");
        db_quote_literal(sql, reading_resource_type(table));
        return;
    }
    audit_target_name(&target, table);
    audit_source_name(&source, reading->plan, table);
    reading_add_member(sql, reading, "table");
    strbuf_add_string(sql, " = ");
    db_quote_literal(sql, target.data);
    /* An event that does not say its source may be of any. */
    strbuf_add_string(sql, " AND COALESCE(");
    reading_add_member(sql, reading, "source");
    strbuf_add_string(sql, ", ");
    db_quote_literal(sql, source.data);
    strbuf_add_string(sql, ") = ");
    db_quote_literal(sql, source.data);
}

/* A second earlier, because a column of less precision rounds, down too. */
void
reading_add_time(struct strbuf *sql, const struct reading *reading)
{
    const char *since = reading->run->since;
    const struct audit_column *column =
        audit_layout_find(&reading->layout, AUDIT_FIELD_RECORDED_AT);
    if (since == NULL || column == NULL ||
        (column->type != AUDIT_TYPE_TIMESTAMP && column->type != AUDIT_TYPE_TIMESTAMPTZ))
        return;
    strbuf_add_string(sql, " AND ");
    reading_add_column(sql, column);
    strbuf_add_string(sql, " >= (");
    db_quote_literal(sql, since);
    strbuf_printf(sql, "::pg_catalog.timestamptz - interval '1 second')%s",
                  column->type == AUDIT_TYPE_TIMESTAMP ? " AT TIME ZONE 'UTC'" : "");
}

struct reading
reading_begin(const struct plan *plan, const struct audit_run *run)
{
    struct reading reading = {.plan = plan, .layout = audit_layout_new(plan), .run = run};
    reading.metadata = audit_layout_find(&reading.layout, AUDIT_FIELD_METADATA);
    return reading;
}

static void
add_query(struct strbuf *sql, const struct reading *reading, const struct plan_table *table)
{
    reading_add_fields(sql, reading);
    reading_add_run(sql, reading);
    strbuf_add_string(sql, " AND ");
    add_table_condition(sql, reading, table);
    reading_add_time(sql, reading);
    reading_add_place(sql, reading, table);
}

void
audit_copy_out(struct strbuf *sql, const struct plan *plan, const struct plan_table *table,
               const struct audit_run *run)
{
    struct reading reading = reading_begin(plan, run);
    strbuf_add_string(sql, "COPY (");
    add_query(sql, &reading, table);
    strbuf_add_string(sql, ") TO STDOUT");
    audit_layout_release(&reading.layout);
}

void
audit_copy_out_by_row(struct strbuf *sql, const struct plan *plan, const struct plan_table *table,
                      const struct audit_run *run)
{
    struct reading reading = reading_begin(plan, run);
    strbuf_add_string(sql, "COPY (SELECT o.* FROM (");
    add_query(sql, &reading, table);
    strbuf_add_string(sql, ") AS o ORDER BY o.source_key COLLATE \"C\", o.event_id COLLATE \"C\")"
                           " TO STDOUT");
    audit_layout_release(&reading.layout);
}

/* Names for the fields of add_query(). */
static void
add_named(struct strbuf *sql, const struct reading *reading, const struct plan_table *table)
{
    strbuf_add_char(sql, '(');
    add_query(sql, reading, table);
    strbuf_add_string(sql, ") AS e (action, source_key, row_digest, resource_id, resource_type,"
                           " old_values, new_values, event_id, actor_id, actor_type, outcome,"
                           " reason_code, tenant, event_version, source, rest)");
}

static void
add_action(struct strbuf *sql, const struct plan *plan, enum audit_action action)
{
    db_quote_literal(sql, plan->mapping->audit.actions[action]);
}

/* A row is there when it was written more often than removed, and its last event says that it was
 * written or replaced. */
static void
add_written_by_history(struct strbuf *sql, const struct reading *reading,
                       const struct plan_table *table)
{
    const struct plan *plan = reading->plan;
    strbuf_add_string(sql, "SELECT h.source_key, h.row_digest, h.resource_id FROM (SELECT e.*,"
                           " pg_catalog.row_number() OVER (PARTITION BY e.source_key"
                           " ORDER BY e.event_id COLLATE \"C\" DESC) AS place,"
                           " pg_catalog.sum(CASE e.action WHEN ");
    add_action(sql, plan, AUDIT_MIGRATED);
    strbuf_add_string(sql, " THEN 1 WHEN ");
    add_action(sql, plan, AUDIT_REMOVED);
    strbuf_add_string(sql,
                      " THEN -1 ELSE 0 END) OVER (PARTITION BY e.source_key) AS written FROM ");
    add_named(sql, reading, table);
    strbuf_add_string(sql, ") AS h WHERE h.place = 1 AND h.written > 0 AND h.action IN (");
    add_action(sql, plan, AUDIT_MIGRATED);
    strbuf_add_string(sql, ", ");
    add_action(sql, plan, AUDIT_UPDATED);
    strbuf_add_char(sql, ')');
}

void
audit_sql_written(struct strbuf *sql, const struct plan *plan, const struct plan_table *table,
                  const struct audit_run *run, bool has_history)
{
    struct reading reading = reading_begin(plan, run);
    if (has_history) {
        add_written_by_history(sql, &reading, table);
    } else {
        strbuf_add_string(sql, "SELECT e.source_key, e.row_digest, e.resource_id FROM ");
        add_named(sql, &reading, table);
        strbuf_add_string(sql, " WHERE e.action = ");
        add_action(sql, plan, AUDIT_MIGRATED);
    }
    audit_layout_release(&reading.layout);
}

void
audit_sql_count(struct strbuf *sql, const struct plan *plan, const struct audit_run *run)
{
    struct reading reading = reading_begin(plan, run);
    strbuf_add_string(sql, "SELECT pg_catalog.count(*) FROM ");
    reading_add_table(sql, &reading);
    strbuf_add_string(sql, " AS e WHERE ");
    reading_add_run(sql, &reading);
    reading_add_time(sql, &reading);
    audit_layout_release(&reading.layout);
}

void
audit_copy_strays(struct strbuf *sql, const struct plan *plan, const struct audit_run *run)
{
    struct reading reading = reading_begin(plan, run);
    strbuf_add_string(sql, "COPY (");
    reading_add_fields(sql, &reading);
    reading_add_run(sql, &reading);
    reading_add_time(sql, &reading);
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
