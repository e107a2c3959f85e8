/* Columns that are resolved: which IDs the maps do not know, at which step of the chain, and what
 * the mapping says about them. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
ids_begin(struct column_facts *facts)
{
    facts->steps = memory_zalloc((facts->column->resolve_count + 1) * sizeof *facts->steps);
}

static bool
is_unresolved(enum row_id_state state)
{
    return state == ROW_ID_NULLED || state == ROW_ID_KEPT || state == ROW_ID_UNRESOLVED;
}

/* The value as the chain meets it: after `values` and `rewrite`, which rarely stand beside
 * `resolve`. */
static struct row_value
value_before_chain(const struct column_facts *facts, struct row_value value)
{
    const struct mapping_column *spec = facts->column->spec;
    for (size_t i = 0; i < spec->value_count; i++)
        if (strlen(spec->values[i].old_value) == value.length &&
            memcmp(spec->values[i].old_value, value.data, value.length) == 0)
            return (struct row_value){spec->values[i].new_value,
                                      spec->values[i].new_value ? strlen(spec->values[i].new_value)
                                                                : 0};
    return value;
}

/* Walks the chain again, to the step that did not know the ID. */
static void
find_failure(struct check *check, struct column_facts *facts, struct row_value origin)
{
    const struct plan_column *column = facts->column;
    struct row_value value = value_before_chain(facts, origin);
    /* Names get into ID columns too. */
    bool may_show = facts->shows_ids && idmap_looks_like_id(origin.data, origin.length);
    for (size_t step = 0; step < column->resolve_count && value.data != NULL; step++) {
        const struct idmap_pair *pair;
        int map = column->spec->resolve[step];
        enum idmap_found found = idmap_find(column->resolve[step], value.data, value.length, &pair);
        if (found == IDMAP_OLD) {
            facts->steps[step].passed++;
            value = (struct row_value){pair->new_id, pair->new_length};
        } else if (found == IDMAP_TWO) {
            tally_add(&facts->steps[step].two, origin, facts->shows_ids);
            return;
        } else if (found == IDMAP_NONE) {
            tally_add(&facts->steps[step].none, origin, may_show);
            if (step == 0 && !maps_fits_old(check, map, value))
                tally_add(&facts->out_of_format, origin, may_show);
            if (step == 0 && maps_has_other_case(check, map, value))
                tally_add(&facts->other_case, origin, may_show);
            return;
        }
    }
}

void
ids_look(struct check *check, struct column_facts *facts, const struct row *row)
{
    for (size_t i = 0; i < row->id_count; i++) {
        const struct row_id *id = &row->ids[i];
        if (id->column != facts->column->field)
            continue;
        if (id->state == ROW_ID_RESOLVED)
            facts->resolved++;
        else if (id->state == ROW_ID_ALREADY)
            tally_add(&facts->already, id->old_value, facts->shows_ids);
        else if (is_unresolved(id->state) && id->old_value.data != NULL)
            find_failure(check, facts, id->old_value);
    }
}

/* ---- report ---- */

static void
report_ambiguous(struct check *check, const struct plan_table *table,
                 const struct column_facts *facts, size_t step)
{
    const struct tally *tally = &facts->steps[step].two;
    CLEANUP(memory_free_string) char *count = tally_describe(tally, "ID has", "IDs have");
    struct finding *finding = findings_add(
        check->findings, "E-ID-AMBIGUOUS", table->label, facts->column->target->name,
        "%s several new IDs in the ID map %s", count, idmap_name(facts->column->resolve[step]));
    finding_set_hint(
        finding, "let the ID map give one (narrow its query, or correct the data that it reads)");
    tally_fill(tally, finding);
}

