/*
 * Whether the application's own audit table takes the events of a run.
 *
 * An event that is refused stops a run half-way: a label that an enum lacks, a column too short for
 * the longest key, a CHECK. So one event for each table and action, with the longest key and tenant
 * that the rows have, goes into a temporary table of the same columns and checks.
 */
#include "internal.h"

#include "idmigrate/audit.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS "idmigrate_check_events"

struct event_facts {
    struct strbuf key, tenant; /* the longest ones */
};

void
trail_prepare(struct check *check)
{
    check->events = memory_zalloc((check->plan->table_count + 1) * sizeof *check->events);
    for (size_t i = 0; i < check->plan->table_count; i++)
        check->events[i] = (struct event_facts){STRBUF_INIT, STRBUF_INIT};
}

void
trail_release(struct check *check)
{
    for (size_t i = 0; check->events != NULL && i < check->plan->table_count; i++) {
        strbuf_release(&check->events[i].key);
        strbuf_release(&check->events[i].tenant);
    }
    free(check->events);
}

static void
keep_longer(struct strbuf *longest, const char *data, size_t length)
{
    if (data == NULL || length <= longest->length)
        return;
    strbuf_reset(longest);
    strbuf_add(longest, data, length);
}

void
trail_look(struct check *check, const struct plan_table *table, const struct row *row)
{
    struct event_facts *facts = &check->events[table->number];
    keep_longer(&facts->key, row->target_key.data, row->target_key.length);
    if (table->tenant < 0)
        return;
    struct row_value tenant = row_column_value(row, (size_t)table->tenant, &check->value);
    keep_longer(&facts->tenant, tenant.data, tenant.length);
}

/* ---- the table ---- */

static bool
is_filled(const struct mapping_audit *audit, const char *name)
{
    for (size_t i = 0; i < audit->column_count; i++)
        if (strcmp(audit->columns[i].to, name) == 0)
            return true;
    return false;
}

/* Defaults are left out: they may draw numbers. */
static void
add_table(struct strbuf *sql, const struct plan *plan)
{
    strbuf_add_string(sql, "CREATE TEMPORARY TABLE " EVENTS " (LIKE ");
    db_quote_name(sql, plan->audit->schema, plan->audit->name);
    strbuf_add_string(sql, " INCLUDING CONSTRAINTS)");
    for (size_t i = 0; i < plan->audit->column_count; i++) {
        const struct catalog_column *column = &plan->audit->columns[i];
        if (!column->not_null || is_filled(&plan->mapping->audit, column->name))
            continue;
        strbuf_add_string(sql, "; ALTER TABLE pg_temp." EVENTS " ALTER COLUMN ");
        db_quote_identifier(sql, column->name);
        strbuf_add_string(sql, " DROP NOT NULL");
    }
}

/* The run's own statement, into the temporary table. */
static void
add_copy_in(struct strbuf *sql, const struct plan *plan)
{
    CLEANUP(strbuf_release) struct strbuf real = STRBUF_INIT, name = STRBUF_INIT;
    audit_copy_in(&real, plan, audit_best_format(plan));
    strbuf_add_string(&name, "COPY ");
    if (audit_uses_door(plan))
        strbuf_add_string(&name, "idmigrate_audit.inbox");
    else
        db_quote_name(&name, plan->audit->schema, plan->audit->name);
    strbuf_printf(sql, "COPY pg_temp." EVENTS "%s", real.data + name.length);
}

/* ---- one event ---- */

static void
add_event(struct strbuf *line, const struct check *check, struct audit_writer *writer,
          const struct plan_table *table, enum audit_action action)
{
    static const char digest_text[] = "digest:00000000000000000000000000000000";
    static const char id[] = "id";
    const struct event_facts *facts = &check->events[table->number];
    bool is_open = audit_key_is_open(table);
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    struct audit_id ids = {.old_name = id,
                           .new_name = id,
                           .old_id = id,
                           .new_id = id,
                           .old_length = sizeof id - 1,
                           .new_length = sizeof id - 1};
    audit_target_name(&name, table);
    struct audit_event event = {
        .action = action,
        .reason_code = action == AUDIT_REJECTED ? ROW_REASON_JSON_KEY : NULL,
        .resource_type =
            table->spec->resource_type ? table->spec->resource_type : table->target->name,
        .resource_id = is_open ? facts->key.data : digest_text,
        .resource_id_length = is_open ? facts->key.length : sizeof digest_text - 1,
        .tenant = facts->tenant.length > 0 ? facts->tenant.data : NULL,
        .tenant_length = facts->tenant.length,
        .ids = &ids,
        .id_count = 1,
        .table = name.data,
    };
    audit_writer_set_time(writer, "2026-01-01 00:00:00.000001+00");
    audit_writer_add(writer, &event, line, NULL);
}

