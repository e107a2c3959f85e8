/* What else was done: set aside and brought back, taken back, found before anything was written. */
#include "html.h"

#include "markup.h"
#include "run.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

static int64_t
count_state(const struct report_asides *asides, const char *state)
{
    int64_t count = 0;
    for (size_t i = 0; i < asides->count; i++)
        count += strcmp(asides->items[i].state, state) == 0;
    return count;
}

static void
add_asides(struct strbuf *out, const struct report_asides *asides)
{
    static const char *const head[] = {"kept in place", "kind", "name", "why", NULL};
    int64_t away = count_state(asides, "aside") + count_state(asides, "built");
    int64_t kept = count_state(asides, "kept");
    html_heading(out, "Set aside while tables were loaded");
    CLEANUP(memory_free_string)
    char *text = memory_printf("%" PRId64 " indexes and constraints are back, %" PRId64
                               " are still set aside, %" PRId64 " were kept in place.",
                               count_state(asides, "back"), away, kept);
    html_paragraph(out, away > 0 ? "warning" : NULL, text);
    if (kept == 0)
        return;
    html_table(out, "Kept in place", head);
    for (size_t i = 0; i < asides->count; i++) {
        const struct store_aside *item = &asides->items[i];
        if (strcmp(item->state, "kept") != 0)
            continue;
        CLEANUP(memory_free_string) char *table = memory_printf("%s.%s", item->schema, item->table);
        html_row(out, table);
        html_cell(out, NULL, item->kind);
        html_cell(out, NULL, item->name);
        html_cell(out, "w", item->reason);
        html_row_end(out);
    }
    html_table_end(out);
}

/* ---- undo
 * -----------------------------------------------------------------------------------------------------
 */

static void
add_refusals(struct strbuf *out, const struct report_undo *undo)
{
    static const char *const head[] = {"table", "why", "detail", "#rows", "such as", NULL};
    html_table(out, "Rows that the undo left as they are", head);
    for (size_t i = 0; i < undo->refusal_count; i++) {
        const struct store_undo_refusal *refusal = &undo->refusals[i];
        if (!report_begins_group(undo, i))
            continue;
        html_row(out, refusal->label);
        html_cell(out, NULL, report_explain_refusal(refusal->reason_code));
        html_cell(out, "w", refusal->detail);
        html_cell_count(out, refusal->rows);
        html_cell(out, "v", refusal->sample);
        html_row_end(out);
    }
    html_table_end(out);
}

static void
add_undo(struct strbuf *out, const struct report_undo *undo)
{
    static const char *const head[] = {"table",     "state", "#rows",      "#removed",
                                       "#restored", "#left", "#were gone", NULL};
    char begun[20], ended[20];
    CLEANUP(memory_free_string)
    char *text = memory_printf("By %s, %s to %s UTC: %s. Its audit events have the run ID %s.",
                               undo->undo.operator, report_time(undo->undo.started_at, begun),
                               report_time(undo->undo.finished_at, ended), undo->undo.state,
                               undo->undo.undo_id);
    html_heading(out, "Undo");
    html_paragraph(out, NULL, text);
    html_table(out, "What the undo took back", head);
    for (size_t i = 0; i < undo->table_count; i++) {
        const struct store_undo_table *table = &undo->tables[i];
        html_row(out, table->label);
        html_cell(out, NULL, table->state);
        html_cell_count(out, table->listed);
        html_cell_count(out, table->removed);
        html_cell_count(out, table->restored);
        html_cell_count(out, table->refused);
        html_cell_count(out, table->gone);
        html_row_end(out);
    }
    html_table_end(out);
    if (undo->refusal_count > 0)
        add_refusals(out, undo);
}

/* ---- findings
 * -------------------------------------------------------------------------------------------------
 */

static void
add_findings(struct strbuf *out, const struct findings *findings)
{
    static const char *const head[] = {"code", "place", "what was found", "hint", "#rows", NULL};
    html_heading(out, "Found before anything was written");
    html_table(out, "Findings", head);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        CLEANUP(memory_free_string)
        char *place = memory_printf("%s%s%s", finding->table != NULL ? finding->table : "",
                                    finding->table != NULL && finding->column != NULL ? "." : "",
                                    finding->column != NULL ? finding->column : "");
        html_row(out, finding->code);
        html_cell(out, NULL, place);
        html_cell(out, "w", finding->text);
        html_cell(out, "w", finding->hint);
        html_cell_count(out, finding->rows);
        html_row_end(out);
    }
    html_table_end(out);
}

void
html_add_events(struct strbuf *out, const struct report_summary *summary)
{
    const struct report_model *model = summary->model;
    bool has_findings = model->findings != NULL && model->findings->count > 0;
    html_section(out, "events", "What else was done", NULL);
    if (model->asides.count > 0)
        add_asides(out, &model->asides);
    if (model->undo.undo.undo_id != NULL)
        add_undo(out, &model->undo);
    if (has_findings)
        add_findings(out, model->findings);
    if (model->asides.count == 0 && model->undo.undo.undo_id == NULL && !has_findings)
        html_paragraph(out, NULL, "Nothing: no index was set aside, and nothing was taken back.");
    html_section_end(out);
}
