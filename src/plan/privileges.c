/* May the roles do it, will row-level security let them, and what else fires: grants, policies,
 * triggers, rules, merges. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <string.h>

static void
set_grant_hint(struct finding *finding, const char *privileges, const struct catalog_table *table,
               const char *role)
{
    CLEANUP(strbuf_release) struct strbuf grant = STRBUF_INIT;
    strbuf_printf(&grant, "GRANT %s ON ", privileges);
    db_quote_name(&grant, table->schema, table->name);
    strbuf_add_string(&grant, " TO ");
    db_quote_identifier(&grant, role);
    finding_set_hint(finding, "%s", grant.data);
}

static void
check_source(struct plan *plan, const struct plan_table *table, const char *role)
{
    const struct catalog_table *source = table->source;
    bool columns = true;
    for (size_t i = 0; i < source->column_count; i++)
        columns = columns && source->columns[i].can_select;
    if (!source->can_select && !columns) {
        struct finding *finding = findings_add(&plan->findings, "E-PRIVILEGE", table->label, NULL,
                                               "the source role may not read the table");
        set_grant_hint(finding, "SELECT", source, role);
    }
    if (source->row_security_applies) {
        struct finding *finding =
            findings_add(&plan->findings, "E-ROW-SECURITY", table->label, NULL,
                         "row-level security would hide rows of the source table");
        finding_set_hint(
            finding, "connect as a role with BYPASSRLS, or as the owner where it is not forced");
    }
}

static void
check_target(struct plan *plan, const struct plan_table *table, const char *role)
{
    const struct catalog_table *target = table->target;
    const char *missing = !target->can_insert                                ? "INSERT"
                          : !target->can_select                              ? "SELECT"
                          : table->conflict_set_count && !target->can_update ? "UPDATE"
                                                                             : NULL;
    if (missing != NULL) {
        struct finding *finding = findings_add(&plan->findings, "E-PRIVILEGE", table->label, NULL,
                                               "the target role lacks %s on the table", missing);
        set_grant_hint(finding,
                       table->conflict_set_count ? "SELECT, INSERT, UPDATE" : "SELECT, INSERT",
                       target, role);
    }
    if (target->row_security_applies) {
        struct finding *finding =
            findings_add(&plan->findings, "E-ROW-SECURITY", table->label, NULL,
                         "row-level security would refuse COPY into the target table");
        finding_set_hint(
            finding, "connect as a role with BYPASSRLS, or as the owner where it is not forced");
    }
    if (target->has_rules)
        findings_add(&plan->findings, "W-RULE", table->label, NULL,
                     "the target has rewrite rules; COPY does not fire them");
}

static void
check_triggers(struct plan *plan, const struct plan_table *table)
{
    for (size_t i = 0; i < table->target->trigger_count; i++) {
        const struct catalog_trigger *trigger = &table->target->triggers[i];
        bool concerns = trigger->on_insert || (trigger->on_update && table->conflict_set_count > 0);
        bool fires = trigger->enabled == 'O' || trigger->enabled == 'A';
        if (!concerns || (fires && table->spec->triggers_fire))
            continue;
        struct finding *finding =
            findings_add(&plan->findings, fires ? "W-TRIGGER-FIRES" : "W-TRIGGER-SILENT",
                         table->label, NULL, "trigger %s (%s) will %sfire for migrated rows",
                         trigger->name, trigger->function, fires ? "" : "not ");
        if (fires)
            finding_set_hint(
                finding,
                "say \"triggers\": \"fire\" when that is meant; what it changes, verify reports; "
                "what it "
                "draws from sequences or does outside of the database, a dry run does too");
    }
}

static bool
is_within(const int *columns, size_t count, const int *set, size_t set_count)
{
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t j = 0; j < set_count; j++)
            found = found || columns[i] == set[j];
        if (!found)
            return false;
    }
    return true;
}

/* Children can follow a merged parent only through the key that the merge records. */
static void
check_followers(struct plan *plan, const struct plan_table *child)
{
    for (size_t i = 0; i < child->reference_count; i++) {
        const struct plan_reference *reference = &child->references[i];
        const struct plan_table *parent = &plan->tables[reference->parent];
        if (!parent->spec->has_on_conflict || parent->spec->conflict == MAPPING_CONFLICT_FAIL)
            continue;
        if (is_within(reference->parent_columns, reference->count, parent->conflict_key,
                      parent->conflict_key_count)) {
            if (parent->spec->children == MAPPING_CHILDREN_SKIP)
                findings_add(&plan->findings, "E-MERGE-CHILDREN", child->label, NULL,
                             "\"children\": \"skip\" of %s, but foreign key %s refers to the "
                             "on_conflict key itself: rows of the one that is merged away cannot "
                             "be told from those of the one that stays",
                             parent->label, reference->key->name);
            continue;
        }
        if (reference->count == parent->target_key_count &&
            is_within(reference->parent_columns, reference->count, parent->target_key,
                      parent->target_key_count))
            continue;
        findings_add(&plan->findings, "E-MERGE-REFERENCE", child->label, NULL,
                     "foreign key %s refers to %s by columns that are neither its key nor its "
                     "on_conflict key, so rows could not follow a merge",
                     reference->key->name, parent->label);
    }
}

void
plan_check_privileges(struct plan *plan, const struct plan_inputs *inputs)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];
        if (table->source == NULL || table->target == NULL)
            continue;
        check_source(plan, table, inputs->sources[table->spec->source]->role);
        check_target(plan, table, inputs->target->role);
        plan_check_target(plan, table, inputs->target->role);
        check_triggers(plan, table);
        check_followers(plan, table);
    }
}
