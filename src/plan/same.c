/*
 * The source is never written: no relation that an entry reads may be one that an entry, or the
 * audit log, writes.
 *
 * A table, its partitions and its heirs count as one; whoever writes the one writes the other.
 */
#include "internal.h"

#include <string.h>

static bool
holds(const struct catalog_table *table, uint32_t oid)
{
    bool found = table->oid == oid;
    for (size_t i = 0; i < table->leaf_count; i++)
        found = found || table->leaves[i].oid == oid;
    return found;
}

static bool
are_same(const struct catalog_table *one, const struct catalog_table *other)
{
    bool found = holds(one, other->oid);
    for (size_t i = 0; i < other->leaf_count; i++)
        found = found || holds(one, other->leaves[i].oid);
    return found;
}

static void
report(struct plan *plan, const struct plan_table *table, const char *writer)
{
    struct finding *finding =
        findings_add(&plan->findings, "E-SAME-TABLE", table->label, NULL,
                     "the source table %s.%s is the same relation as the one that %s writes",
                     table->source->schema, table->source->name, writer);
    finding_set_hint(finding, "the source is never written: let \"to\" or \"schema\" name another "
                              "table, or point the target at another database");
}

static void
check_table(struct plan *plan, const struct plan_table *table)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        const struct plan_table *other = &plan->tables[i];
        if (other->target == NULL || !are_same(table->source, other->target))
            continue;
        report(plan, table, other == table ? "this entry" : other->label);
        return;
    }
    if (plan->audit != NULL && are_same(table->source, plan->audit))
        report(plan, table, "the audit log");
}

void
plan_check_same_tables(struct plan *plan, const struct plan_inputs *inputs)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];
        if (table->source != NULL && inputs->source_is_target[table->spec->source])
            check_table(plan, table);
    }
}
