/*
 * Charts, as SVG inside the page. Places are percentages and texts are not scaled, so that they
 * stay readable in a window of any width; every number of a chart stands in the page as text too.
 */
#include "html.h"

#include "bars.h"
#include "markup.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the accounting
 * -------------------------------------------------------------------------------------------
 */

enum { PARTS = 5, WHOLE = 10000, LEAST = 80 }; /* of the bar: hundredths of a percent */

struct part {
    const char *name, *class;
    int64_t count;
    int width;
};

/* What is there is seen, however little it is; the largest part gives what that takes. */
static void
share_out(struct part *parts, int64_t whole)
{
    size_t largest = 0;
    int rest = WHOLE;
    for (size_t i = 0; i < PARTS; i++) {
        double share = whole > 0 ? (double)parts[i].count / (double)whole : 0;
        parts[i].width = (int)(share * WHOLE);
        if (parts[i].count > 0 && parts[i].width < LEAST)
            parts[i].width = LEAST;
        largest = parts[i].count > parts[largest].count ? i : largest;
    }
    for (size_t i = 0; i < PARTS; i++)
        rest -= i == largest ? 0 : parts[i].width;
    parts[largest].width = whole > 0 ? rest : 0;
}

static void
add_legend(struct strbuf *out, const struct part *parts, int64_t whole)
{
    char number[32], share[32];
    strbuf_add_string(out, "<ul class=\"legend\">\n");
    for (size_t i = 0; i < PARTS; i++)
        if (i + 1 < PARTS || parts[i].count > 0)
            strbuf_printf(out, "<li><span class=\"swatch %s\"></span><b>%s</b> %s <i>%s</i></li>\n",
                          parts[i].class, clock_format_count(parts[i].count, number, sizeof number),
                          parts[i].name, bars_format_share(parts[i].count, whole, share));
    strbuf_add_string(out, "</ul>\n");
}

static char *
describe_equation(const struct part *parts, const struct report_totals *totals)
{
    struct strbuf text = STRBUF_INIT;
    char number[32];
    strbuf_printf(&text, "%s rows read %s ",
                  clock_format_count(totals->rows_read, number, sizeof number),
                  totals->adds_up ? "=" : "are not");
    for (size_t i = 0; i + 1 < PARTS; i++)
        strbuf_printf(&text, "%s%s %s", i > 0 ? " + " : "",
                      clock_format_count(parts[i].count, number, sizeof number), parts[i].name);
    return strbuf_take(&text);
}

void
html_add_accounting(struct strbuf *out, const struct report_totals *totals)
{
    int64_t told =
        totals->rows_written + totals->rows_merged + totals->rows_skipped + totals->rows_rejected;
    int64_t whole = told > totals->rows_read ? told : totals->rows_read;
    struct part parts[PARTS] = {{"written", "written", totals->rows_written, 0},
                                {"merged", "merged", totals->rows_merged, 0},
                                {"skipped", "skipped", totals->rows_skipped, 0},
                                {"rejected", "rejected", totals->rows_rejected, 0},
                                {"not accounted for", "missing", whole - told, 0}};
    CLEANUP(memory_free_string) char *equation = describe_equation(parts, totals);
    int begin = 0;
    share_out(parts, whole);
    strbuf_add_string(out, "<svg class=\"accounting\" role=\"img\" aria-labelledby=\"bar-t bar-d\" "
                           "width=\"100%\" height=\"36\">\n<title id=\"bar-t\">What became of the "
                           "rows</title>\n<desc id=\"bar-d\">");
    markup_add(out, equation);
    strbuf_add_string(out, "</desc>\n<rect class=\"track\" width=\"100%\" height=\"36\"/>\n");
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].width > 0)
            strbuf_printf(out,
                          "<rect class=\"%s\" x=\"%d.%02d%%\" width=\"%d.%02d%%\" "
                          "height=\"36\"/>\n",
                          parts[i].class, begin / 100, begin % 100, parts[i].width / 100,
                          parts[i].width % 100);
        begin += parts[i].width;
    }
    strbuf_add_string(out, "</svg>\n");
    html_paragraph(out, totals->adds_up ? "equation" : "warning", equation);
    add_legend(out, parts, whole);
}

