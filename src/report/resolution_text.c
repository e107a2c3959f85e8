/* The whole resolution of a plan as text. */
#include "grid.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "json.h"
#include "run.h"
#include "words.h"

#include <stdlib.h>

static void
add_names(struct strbuf *text, char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        strbuf_printf(text, "%s\"%s\"", i > 0 ? ", " : "", names[i]);
}

/* ---- the head of a table
 * -------------------------------------------------------------------------------------- */

static void
add_route(struct strbuf *out, const struct plan *plan, const struct plan_table *table, bool color)
{
    const char *source = plan->mapping->sources[table->spec->source].name;
    CLEANUP(memory_free_string)
    char *title =
        memory_printf("%s  %s: %s.%s to %s.%s", table->label, source, table->source->schema,
                      table->source->name, table->target->schema, table->target->name);
    report_add_title(out, color, title);
}

static void
add_row_word(struct strbuf *text, int64_t rows, const char *word)
{
    char count[32];
    if (rows > 0)
        strbuf_printf(text, ", %s %s", clock_format_count(rows, count, sizeof count), word);
}

static void
add_rows(struct strbuf *out, const struct plan_table *table, const struct report_rows *rows)
{
    char count[32];
    if (table->step >= 0)
        strbuf_printf(out, "  step %d", table->step + 1);
    else
        strbuf_add_string(out, "  in no step");
    if (rows == NULL || rows->rows < 0) {
        strbuf_add_string(out, ", rows unknown\n");
        return;
    }
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    strbuf_printf(&text, ", %s rows", clock_format_count(rows->rows, count, sizeof count));
    add_row_word(&text, rows->would_write, "to write");
    add_row_word(&text, rows->would_merge, "to merge");
    add_row_word(&text, rows->would_skip, "to skip");
    add_row_word(&text, rows->would_reject, "to reject");
    if (rows->target_rows >= 0)
        strbuf_printf(&text, "; %s in the target already",
                      clock_format_count(rows->target_rows, count, sizeof count));
    strbuf_printf(out, "%s\n", text.data);
}

static void
add_line(struct strbuf *out, const char *name, const char *text)
{
    strbuf_printf(out, "  %s: ", name);
    report_add_data(out, text);
    strbuf_add_char(out, '\n');
}

static void
add_conflict(struct strbuf *out, const struct mapping_table *spec)
{
    static const char *const ends[] = {[MAPPING_CONFLICT_FAIL] = "stop the run",
                                       [MAPPING_CONFLICT_SKIP] = "are skipped",
                                       [MAPPING_CONFLICT_UPDATE] = "update the one that stays"};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    if (!spec->has_on_conflict)
        return;
    strbuf_add_string(&text, "rows that meet in ");
    add_names(&text, spec->conflict_key, spec->conflict_key_count);
    strbuf_printf(&text, " %s", ends[spec->conflict]);
    if (spec->conflict_set_count > 0) {
        strbuf_add_string(&text, " in ");
        add_names(&text, spec->conflict_set, spec->conflict_set_count);
    }
    if (spec->winner_by != NULL)
        strbuf_printf(&text, "; of several, the one with the %s \"%s\" stays",
                      spec->winner_highest ? "highest" : "lowest", spec->winner_by);
    add_line(out, "on conflict", text.data);
}

static void
add_codec(struct strbuf *out, const struct plan_table *table)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    strbuf_add_string(&text, table->text_reason == NULL ? "binary" : "text: ");
    strbuf_add_string(&text, table->text_reason == NULL ? "" : table->text_reason);
    add_line(out, "copied in", text.data);
}

static void
add_rules(struct strbuf *out, const struct plan *plan, const struct plan_table *table)
{
    const struct mapping_table *spec = table->spec;
    CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
    if (spec->where != NULL)
        add_line(out, "only rows where", spec->where);
    for (size_t i = 0; i < table->source_key_count; i++)
        strbuf_printf(&key, "%s\"%s\"", i > 0 ? ", " : "", table->source_key_names[i]);
    add_line(out, "source key", table->source_key_count > 0 ? key.data : "none");
    add_conflict(out, spec);
    add_codec(out, table);
    if (spec->audit_self)
        add_line(out, "audit", "the row is an audit record itself");
    else
        add_line(out, "audit, as",
                 spec->resource_type != NULL ? spec->resource_type : table->target->name);
    if (table->step >= 0 && plan->steps[table->step].one_transaction)
        add_line(out, "transaction", "the whole step is one transaction");
}

/* ---- columns
 * --------------------------------------------------------------------------------------------------
 */

