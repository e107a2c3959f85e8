/* What an undo took back, and what it left as it is. */
#include "grid.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "json.h"
#include "run.h"

#include <inttypes.h>
#include <string.h>

enum { SAMPLES_OF_A_REASON = 5 };

bool
report_load_undo(struct db *target, const char *run_id, struct report_undo *undo, struct error *err)
{
    *undo = (struct report_undo){.refusals = NULL};
    if (store_load_undo(target, run_id, &undo->undo, err) &&
        store_load_undo_tables(target, run_id, &undo->tables, &undo->table_count, err) &&
        store_load_undo_refusals(target, run_id, SAMPLES_OF_A_REASON, &undo->refusals,
                                 &undo->refusal_count, err))
        return true;
    report_undo_release(undo);
    return false;
}

void
report_undo_release(struct report_undo *undo)
{
    store_undo_release(&undo->undo);
    store_undo_tables_free(undo->tables, undo->table_count);
    store_undo_refusals_free(undo->refusals, undo->refusal_count);
    *undo = (struct report_undo){.refusals = NULL};
}

const char *
report_explain_refusal(const char *reason_code)
{
    static const char *const words[][2] = {
        {"changed", "changed since the run"},
        {"referred_to", "rows that stay refer to them"},
        {"not_told_apart", "cannot be told from rows that were there before"},
        {"refused_by_target", "the target refused"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], reason_code) == 0)
            return words[i][1];
    return reason_code;
}

static bool
is_same_reason(const struct store_undo_refusal *a, const struct store_undo_refusal *b)
{
    const char *left = a->detail != NULL ? a->detail : "",
               *right = b->detail != NULL ? b->detail : "";
    return strcmp(a->label, b->label) == 0 && strcmp(a->reason_code, b->reason_code) == 0 &&
           strcmp(left, right) == 0;
}

bool
report_begins_group(const struct report_undo *undo, size_t i)
{
    return i == 0 || !is_same_reason(&undo->refusals[i - 1], &undo->refusals[i]);
}

/* ---- text ---- */

static void
add_refusals(struct strbuf *out, const struct report_undo *undo, bool color)
{
    if (undo->refusal_count == 0)
        return;
    report_add_title(out, color, "Left as they are");
    for (size_t i = 0; i < undo->refusal_count; i++) {
        const struct store_undo_refusal *refusal = &undo->refusals[i];
        char rows[32];
        if (report_begins_group(undo, i)) {
            strbuf_add_string(out, i > 0 ? "\n  " : "  ");
            report_add_data(out, refusal->label);
            strbuf_printf(out, ": %s rows, %s",
                          clock_format_count(refusal->rows, rows, sizeof rows),
                          report_explain_refusal(refusal->reason_code));
            if (refusal->detail != NULL) {
                strbuf_add_string(out, " (");
                report_add_data(out, refusal->detail);
                strbuf_add_char(out, ')');
            }
            strbuf_add_string(out, ": ");
        } else {
            strbuf_add_string(out, ", ");
        }
        report_add_data(out, refusal->sample);
        bool is_last = i + 1 == undo->refusal_count || report_begins_group(undo, i + 1);
        if (is_last && refusal->rows > SAMPLES_OF_A_REASON)
            strbuf_add_string(out, ", ...");
    }
    strbuf_add_char(out, '\n');
}

void
report_undo_text(struct strbuf *out, const struct report_undo *undo, bool color)
{
    static const char *const head[] = {"table", "rows",      "removed", "restored",
                                       "left",  "were gone", "state",   NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("lrrrrrl");
    if (undo->undo.undo_id == NULL)
        return;
    CLEANUP(memory_free_string)
    char *title = memory_printf("Undo %s: %s", undo->undo.undo_id, undo->undo.state);
    report_add_title(out, color, title);
    grid_add_head(&grid, head);
    for (size_t i = 0; i < undo->table_count; i++) {
        const struct store_undo_table *table = &undo->tables[i];
        grid_add(&grid, table->label);
        grid_add_count(&grid, table->listed);
        grid_add_count(&grid, table->removed);
        grid_add_count(&grid, table->restored);
        grid_add_count(&grid, table->refused);
        grid_add_count(&grid, table->gone);
        grid_add(&grid, table->state);
    }
    grid_render(&grid, out, 2, color);
    add_refusals(out, undo, color);
}

/* ---- JSON ---- */

static json_t *
describe_table(const struct store_undo_table *table)
{
    json_t *object = json_object();
    report_put_text(object, "table", table->label);
    report_put_text(object, "state", table->state);
    report_put_count(object, "rows", table->listed);
    report_put_count(object, "removed", table->removed);
    report_put_count(object, "restored", table->restored);
    report_put_count(object, "left", table->refused);
    report_put_count(object, "gone", table->gone);
    return object;
}

static json_t *
describe_refusals(const struct report_undo *undo)
{
    json_t *list = json_array(), *samples = NULL;
    for (size_t i = 0; i < undo->refusal_count; i++) {
        const struct store_undo_refusal *refusal = &undo->refusals[i];
        if (report_begins_group(undo, i)) {
            json_t *entry = json_object();
            samples = json_array();
            report_put_text(entry, "table", refusal->label);
            report_put_text(entry, "reason_code", refusal->reason_code);
            report_put_text(entry, "detail", refusal->detail);
            report_put_count(entry, "rows", refusal->rows);
            report_put(entry, "keys", samples);
            json_array_append_new(list, entry);
        }
        json_array_append_new(samples, report_json_text(refusal->sample));
    }
    return list;
}

json_t *
report_undo_json(const struct report_undo *undo)
{
    if (undo->undo.undo_id == NULL)
        return json_null();
    json_t *object = json_object(), *tables = json_array();
    for (size_t i = 0; i < undo->table_count; i++)
        json_array_append_new(tables, describe_table(&undo->tables[i]));
    report_put_text(object, "undo_id", undo->undo.undo_id);
    report_put_text(object, "state", undo->undo.state);
    report_put_text(object, "operator", undo->undo.operator);
    report_put_count(object, "attempts", undo->undo.attempts);
    report_put_text(object, "started_at", undo->undo.started_at);
    report_put_text(object, "finished_at", undo->undo.finished_at);
    report_put(object, "tables", tables);
    report_put(object, "left", describe_refusals(undo));
    return object;
}

void
report_render_undo(struct strbuf *out, const char *run_id, const struct report_undo *undo,
                   bool is_dry_run, const struct report_style *style)
{
    if (style->format == REPORT_TEXT) {
        report_undo_text(out, undo, style->color);
        return;
    }
    json_t *document = json_object();
    report_put_count(document, "report_version", REPORT_VERSION);
    report_put_text(document, "kind", is_dry_run ? "undo_dry_run" : "undo");
    report_put_text(document, "run_id", run_id);
    report_put(document, "undo", report_undo_json(undo));
    report_json_write(out, document);
}
