/* The audit table: the default layout (there or to be created), or the application's own as the
 * mapping fills it. */
#include "internal.h"

#include <string.h>

/* Columns that the default layout is known by. */
static const char *const default_columns[] = {
    "id",         "recorded_at", "action",     "resource_type", "resource_id",
    "actor_id",   "tenant_id",   "outcome",    "reason_code",   "old_values",
    "new_values", "metadata",    "row_digest", "run_id",
};

static void
check_default_layout(struct plan *plan)
{
    for (size_t i = 0; i < sizeof default_columns / sizeof default_columns[0]; i++) {
        if (catalog_find_column(plan->audit, default_columns[i]) >= 0)
            continue;
        struct finding *finding =
            findings_add(&plan->findings, "E-AUDIT-LAYOUT", plan->audit->name, default_columns[i],
                         "the audit table %s.%s is there in another layout", plan->audit->schema,
                         plan->audit->name);
        finding_set_hint(finding, "say in \"audit\": {\"columns\": ...} how its columns are "
                                  "filled, or name another table");
        return;
    }
}

static bool
stores(const struct mapping_audit *audit, enum audit_field field)
{
    for (size_t i = 0; i < audit->column_count; i++)
        if (audit->columns[i].field == field)
            return true;
    return false;
}

static bool
is_filled(const struct mapping_audit *audit, const char *column)
{
    for (size_t i = 0; i < audit->column_count; i++)
        if (strcmp(audit->columns[i].to, column) == 0)
            return true;
    return false;
}

static void
check_own_layout(struct plan *plan, const struct mapping_audit *audit)
{
    for (size_t i = 0; i < audit->column_count; i++)
        if (catalog_find_column(plan->audit, audit->columns[i].to) < 0)
            findings_add(&plan->findings, "E-COLUMN-UNKNOWN", audit->table, audit->columns[i].to,
                         "/audit/columns: the audit table has no column \"%s\"",
                         audit->columns[i].to);
    for (size_t i = 0; i < plan->audit->column_count; i++) {
        const struct catalog_column *column = &plan->audit->columns[i];
        if (column->not_null && !column->has_default && !is_filled(audit, column->name))
            findings_add(&plan->findings, "E-COLUMN-UNFED", audit->table, column->name,
                         "the audit column is NOT NULL without a default, and /audit/columns does "
                         "not fill it");
    }
    if (!stores(audit, AUDIT_FIELD_METADATA))
        findings_add(&plan->findings, "W-AUDIT-NO-METADATA", audit->table, NULL,
                     "/audit/columns does not store metadata: events cannot be tied to source "
                     "rows, and a source that changes during the run cannot be reconciled");
}

enum { LONGEST_NAME = 64 }; /* characters that the default layout takes */

static bool
is_too_long(const char *name)
{
    size_t characters = 0;
    for (size_t i = 0; name[i] != '\0'; i++)
        characters += ((unsigned char)name[i] & 0xC0) != 0x80;
    return characters > LONGEST_NAME;
}

static void
check_names(struct plan *plan)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        const struct mapping_table *spec = plan->tables[i].spec;
        if (spec->audit_self || spec->resource_type == NULL || !is_too_long(spec->resource_type))
            continue;
        struct finding *finding = findings_add(
            &plan->findings, "E-AUDIT-LAYOUT", plan->tables[i].label, NULL,
            "the resource type is longer than the %d characters of the audit table", LONGEST_NAME);
        finding_set_hint(finding, "say \"audit\": {\"resource_type\": \"a shorter one\"}");
    }
}