static void
add_column(struct grid *grid, const struct plan *plan, const struct plan_table *table,
           const struct plan_column *column)
{
    CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf change = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf reason = STRBUF_INIT;
    report_words_origin(&origin, column);
    report_words_change(&change, plan, table, column);
    report_words_reason(&reason, column);
    if (reason.length > 0)
        strbuf_printf(&change, "%s(%s)", change.length > 0 ? " " : "", reason.data);
    grid_add(grid, column->target->name);
    grid_add(grid, column->target->type.text);
    grid_add(grid, origin.data);
    grid_add(grid, change.data);
}

static void
add_columns(struct strbuf *out, const struct plan *plan, const struct plan_table *table, bool color)
{
    static const char *const head[] = {"column", "type", "from", "change", NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("llll");
    grid_add_head(&grid, head);
    for (size_t i = 0; i < table->column_count; i++)
        add_column(&grid, plan, table, &table->columns[i]);
    grid_render(&grid, out, 4, color);
}

static void
render_list(struct strbuf *out, const char *title, const struct grid *grid, bool color)
{
    if (grid->count == 0)
        return;
    strbuf_printf(out, "  %s\n", title);
    grid_render(grid, out, 4, color);
}

static void
add_gaps(struct strbuf *out, const struct plan_table *table, bool color)
{
    CLEANUP(grid_release) struct grid grid = grid_new("lll");
    struct report_words_gap gap;
    for (size_t i = 0; i < table->target->column_count; i++) {
        if (!report_words_gap_at(table, i, &gap))
            continue;
        grid_add(&grid, gap.column->name);
        grid_add(&grid, gap.filled_with);
        grid_add(&grid, gap.reason);
    }
    render_list(out, "not written:", &grid, color);
}

static void
add_dropped(struct strbuf *out, const struct plan_table *table, bool color)
{
    CLEANUP(grid_release) struct grid grid = grid_new("ll");
    for (size_t i = 0; i < table->spec->drop_count; i++) {
        grid_add(&grid, table->spec->drop[i].name);
        grid_add(&grid, table->spec->drop[i].reason);
    }
    render_list(out, "dropped from the source:", &grid, color);
}

static void
add_table(struct strbuf *out, const struct plan *plan, const struct plan_table *table,
          const struct report_rows *rows, bool color)
{
    add_route(out, plan, table, color);
    add_rows(out, table, rows);
    add_rules(out, plan, table);
    add_columns(out, plan, table, color);
    add_gaps(out, table, color);
    add_dropped(out, table, color);
}

static void
add_left_behind(struct strbuf *out, const struct mapping *mapping, bool color)
{
    CLEANUP(grid_release) struct grid grid = grid_new("ll");
    for (size_t i = 0; i < mapping->left_behind_count; i++) {
        const struct mapping_left_behind *left = &mapping->left_behind[i];
        CLEANUP(memory_free_string)
        char *place = memory_printf("%s: %s.%s", mapping->sources[left->source].name, left->schema,
                                    left->table);
        grid_add(&grid, place);
        grid_add(&grid, left->reason);
    }
    if (grid.count == 0)
        return;
    report_add_title(out, color, "Left behind");
    grid_render(&grid, out, 2, color);
}

void
report_resolution_text(struct strbuf *out, const struct plan *plan, const struct report_rows *rows,
                       bool color)
{
    const struct mapping *mapping = plan->mapping;
    CLEANUP(memory_free_string)
    char *audit = memory_printf("%s.%s%s", mapping->audit.schema, mapping->audit.table,
                                plan->audit == NULL      ? ", to be created"
                                : plan->audit_is_default ? ", default layout"
                                                         : ", as the mapping fills it");
    strbuf_add_string(out, "Mapping ");
    report_add_data(out, mapping->name);
    strbuf_printf(out, ": %zu %s in %zu %s\n", plan->table_count,
                  plan->table_count == 1 ? "table" : "tables", plan->step_count,
                  plan->step_count == 1 ? "step" : "steps");
    add_line(out, "audit events", audit);
    const struct plan_table **ordered =
        memory_realloc_array(NULL, plan->table_count, sizeof(void *));
    size_t count = report_words_order(plan, ordered);
    for (size_t i = 0; i < count; i++)
        add_table(out, plan, ordered[i], rows != NULL ? &rows[ordered[i]->number] : NULL, color);
    free(ordered);
    add_left_behind(out, mapping, color);
}

void
report_render_check(struct strbuf *out, const struct plan *plan, const struct report_rows *rows,
                    const struct findings *findings, const struct report_style *style)
{
    if (style->format == REPORT_TEXT) {
        report_resolution_text(out, plan, rows, style->color);
        report_add_title(out, style->color, "Findings");
        report_findings_text(out, findings, style->color);
        return;
    }
    json_t *document = json_object();
    report_put_count(document, "report_version", REPORT_VERSION);
    report_put(document, "resolution", report_resolution_json(plan, rows));
    report_put(document, "findings", report_findings_json(findings));
    report_json_write(out, document);
}