/* ---- rejects
 * --------------------------------------------------------------------------------------------------
 */

void
html_add_reject_chart(struct strbuf *out, const struct report_summary *summary)
{
    enum { SHOWN = 8 };
    const struct report_model *model = summary->model;
    CLEANUP(bars_release) struct bars bars = {.title = "Share of rejects", .id = "share"};
    int64_t others = model->rejects;
    for (size_t i = 0; i < model->reject_count_count && i < SHOWN; i++) {
        const struct store_reject_count *count = &model->reject_counts[i];
        CLEANUP(memory_free_string)
        char *label =
            memory_printf("%s%s%s: %s", count->label, count->column_name != NULL ? "." : "",
                          count->column_name != NULL ? count->column_name : "", count->reason_code);
        bars_add_share(&bars, "rejected", label, count->rejects, model->rejects);
        others -= count->rejects;
    }
    if (others > 0)
        bars_add_share(&bars, "skipped", "all others", others, model->rejects);
    bars_render(out, &bars);
}

/* ---- rows over time
 * -------------------------------------------------------------------------------------------
 */

static void
add_curve(struct strbuf *out, const struct report_model *model, double seconds, int64_t rows)
{
    struct strbuf line = STRBUF_INIT;
    double first = model->timing.first_chunk > 0 ? model->timing.first_chunk : 0;
    int end = 0, begin = (int)(first / seconds * 1000);
    strbuf_printf(&line, "M%d 1000", begin < 1000 ? begin : 1000);
    for (size_t i = 0; i < model->point_count; i++) {
        end = (int)(model->points[i].seconds / seconds * 1000);
        int height = rows > 0 ? (int)((double)model->points[i].rows / (double)rows * 1000) : 0;
        strbuf_printf(&line, "L%d %d", end, 1000 - height);
    }
    strbuf_printf(out,
                  "<svg y=\"24\" width=\"100%%\" height=\"160\" viewBox=\"0 0 1000 1000\" "
                  "preserveAspectRatio=\"none\">\n"
                  "<path class=\"grid\" vector-effect=\"non-scaling-stroke\" d=\"M0 0H1000M0 "
                  "250H1000M0 500H1000M0 "
                  "750H1000M0 1000H1000\"/>\n"
                  "<path class=\"area\" d=\"%sL%d 1000Z\"/>\n"
                  "<path class=\"line\" vector-effect=\"non-scaling-stroke\" d=\"%s\"/>\n</svg>\n",
                  line.data, end, line.data);
    strbuf_release(&line);
}

static void
add_rows_over_time(struct strbuf *out, const struct report_model *model)
{
    const struct store_progress *last = &model->points[model->point_count - 1];
    double seconds = last->seconds > 0 ? last->seconds : 1;
    char rows[32], end[32], middle[32];
    clock_format_count(last->rows, rows, sizeof rows);
    clock_format_duration(seconds, end, sizeof end);
    clock_format_duration(seconds / 2, middle, sizeof middle);
    strbuf_printf(out,
                  "<svg class=\"curve\" role=\"img\" aria-labelledby=\"curve-t curve-d\" "
                  "width=\"100%%\" height=\"210\">\n<title id=\"curve-t\">Rows over time</title>\n"
                  "<desc id=\"curve-d\">Rows read since the start: %s after %s.</desc>\n",
                  rows, end);
    add_curve(out, model, seconds, last->rows);
    strbuf_printf(out,
                  "<text x=\"0\" y=\"14\">%s rows</text>\n"
                  "<text x=\"0\" y=\"204\">0 s</text>\n"
                  "<text x=\"50%%\" y=\"204\" text-anchor=\"middle\">%s</text>\n"
                  "<text x=\"100%%\" y=\"204\" text-anchor=\"end\">%s</text>\n</svg>\n",
                  rows, middle, end);
}