static bool
put_event(struct check *check, const struct strbuf *copy, const struct strbuf *line,
          struct error *failed, struct error *err)
{
    struct db *target = check->in->target;
    struct error ignored = ERROR_INIT;
    error_clear(failed);
    db_savepoint(target, "idmigrate_event");
    bool good = db_copy_in_begin(target, copy->data, failed) &&
                db_copy_in_put(target, line->data, line->length, failed) &&
                db_copy_in_end(target, NULL, failed);
    if (!good)
        db_copy_in_abandon(target, &ignored);
    if (failed->is_set && check_must_stop(failed)) {
        *err = *failed;
        return false;
    }
    return db_savepoint_rollback(target, "idmigrate_event", err);
}

/* Events of rows that are changed: only when the source changes under an unfinished run. */
static void
report_later(struct check *check, const char *table, const char *action, const struct error *failed)
{
    struct finding *finding = findings_add(
        check->findings, "W-AUDIT-REFUSES", check->plan->mapping->audit.table, NULL,
        "the audit table refuses events %s of %s: %s; a run can be carried out, but not resumed "
        "after its source changed",
        action, table, failed->text);
    finding_set_hint(finding, "change the audit table (labels, lengths, checks), or say in "
                              "\"audit\" how events are written (\"actions\", \"columns\")");
}

static void
report(struct check *check, const char *table, const char *action, const struct error *failed)
{
    struct finding *finding =
        findings_add(check->findings, "E-AUDIT-REFUSES", check->plan->mapping->audit.table, NULL,
                     "the audit table refuses events %s of %s: %s", action, table, failed->text);
    finding_set_hint(finding, "change the audit table (labels, lengths, checks), or say in "
                              "\"audit\" how events are written (\"actions\", \"columns\")");
}

/* A row may be skipped for its own key, or with its parent, or its parent's parent. */
static bool
may_skip(const struct check *check, const struct plan_table *table)
{
    for (size_t i = 0; i < check->plan->table_count; i++)
        if (check->plan->tables[i].spec->has_on_conflict &&
            check->plan->tables[i].spec->children == MAPPING_CHILDREN_SKIP)
            return true;
    return check_merges(table);
}

/* Whether rows are changed when the source changed before a run was resumed. */
static bool
may_be_reconciled(const struct plan_table *table)
{
    return table->source_key_count > 0 && table->target_key_count > 0 && audit_key_is_open(table);
}

static bool
may_happen(const struct check *check, const struct plan_table *table, enum audit_action action)
{
    switch (action) {
    case AUDIT_MERGED:
    case AUDIT_RESTORED:
        return check_merges(table);
    case AUDIT_SKIPPED:
        return may_skip(check, table);
    case AUDIT_UPDATED:
        return may_be_reconciled(table);
    default: /* an undo of the run must be possible too */
        return true;
    }
}

static bool
check_table(struct check *check, struct audit_writer *writer, const struct strbuf *copy,
            const struct plan_table *table, struct error *err)
{
    for (int i = 0; i < AUDIT_ACTION_COUNT; i++) {
        CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
        struct error failed = ERROR_INIT;
        enum audit_action action = (enum audit_action)i;
        if (!may_happen(check, table, action))
            continue;
        add_event(&line, check, writer, table, action);
        if (!put_event(check, copy, &line, &failed, err))
            return false;
        if (failed.is_set)
            (action == AUDIT_UPDATED ? report_later : report)(
                check, table->label, check->plan->mapping->audit.actions[action], &failed);
    }
    return true;
}

bool
trail_check(struct check *check, struct error *err)
{
    static const char run[] = "00000000-0000-7000-8000-000000000000";
    const struct plan *plan = check->plan;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, copy = STRBUF_INIT;
    struct error failed = ERROR_INIT;
    bool is_table = plan->audit != NULL && (plan->audit->kind == 'r' || plan->audit->kind == 'p' ||
                                            plan->audit->kind == 'f');
    if (!check->can_stage || !is_table || findings_count(&plan->findings, FINDING_REFUSAL) > 0)
        return true;
    add_table(&sql, plan);
    db_savepoint(check->in->target, "idmigrate_events");
    if (!db_execute(check->in->target, sql.data, &failed)) {
        if (check_must_stop(&failed)) {
            *err = failed;
            return false;
        }
        report(check, "any table", "at all", &failed);
        return db_savepoint_rollback(check->in->target, "idmigrate_events", err);
    }
    add_copy_in(&copy, plan);
    struct audit_writer *writer = audit_writer_new(plan, run, audit_best_format(plan));
    bool good = true;
    for (size_t i = 0; i < plan->table_count && good; i++)
        if (check_is_usable(&plan->tables[i]) && !plan->tables[i].spec->audit_self)
            good = check_table(check, writer, &copy, &plan->tables[i], err);
    audit_writer_free(&writer);
    db_savepoint_release(check->in->target, "idmigrate_events");
    return good;
}
