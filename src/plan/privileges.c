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

/* The columns that a run reads; those in expressions the server itself will name. */
static bool
is_read(const struct plan_table *table, const struct catalog_column *column)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].source == column)
            return true;
    for (size_t i = 0; i < table->source_key_count; i++)
        if (strcmp(table->source_key_names[i], column->name) == 0)
            return true;
    return table->spec->winner_by != NULL && strcmp(table->spec->winner_by, column->name) == 0;
}

/* Heirs are read one by one: through their parent others would come too. */
static bool
has_hidden_heir(struct plan *plan, const struct plan_table *table, const char *role)
{
    const struct catalog_table *source = table->source;
    for (size_t i = 0; i < source->leaf_count && source->kind == 'r' && source->leaf_count > 1;
         i++) {
        const struct catalog_leaf *leaf = &source->leaves[i];
        if (leaf->can_select)
            continue;
        struct finding *finding = findings_add(&plan->findings, "E-PRIVILEGE", table->label, NULL,
                                               "the source role may not read the whole of table "
                                               "%s.%s, which inherits or is inherited from",
                                               leaf->schema, leaf->name);
        const struct catalog_table named = {.schema = leaf->schema, .name = leaf->name};
        set_grant_hint(finding, "SELECT", &named, role);
        return true;
    }
    return false;
}

static void
check_columns(struct plan *plan, const struct plan_table *table, const char *role)
{
    const struct catalog_table *source = table->source;
    CLEANUP(strbuf_release) struct strbuf missing = STRBUF_INIT, grant = STRBUF_INIT;
    bool any = false;
    for (size_t i = 0; i < source->column_count; i++) {
        const struct catalog_column *column = &source->columns[i];
        any = any || column->can_select;
        if (column->can_select || !is_read(table, column))
            continue;
        strbuf_printf(&missing, "%s%s", missing.length > 0 ? ", " : "", column->name);
        strbuf_add_string(&grant, grant.length > 0 ? ", " : "SELECT (");
        db_quote_identifier(&grant, column->name);
    }
    if (any && missing.length == 0)
        return;
    strbuf_add_char(&grant, ')');
    struct finding *finding = any ? findings_add(&plan->findings, "E-PRIVILEGE", table->label, NULL,
                                                 "the source role may not read: %s", missing.data)
                                  : findings_add(&plan->findings, "E-PRIVILEGE", table->label, NULL,
                                                 "the source role may not read the table");
    set_grant_hint(finding, any ? grant.data : "SELECT", source, role);
}

static void
check_source(struct plan *plan, const struct plan_table *table, const char *role)
{
    const struct catalog_table *source = table->source;
    if (!has_hidden_heir(plan, table, role) && !source->can_select)
        check_columns(plan, table, role);
    if (source->row_security_applies) {
        struct finding *finding =
            findings_add(&plan->findings, "E-ROW-SECURITY", table->label, NULL,
                         "row-level security would hide rows of the source table");
        finding_set_hint(
            finding, "connect as a role with BYPASSRLS, or as the owner where it is not forced");
    }
}

/* Columns are enough where rows are added only: those that are there are found by ctid. */
static bool
has_by_columns(const struct plan_table *table, bool inserts)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (!(inserts ? table->columns[i].target->can_insert
                      : table->columns[i].target->can_select))
            return false;
    return !table->spec->has_on_conflict && table->column_count > 0;
}

static void
check_target(struct plan *plan, const struct plan_table *table, const char *role)
{
    const struct catalog_table *target = table->target;
    bool can_insert = target->can_insert || has_by_columns(table, true);
    bool can_select = target->can_select || has_by_columns(table, false);
    const char *missing = !can_insert                                        ? "INSERT"
                          : !can_select                                      ? "SELECT"
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
