/* Rows that refer to a row which is merged away follow it, or are left out with it; those that
 * refer to a rejected one are rejected. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>

/* Children follow, or are skipped or rejected with, their parent by the parent's whole key only: as
   in a run. `columns` gets the child's column for each column of that key. */
static bool
refers_by_key(const struct plan_table *parent, const struct plan_reference *reference, int *columns)
{
    if (reference->count != parent->target_key_count)
        return false;
    for (size_t i = 0; i < parent->target_key_count; i++) {
        columns[i] = -1;
        for (size_t j = 0; j < reference->count; j++)
            if (reference->parent_columns[j] == parent->target_key[i])
                columns[i] = reference->columns[j];
        if (columns[i] < 0)
            return false;
    }
    return true;
}

static void
add_child_join(struct strbuf *sql, const struct plan_table *child, const struct plan_table *parent,
               const int *columns, bool by_merges)
{
    for (size_t i = 0; i < parent->target_key_count; i++) {
        strbuf_add_string(sql, " AND s.");
        db_quote_identifier(sql, merge_column_name(child, columns[i]));
        plan_sql_equals(sql, &child->columns[columns[i]].target->type);
        if (by_merges) {
            strbuf_printf(sql, "m.old_%zu", i);
            continue;
        }
        strbuf_add_string(sql, "m.");
        db_quote_identifier(sql, merge_column_name(parent, parent->target_key[i]));
    }
}

static void
add_moved(struct strbuf *sql, size_t count)
{
    strbuf_add_string(sql, " AND (false");
    for (size_t i = 0; i < count; i++)
        strbuf_printf(sql, " OR m.old_%zu IS DISTINCT FROM m.new_%zu", i, i);
    strbuf_add_string(sql, ")");
}

static bool
follow_merged(struct check *check, const struct plan_table *child, const struct plan_table *parent,
              const int *columns, struct error *err)
{
    bool skips = parent->spec->children == MAPPING_CHILDREN_SKIP;
    int64_t rows = 0;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_printf(&sql, "UPDATE pg_temp.%s AS s SET ", check->stages[child->number].name);
    for (size_t i = 0; i < parent->target_key_count && !skips; i++) {
        strbuf_add_string(&sql, i > 0 ? ", " : "");
        db_quote_identifier(&sql, merge_column_name(child, columns[i]));
        strbuf_printf(&sql, " = m.new_%zu", i);
    }
    strbuf_printf(&sql, "%s FROM pg_temp.%s AS m WHERE s.idmigrate_state = '" STAGE_GOOD "'",
                  skips ? "idmigrate_state = '" STAGE_PARENT_SKIPPED "'" : "",
                  check->stages[parent->number].merges);
    add_child_join(&sql, child, parent, columns, true);
    add_moved(&sql, parent->target_key_count);
    if (!merge_run(check, &sql, &rows, err))
        return false;
    if (skips)
        check->tables[child->number].would_skip += rows;
    return true;
}

/* Rows that share the fate of their parent: those that refer to a row in one of `states` get
 * `state`. */
static bool
share_fate(struct check *check, const struct plan_table *child, const struct plan_table *parent,
           const int *columns, const char *states, const char *state, int64_t *count,
           struct error *err)
{
    int64_t rows = 0;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_printf(&sql,
                  "UPDATE pg_temp.%s AS s SET idmigrate_state = '%s' FROM pg_temp.%s AS m WHERE "
                  "s.idmigrate_state = '" STAGE_GOOD "' AND m.idmigrate_state IN (%s)",
                  check->stages[child->number].name, state, check->stages[parent->number].name,
                  states);
    add_child_join(&sql, child, parent, columns, false);
    if (!merge_run(check, &sql, &rows, err))
        return false;
    *count += rows;
    return true;
}

static bool
apply_parent(struct check *check, const struct plan_table *child, const struct plan_table *parent,
             const int *columns, bool merges, int64_t *rejected, struct error *err)
{
    if (merges && check->stages[parent->number].has_merges &&
        !follow_merged(check, child, parent, columns, err))
        return false;
    return share_fate(check, child, parent, columns, "'" STAGE_PARENT_SKIPPED "'",
                      STAGE_PARENT_SKIPPED, &check->tables[child->number].would_skip, err) &&
           share_fate(check, child, parent, columns,
                      "'" STAGE_REJECTED "', '" STAGE_PARENT_REJECTED "'", STAGE_PARENT_REJECTED,
                      rejected, err);
}

bool
children_apply(struct check *check, const struct plan_table *child, bool within, bool merges,
               int64_t *rejected, struct error *err)
{
    for (size_t i = 0; i < child->reference_count; i++) {
        const struct plan_reference *reference = &child->references[i];
        const struct plan_table *parent = &check->plan->tables[reference->parent];
        int *columns = memory_alloc((parent->target_key_count + 1) * sizeof *columns);
        bool concerns =
            (parent->step == child->step) == within && check->stages[child->number].is_made &&
            check->stages[parent->number].is_made && refers_by_key(parent, reference, columns);
        bool good = !concerns || apply_parent(check, child, parent, columns, merges, rejected, err);
        free(columns);
        if (!good)
            return false;
    }
    return true;
}

void
children_report_rejected(struct check *check, const struct plan_table *table, int64_t rejected)
{
    if (rejected == 0)
        return;
    struct finding *finding = findings_add(
        check->findings, "W-PARENT-REJECTED", table->label, NULL,
        "%" PRId64 " rows refer to rows that will be rejected, and will be rejected with them",
        rejected);
    finding_set_hint(finding,
                     "see W-UNRESOLVED of the referenced tables; run needs --max-rejects for both");
    finding->rows = rejected;
    check->tables[table->number].would_reject += rejected;
}

/* Inside a step rejects go round until no more are found. */
bool
children_close_step(struct check *check, const struct plan_step *step, int64_t *rejected,
                    struct error *err)
{
    bool merges = true, more = step->one_transaction;
    while (more) {
        more = false;
        for (size_t i = 0; i < step->table_count; i++) {
            const struct plan_table *table = &check->plan->tables[step->tables[i]];
            int64_t before = rejected[i] + check->tables[table->number].would_skip;
            if (!children_apply(check, table, true, merges, &rejected[i], err))
                return false;
            more |= rejected[i] + check->tables[table->number].would_skip > before;
        }
        merges = false;
    }
    return true;
}