static void
report_unresolved(struct check *check, const struct plan_table *table,
                  const struct column_facts *facts, size_t step)
{
    const struct tally *tally = &facts->steps[step].none;
    const struct mapping_column *spec = facts->column->spec;
    const char *name = facts->column->target->name, *map = idmap_name(facts->column->resolve[step]);
    CLEANUP(memory_free_string) char *count = tally_describe(tally, "ID", "IDs");
    CLEANUP(memory_free_string)
    char *where = facts->column->resolve_count > 1
                      ? memory_printf("ID map %s (step %zu of %zu)", map, step + 1,
                                      facts->column->resolve_count)
                      : memory_printf("ID map %s", map);
    struct finding *finding;

    switch (spec->unresolved) {
    case MAPPING_UNRESOLVED_REJECT:
        finding = findings_add(check->findings, "W-UNRESOLVED", table->label, name,
                               "not in the %s: %s, rows: %" PRId64 "; these rows will be rejected",
                               where, count, tally->rows);
        finding_set_hint(finding,
                         "complete the ID map, say \"unresolved\", or run with --max-rejects");
        break;
    case MAPPING_UNRESOLVED_FAIL:
        finding = findings_add(check->findings, "E-UNRESOLVED", table->label, name,
                               "not in the %s: %s, rows: %" PRId64 "; the mapping says \"fail\"",
                               where, count, tally->rows);
        finding_set_hint(
            finding,
            "complete the ID map, or say \"unresolved\": \"reject\", \"null\" or \"keep\"");
        break;
    default:
        finding = findings_add(check->findings, "W-UNRESOLVED-POLICY", table->label, name,
                               "not in the %s: %s, rows: %" PRId64 "; the mapping says \"%s\"",
                               where, count, tally->rows,
                               spec->unresolved == MAPPING_UNRESOLVED_NULL ? "null" : "keep");
        finding_set_hint(finding, "%s", spec->reason ? spec->reason : "no reason is given");
    }
    tally_fill(tally, finding);
}

static bool
is_strict(const struct check *check, const struct column_facts *facts)
{
    return check->in->strict || check->plan->mapping->ids[facts->column->spec->resolve[0]].strict;
}

static void
report_looks(struct check *check, const struct plan_table *table, const struct column_facts *facts)
{
    const char *name = facts->column->target->name;
    if (facts->out_of_format.rows > 0) {
        CLEANUP(memory_free_string)
        char *count = tally_describe(&facts->out_of_format, "value is", "values are");
        struct finding *finding =
            findings_add(check->findings, is_strict(check, facts) ? "E-ID-FORMAT" : "W-ID-FORMAT",
                         table->label, name, "%s neither in the ID map nor %s", count,
                         maps_describe_old(check, facts->column->spec->resolve[0]));
        finding_set_hint(finding,
                         "name values that are no IDs in \"literals\"; correct the others");
        tally_fill(&facts->out_of_format, finding);
    }
    if (facts->other_case.rows > 0) {
        CLEANUP(memory_free_string)
        char *count = tally_describe(&facts->other_case, "value is", "values are");
        struct finding *finding =
            findings_add(check->findings, "W-ID-CASE", table->label, name,
                         "%s in the ID map with other upper and lower case only", count);
        bool is_uuid = facts->column->source != NULL &&
                       strcmp(facts->column->source->type.base_text_plain, "uuid") == 0;
        finding_set_hint(finding, "%s",
                         is_uuid
                             ? "the column is a uuid, which is printed in lower case: write the "
                               "IDs in lower case in the ID map"
                             : "IDs are case-sensitive: two that differ in case may be two people");
        tally_fill(&facts->other_case, finding);
    }
    if (facts->already.rows > 0) {
        CLEANUP(memory_free_string)
        char *count = tally_describe(&facts->already, "value", "values");
        struct finding *finding = findings_add(check->findings, "W-ID-ALREADY", table->label, name,
                                               "already new IDs of the map: %s, which stay", count);
        tally_fill(&facts->already, finding);
    }
}

void
ids_report(struct check *check, const struct plan_table *table, struct column_facts *facts)
{
    const struct plan_column *column = facts->column;
    for (size_t step = 0; step < column->resolve_count; step++) {
        if (facts->steps[step].two.rows > 0)
            report_ambiguous(check, table, facts, step);
        if (facts->steps[step].none.rows > 0)
            report_unresolved(check, table, facts, step);
        maps_note_use(check, column->spec->resolve[step],
                      facts->resolved + facts->steps[step].passed,
                      step == 0 ? facts->already.rows : 0, facts->steps[step].none.rows,
                      facts->steps[step].two.rows);
        tally_release(&facts->steps[step].none);
        tally_release(&facts->steps[step].two);
    }
    if (column->resolve_count > 0)
        report_looks(check, table, facts);
    free(facts->steps);
    facts->steps = NULL;
}
