/* For who has to trust the report: exceptions, what was left out, how it was counted, the mapping.
 */
#include "html.h"

#include "json.h"
#include "markup.h"
#include "run.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <string.h>

void
html_add_exceptions(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {"where",        "kind",  "what was allowed",
                                       "reason given", "#used", NULL};
    html_section(out, "exceptions", "Exceptions granted",
                 "Everything that was allowed beyond the rule that every row and every ID arrives: "
                 "by the mapping, with the reason it gives, or on the command line.");
    if (summary->lacks_exceptions)
        html_paragraph(out, "warning", report_lacks_exceptions);
    if (summary->exception_count == 0) {
        html_paragraph(out, NULL, summary->lacks_exceptions ? "No others." : "None.");
        html_section_end(out);
        return;
    }
    html_table(out, "Exceptions", head);
    for (size_t i = 0; i < summary->exception_count; i++) {
        const struct report_exception *exception = &summary->exceptions[i];
        html_row(out, exception->place != NULL ? exception->place : "the whole run");
        html_cell(out, NULL, exception->kind);
        html_cell(out, "w", exception->what);
        html_cell(out, "w", exception->reason != NULL ? exception->reason : "none");
        html_cell_count(out, exception->uses);
        html_row_end(out);
    }
    html_table_end(out);
    html_section_end(out);
}

/* ---- left out
 * -------------------------------------------------------------------------------------------------
 */

static size_t
add_dropped(struct strbuf *rows, const struct store_table *table)
{
    json_t *dropped = report_json_parse(table->dropped);
    size_t count = json_object_size(dropped);
    const char *name;
    json_t *reason;
    json_object_foreach(dropped, name, reason)
    {
        CLEANUP(memory_free_string) char *place = memory_printf("%s.%s", table->source_table, name);
        html_row(rows, place);
        html_cell(rows, "w", json_string_value(reason));
        html_row_end(rows);
    }
    json_decref(dropped);
    return count;
}

static size_t
add_left_behind(struct strbuf *rows, const struct store_run *run)
{
    json_t *left = report_left_behind(run);
    size_t i, count = json_array_size(left);
    json_t *entry;
    json_array_foreach(left, i, entry)
    {
        html_row(rows, json_string_value(json_object_get(entry, "table")));
        html_cell(rows, "w", json_string_value(json_object_get(entry, "reason")));
        html_row_end(rows);
    }
    json_decref(left);
    return count;
}

static void
add_reasons(struct strbuf *out, const char *caption, const char *what, const struct strbuf *rows)
{
    const char *const head[] = {what, "reason given", NULL};
    html_table(out, caption, head);
    strbuf_add(out, rows->data, rows->length);
    html_table_end(out);
}

void
html_add_left_out(struct strbuf *out, const struct report_summary *summary)
{
    CLEANUP(strbuf_release) struct strbuf columns = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf tables = STRBUF_INIT;
    size_t column_count = 0;
    for (size_t i = 0; i < summary->model->table_count; i++)
        column_count += add_dropped(&columns, &summary->model->tables[i]);
    size_t table_count = add_left_behind(&tables, &summary->model->run);
    html_section(out, "left-out", "Left out on purpose",
                 "Source tables and columns that have no place in the target.");
    if (table_count > 0)
        add_reasons(out, "Source tables that were left behind", "table", &tables);
    if (column_count > 0)
        add_reasons(out, "Source columns that were dropped", "column", &columns);
    if (table_count + column_count == 0)
        html_paragraph(out, NULL, "Nothing.");
    html_section_end(out);
}

/* ---- how it was counted
 * --------------------------------------------------------------------------------------
 */

static void
add_sources(struct strbuf *out, const struct report_model *model)
{
    static const char *const head[] = {
        "table", "source",  "read from", "written to", "#estimated before",
        "#read", "#chunks", NULL};
    html_table(out, "Population by table", head);
    for (size_t i = 0; i < model->table_count; i++) {
        const struct store_table *table = &model->tables[i];
        CLEANUP(memory_free_string)
        char *from = memory_printf("%s.%s", table->source_schema, table->source_table);
        CLEANUP(memory_free_string)
        char *to = memory_printf("%s.%s", table->target_schema, table->target_table);
        html_row(out, table->label);
        html_cell(out, NULL, table->source_name);
        html_cell(out, NULL, from);
        html_cell(out, NULL, to);
        html_cell_count(out, table->rows_estimated);
        html_cell_count(out, table->rows_read);
        html_cell_count(out, table->chunks_done);
        html_row_end(out);
    }
    html_table_end(out);
}

void
html_add_population(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {"what it counts", "where", "statement", NULL};
    const struct store_run *run = &summary->model->run;
    html_section(out, "population", "How it was counted", NULL);
    html_paragraph(
        out, NULL,
        "Rows were counted as they were read, under one snapshot of each source, in "
        "sessions whose time zone is UTC. Each chunk's counts were committed with its "
        "rows and audit events in one transaction, which the target refuses when they do "
        "not add up; the numbers here are sums of them. The estimate is the source "
        "server's own, before the run.");
    if (run->start_lsn != NULL) {
        CLEANUP(memory_free_string)
        char *lsn = memory_printf("The target's write-ahead log was at %s before the first write, "
                                  "and at %s at the end.",
                                  run->start_lsn, run->end_lsn != NULL ? run->end_lsn : "?");
        html_paragraph(out, NULL, lsn);
    }
    add_sources(out, summary->model);
    html_table(out, "Statements that count it again", head);
    for (size_t i = 0; i < summary->statement_count; i++) {
        html_row(out, summary->statements[i].what);
        html_cell(out, NULL, summary->statements[i].where);
        html_cell(out, "sql", summary->statements[i].sql);
        html_row_end(out);
    }
    html_table_end(out);
    html_section_end(out);
}

/* ---- the mapping
 * ----------------------------------------------------------------------------------------------
 */

void
html_add_mapping(struct strbuf *out, const struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    const char *text = report_mapping_text(summary->model);
    CLEANUP(memory_free_string)
    char *settings = memory_printf("Settings of the run: %s", run->settings);
    html_section(out, "mapping", "Mapping",
                 "As the run used it, byte for byte; its digest stands at the top.");
    if (text == NULL) {
        html_paragraph(out, "warning",
                       "It is not shown, because it looks as if it held a password.");
    } else {
        strbuf_add_string(out,
                          "<pre tabindex=\"0\" role=\"group\" aria-label=\"Text of the mapping\">");
        markup_add_lines(out, text);
        strbuf_add_string(out, "</pre>\n");
    }
    html_paragraph(out, "note", settings);
    html_section_end(out);
}
