/*
 * What is peculiar about a target table and would stop a run half-way, or do what a rollback does
 * not take back: sequences, other servers, publications.
 */
#include "internal.h"

#include "idmigrate/memory.h"

static void
report_sequence(struct plan *plan, const struct plan_table *table,
                const struct catalog_column *column, const char *what, const char *privileges,
                const char *role)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    struct finding *finding =
        findings_add(&plan->findings, "E-PRIVILEGE", table->label, column->name,
                     "the target role may not %s the column's sequence %s", what, column->sequence);
    db_quote_identifier(&name, role);
    finding_set_hint(finding, "GRANT %s ON SEQUENCE %s TO %s", privileges, column->sequence,
                     name.data);
}

static void
check_sequences(struct plan *plan, const struct plan_table *table, const char *role)
{
    for (size_t i = 0; i < table->target->column_count; i++) {
        const struct catalog_column *column = &table->target->columns[i];
        int position = plan_find_column(table, column->name);
        if (column->sequence == NULL || column->generated != 0)
            continue;
        if (position >= 0 && table->columns[position].resolve_count == 0 &&
            !column->can_raise_sequence)
            report_sequence(plan, table, column, "raise", "SELECT, UPDATE", role);
        if (position >= 0)
            continue;
        if (!column->can_draw_sequence)
            report_sequence(plan, table, column, "draw from", "USAGE", role);
        findings_add(&plan->findings, "W-NUMBERS-DRAWN", table->label, column->name,
                     "nothing feeds the column: the target draws a number from %s for each row",
                     column->sequence);
    }
}

bool
plan_is_foreign(const struct catalog_table *table)
{
    bool found = table->kind == 'f';
    for (size_t i = 0; i < table->leaf_count; i++)
        found = found || table->leaves[i].kind == 'f';
    return found;
}

void
plan_check_target(struct plan *plan, const struct plan_table *table, const char *role)
{
    check_sequences(plan, table, role);
    if (plan_is_foreign(table->target))
        findings_add(&plan->findings, "W-FOREIGN-TARGET", table->label, NULL,
                     "the target, or a part of it, is a foreign table: its rows commit on the "
                     "other server just before the ledger does (after a crash between the two they "
                     "stand there without events until the run is resumed), and that server's keys "
                     "and constraints were not looked at");
    if (table->target->refuses_update && table->conflict_set_count > 0)
        findings_add(&plan->findings, "E-NO-REPLICA-IDENTITY", table->label, NULL,
                     "the target is published for updates without a replica identity: the server "
                     "refuses the updates of on_conflict");
}