/* What the catalogue tells of an audit table that may lose or refuse events. */
static void
check_surroundings(struct plan *plan)
{
    const struct catalog_table *audit = plan->audit;
    if (audit->kind != 'r' && audit->kind != 'p' && audit->kind != 'f')
        findings_add(&plan->findings, "E-TARGET-KIND", audit->name, NULL,
                     "the audit table is a view; events can only be copied into a table");
    if (plan_is_foreign(audit))
        findings_add(&plan->findings, "W-AUDIT-FOREIGN", audit->name, NULL,
                     "the audit table, or a part of it, is a foreign table: events that go there "
                     "commit just before the ledger does, and a crash between the two leaves them "
                     "there twice when the run is resumed; verification finds that");
    if (audit->has_rules)
        findings_add(&plan->findings, "W-RULE", audit->name, NULL,
                     "the audit table has rewrite rules; COPY does not fire them");
    for (size_t i = 0; i < audit->trigger_count; i++) {
        const struct catalog_trigger *trigger = &audit->triggers[i];
        if (!trigger->on_insert || (trigger->enabled != 'O' && trigger->enabled != 'A'))
            continue;
        struct finding *finding = findings_add(&plan->findings, "W-TRIGGER-FIRES", audit->name,
                                               NULL, "trigger %s (%s) will fire for audit events",
                                               trigger->name, trigger->function);
        finding_set_hint(finding, "see that it neither drops nor changes events of a run: a chunk "
                                  "whose events are not all there does not commit");
    }
    for (size_t i = 0; i < audit->foreign_key_count && !plan->audit_is_default; i++) {
        const struct catalog_foreign_key *key = &audit->foreign_keys[i];
        bool is_written = false;
        for (size_t c = 0; c < key->column_count; c++)
            is_written = is_written ||
                         is_filled(&plan->mapping->audit, audit->columns[key->columns[c]].name);
        if (is_written)
            findings_add(&plan->findings, "W-AUDIT-REFERENCE", audit->name, NULL,
                         "foreign key %s of the audit table refers to %s.%s: an event about what "
                         "is not there, such as a rejected row, stops the run",
                         key->name, key->other_schema, key->other_table);
    }
}

static bool
is_needed(const struct mapping *mapping)
{
    for (size_t i = 0; i < mapping->table_count; i++)
        if (!mapping->tables[i].audit_self)
            return true;
    return false;
}

/* COPY into a table with row-level security is no statement that the server carries out. */
static void
check_row_security(struct plan *plan)
{
    const struct catalog_table *audit = plan->audit;
    if (!audit->row_security_applies)
        return;
    if (audit->has_door) {
        struct finding *slow =
            findings_add(&plan->findings, "W-AUDIT-DOOR", audit->name, NULL,
                         "row-level security applies to this role: events go through "
                         "idmigrate_audit.inbox, which takes longer");
        finding_set_hint(slow, "a role with BYPASSRLS writes them at full speed");
        return;
    }
    struct finding *finding = findings_add(&plan->findings, "E-ROW-SECURITY", audit->name, NULL,
                                           "row-level security would refuse audit events");
    finding_set_hint(finding, "connect as a role with BYPASSRLS; of a log made by `idmigrate audit "
                              "install` as a member of its role of migrators");
}

void
plan_resolve_audit(struct plan *plan, const struct plan_inputs *inputs)
{
    const struct mapping_audit *audit = &inputs->mapping->audit;
    plan->audit = catalog_find(inputs->target, audit->schema, audit->table);
    plan->audit_is_default = audit->column_count == 0;
    if (!is_needed(inputs->mapping))
        return;
    if (plan->audit_is_default)
        check_names(plan);
    if (plan->audit == NULL) {
        if (!plan->audit_is_default)
            findings_add(&plan->findings, "E-TABLE-UNKNOWN", audit->table, NULL,
                         "/audit: there is no table \"%s\".\"%s\" in the target", audit->schema,
                         audit->table);
        return;
    }
    if (plan->audit_is_default)
        check_default_layout(plan);
    else
        check_own_layout(plan, audit);
    check_surroundings(plan);
    if (!plan->audit->can_insert || !plan->audit->can_select) {
        struct finding *finding = findings_add(&plan->findings, "E-PRIVILEGE", audit->table, NULL,
                                               "the target role may not read and add audit events");
        finding_set_hint(finding,
                         "GRANT SELECT, INSERT ON \"%s\".\"%s\" TO \"%s\"; of a log made by "
                         "`idmigrate audit install`, its role of migrators",
                         audit->schema, audit->table, inputs->target->role);
    }
    check_row_security(plan);
}