/* ---- phases and tables
 * ----------------------------------------------------------------------------------------
 */

enum { MOST_TABLES = 15 };

static int
compare_seconds(const void *a, const void *b)
{
    const struct store_table *left = *(const struct store_table *const *)a;
    const struct store_table *right = *(const struct store_table *const *)b;
    if (left->seconds != right->seconds)
        return left->seconds > right->seconds ? -1 : 1;
    return (left->table_no > right->table_no) - (left->table_no < right->table_no);
}

static int
compare_begins(const void *a, const void *b)
{
    const struct store_table *left = *(const struct store_table *const *)a;
    const struct store_table *right = *(const struct store_table *const *)b;
    if (left->began != right->began)
        return left->began < right->began ? -1 : 1;
    return (left->table_no > right->table_no) - (left->table_no < right->table_no);
}

/* Those that took longest, in the order in which they began; their number is returned. */
static size_t
pick_tables(const struct report_model *model, const struct store_table **picked)
{
    size_t count = 0;
    const struct store_table **all =
        memory_alloc((model->table_count + 1) * sizeof(const struct store_table *));
    for (size_t i = 0; i < model->table_count; i++)
        if (model->tables[i].began >= 0)
            all[count++] = &model->tables[i];
    qsort(all, count, sizeof *all, compare_seconds);
    count = count < MOST_TABLES ? count : MOST_TABLES;
    qsort(all, count, sizeof *all, compare_begins);
    for (size_t i = 0; i < count; i++)
        picked[i] = all[i];
    free(all);
    return count;
}

static void
add_timeline(struct strbuf *out, const struct report_summary *summary)
{
    const struct report_model *model = summary->model;
    const struct store_table *picked[MOST_TABLES];
    CLEANUP(bars_release)
    struct bars bars = {.title = "Time by phase and table", .id = "timeline"};
    double whole = model->run.seconds;
    for (size_t i = 0; i < summary->phase_count; i++)
        whole = summary->phases[i].end > whole ? summary->phases[i].end : whole;
    for (size_t i = 0; i < summary->phase_count; i++)
        bars_add_time(&bars, "phase", summary->phases[i].name, summary->phases[i].begin,
                      summary->phases[i].end - summary->phases[i].begin, whole);
    size_t count = pick_tables(model, picked);
    for (size_t i = 0; i < count; i++)
        bars_add_time(&bars, "written", picked[i]->label, picked[i]->began, picked[i]->seconds,
                      whole);
    bars_render(out, &bars);
    if (count < model->table_count)
        html_paragraph(out, "note",
                       "Of the tables, those that took longest; all of them stand above.");
}

static void
add_phases(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {"phase", "#began after", "#took", NULL};
    char text[32];
    html_table(out, "Phases", head);
    for (size_t i = 0; i < summary->phase_count; i++) {
        const struct report_phase *phase = &summary->phases[i];
        html_row(out, phase->name);
        html_cell(out, "n", clock_format_duration(phase->begin, text, sizeof text));
        html_cell(out, "n", clock_format_duration(phase->end - phase->begin, text, sizeof text));
        html_row_end(out);
    }
    html_table_end(out);
}

void
html_add_timings(struct strbuf *out, const struct report_summary *summary)
{
    html_section(out, "timings", "Timings",
                 "Workers share the tables, so their times overlap. A pause between two attempts "
                 "counts.");
    if (summary->model->point_count == 0 || summary->phase_count == 0) {
        html_paragraph(out, NULL, "No chunk is done yet.");
    } else {
        html_heading(out, "Rows over time");
        add_rows_over_time(out, summary->model);
        html_heading(out, "Time by phase and table");
        add_timeline(out, summary);
        add_phases(out, summary);
    }
    html_section_end(out);
}
