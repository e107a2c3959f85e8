/* Tables, their ID columns, and the rows that were not written. */
#include "html.h"

#include "ids.h"
#include "json.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <string.h>

/* ---- tables
 * ---------------------------------------------------------------------------------------------------
 */

static void
add_row_counts(struct strbuf *out, const struct report_totals *sums, double seconds)
{
    char text[32], duration[32];
    double rate = report_rate(sums->rows_read, seconds);
    html_cell_count(out, sums->rows_read);
    html_cell_count(out, sums->rows_written);
    html_cell_count(out, sums->rows_merged);
    html_cell_count(out, sums->rows_skipped);
    if (sums->rows_rejected > 0)
        html_cell(out, "n alarm", clock_format_count(sums->rows_rejected, text, sizeof text));
    else
        html_cell_count(out, 0);
    html_cell_count(out, sums->rows_updated);
    html_cell_count(out, sums->rows_removed);
    html_cell(out, "n", clock_format_duration(seconds, duration, sizeof duration));
    html_cell_count(out, rate < 0 ? -1 : (int64_t)rate);
}

static void
add_table(struct strbuf *out, const struct store_table *table)
{
    struct report_totals sums = report_sum(table, 1);
    bool done = strcmp(table->state, "done") == 0;
    html_row(out, table->label);
    html_cell(out, done ? NULL : "alarm", table->state);
    add_row_counts(out, &sums, table->seconds);
    html_cell_count(out, table->target_rows_before);
    html_row_end(out);
}

void
html_add_tables(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {
        "table",    "state",    "#read", "#written", "#merged",       "#skipped", "#rejected",
        "#updated", "#removed", "#time", "#rows/s",  "#there before", NULL};
    const struct report_model *model = summary->model;
    html_section(out, "tables", "Tables",
                 "In order of execution. Updated and removed rows are those that an earlier pass "
                 "wrote; there before are rows of the target before the first write.");
    html_table(out, "Rows by table", head);
    for (size_t i = 0; i < model->table_count; i++)
        add_table(out, &model->tables[i]);
    strbuf_add_string(out, "</tbody>\n<tbody class=\"sum\">\n");
    html_row(out, "all");
    html_cell(out, NULL, "");
    add_row_counts(out, &summary->totals, model->run.seconds);
    html_cell(out, NULL, "");
    html_row_end(out);
    html_table_end(out);
    html_paragraph(out, summary->totals.adds_up ? "note" : "warning",
                   summary->totals.adds_up
                       ? "In every table: read = written + merged + skipped + rejected."
                       : "The counts do not add up: read is not written + merged + skipped + "
                         "rejected.");
    html_section_end(out);
}

/* ---- ID columns
 * -----------------------------------------------------------------------------------------------
 */

static size_t
add_id_columns(struct strbuf *out, const struct store_table *table)
{
    json_t *counts = report_json_parse(table->column_counts);
    size_t added = json_object_size(counts);
    const char *name;
    json_t *column;
    json_object_foreach(counts, name, column)
    {
        CLEANUP(memory_free_string) char *place = memory_printf("%s.%s", table->label, name);
        html_row(out, place);
        for (size_t i = 0; i < REPORT_ID_COUNTS; i++)
            html_cell_count(out,
                            json_integer_value(json_object_get(column, report_id_counts[i].key)));
        html_row_end(out);
    }
    json_decref(counts);
    return added;
}

void
html_add_ids(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {"column",      "#resolved",        "#already new",
                                       "#no IDs",     "#made null",       "#kept",
                                       "#unresolved", "#replaced inside", NULL};
    CLEANUP(strbuf_release) struct strbuf rows = STRBUF_INIT;
    size_t count = 0;
    for (size_t i = 0; i < summary->model->table_count; i++)
        count += add_id_columns(&rows, &summary->model->tables[i]);
    html_section(out, "ids", "ID columns",
                 "What became of the IDs in each column that holds them.");
    if (count == 0) {
        html_paragraph(out, NULL, "No ID was met.");
    } else {
        html_table(out, "IDs by column", head);
        strbuf_add(out, rows.data, rows.length);
        html_table_end(out);
    }
    html_section_end(out);
}

/* ---- rejects
 * --------------------------------------------------------------------------------------------------
 */

static void
add_reasons(struct strbuf *out, const struct report_model *model)
{
    static const char *const head[] = {"table",    "#rows",      "reason", "column",
                                       "SQLSTATE", "constraint", NULL};
    html_table(out, "Rejects by reason", head);
    for (size_t i = 0; i < model->reject_count_count; i++) {
        const struct store_reject_count *count = &model->reject_counts[i];
        html_row(out, count->label);
        html_cell_count(out, count->rejects);
        html_cell(out, NULL, count->reason_code);
        html_cell(out, NULL, count->column_name);
        html_cell(out, NULL, count->sqlstate);
        html_cell(out, NULL, count->constraint_name);
        html_row_end(out);
    }
    html_table_end(out);
}

static void
add_samples(struct strbuf *out, const struct report_model *model)
{
    static const char *const head[] = {
        "table", "reason", "column", "SQLSTATE", "constraint", "old ID", "source key (digest)",
        NULL};
    html_table(out, "Examples", head);
    for (size_t i = 0; i < model->reject_sample_count; i++) {
        const struct store_reject *reject = &model->reject_samples[i];
        html_row(out, reject->label);
        html_cell(out, NULL, reject->reason_code);
        html_cell(out, NULL, reject->column_name);
        html_cell(out, NULL, reject->sqlstate);
        html_cell(out, NULL, reject->constraint_name);
        html_cell(out, "v", reject->old_id);
        html_cell(out, "v", reject->source_key_digest);
        html_row_end(out);
    }
    html_table_end(out);
    char more[32];
    int64_t left = model->rejects - (int64_t)model->reject_sample_count;
    CLEANUP(memory_free_string)
    char *note = memory_printf("%s more are in idmigrate.reject.",
                               clock_format_count(left, more, sizeof more));
    if (left > 0)
        html_paragraph(out, "note", note);
}

void
html_add_rejects(struct strbuf *out, const struct report_summary *summary)
{
    html_section(out, "rejects", "Rejects",
                 "Source rows that were not written, with the reason. Keys are shown by their "
                 "digests.");
    if (summary->model->rejects == 0) {
        html_paragraph(out, NULL, "No row was rejected.");
    } else {
        html_add_reject_chart(out, summary);
        add_reasons(out, summary->model);
        add_samples(out, summary->model);
    }
    html_section_end(out);
}
