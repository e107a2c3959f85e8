/* Findings: refusals first, then warnings, then what was not checked. */
#include "grid.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "json.h"
#include "run.h"

static const struct {
    enum finding_severity severity;
    const char *name; /* in JSON */
    const char *word; /* for people */
    enum grid_color color;
} severities[] = {
    {FINDING_REFUSAL, "refusal", "refused", GRID_RED},
    {FINDING_WARNING, "warning", "warning", GRID_YELLOW},
    {FINDING_NOT_CHECKED, "not_checked", "not checked", GRID_DIM},
};
enum { SEVERITIES = sizeof severities / sizeof severities[0] };

/* ---- JSON
 * -----------------------------------------------------------------------------------------------------
 */

static json_t *
describe_finding(const struct finding *finding, const char *severity)
{
    json_t *object = json_object();
    json_t *samples = json_array();
    report_put_text(object, "severity", severity);
    report_put_text(object, "code", finding->code);
    report_put_text(object, "table", finding->table);
    report_put_text(object, "column", finding->column);
    report_put_text(object, "text", finding->text);
    report_put_text(object, "hint", finding->hint);
    report_put(object, "rows", finding->rows < 0 ? json_null() : json_integer(finding->rows));
    for (size_t i = 0; i < finding->sample_count; i++)
        json_array_append_new(samples, report_json_text(finding->samples[i]));
    report_put(object, "samples", samples);
    return object;
}

json_t *
report_findings_json(const struct findings *findings)
{
    json_t *object = json_object();
    json_t *list = json_array();
    report_put_count(object, "refusals", (int64_t)findings_count(findings, FINDING_REFUSAL));
    report_put_count(object, "warnings", (int64_t)findings_count(findings, FINDING_WARNING));
    report_put_count(object, "not_checked", (int64_t)findings_count(findings, FINDING_NOT_CHECKED));
    for (size_t s = 0; s < SEVERITIES; s++)
        for (size_t i = 0; i < findings->count; i++)
            if (findings->items[i].severity == severities[s].severity)
                json_array_append_new(list,
                                      describe_finding(&findings->items[i], severities[s].name));
    report_put(object, "list", list);
    return object;
}

/* ---- text
 * -----------------------------------------------------------------------------------------------------
 */

static void
add_place(struct strbuf *out, const struct finding *finding)
{
    if (finding->table == NULL && finding->column == NULL)
        return;
    strbuf_add_string(out, "  ");
    report_add_data(out, finding->table != NULL ? finding->table : "");
    if (finding->table != NULL && finding->column != NULL)
        strbuf_add_char(out, '.');
    report_add_data(out, finding->column != NULL ? finding->column : "");
}

static void
add_detail(struct strbuf *out, bool color, const char *name, const char *text)
{
    strbuf_add_string(out, "    ");
    report_add_color(out, color, GRID_DIM, name);
    strbuf_add_char(out, ' ');
    report_add_data(out, text);
    strbuf_add_char(out, '\n');
}

static void
add_rows(struct strbuf *out, const struct finding *finding, bool color)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    char count[32];
    if (finding->rows >= 0)
        strbuf_add_string(&text, clock_format_count(finding->rows, count, sizeof count));
    for (size_t i = 0; i < finding->sample_count; i++)
        strbuf_printf(&text, "%s%s",
                      i > 0             ? ", "
                      : text.length > 0 ? ", such as "
                                        : "",
                      finding->samples[i]);
    if (text.length > 0)
        add_detail(out, color, finding->rows >= 0 ? "rows:" : "such as:", text.data);
}

static void
add_finding(struct strbuf *out, const struct finding *finding, size_t severity, bool color)
{
    strbuf_add_string(out, "  ");
    report_add_color(out, color, severities[severity].color, severities[severity].word);
    strbuf_add_string(out, "  ");
    report_add_color(out, color, GRID_BOLD, finding->code);
    add_place(out, finding);
    strbuf_add_string(out, "\n    ");
    report_add_data(out, finding->text);
    strbuf_add_char(out, '\n');
    add_rows(out, finding, color);
    if (finding->hint != NULL)
        add_detail(out, color, "hint:", finding->hint);
}

void
report_findings_text(struct strbuf *out, const struct findings *findings, bool color)
{
    for (size_t s = 0; s < SEVERITIES; s++)
        for (size_t i = 0; i < findings->count; i++)
            if (findings->items[i].severity == severities[s].severity)
                add_finding(out, &findings->items[i], s, color);
    size_t warnings = findings_count(findings, FINDING_WARNING);
    strbuf_printf(out, "%s  %zu refused, %zu %s, %zu not checked\n",
                  findings->count > 0 ? "\n" : "", findings_count(findings, FINDING_REFUSAL),
                  warnings, warnings == 1 ? "warning" : "warnings",
                  findings_count(findings, FINDING_NOT_CHECKED));
}

void
report_render_findings(struct strbuf *out, const struct findings *findings,
                       const struct report_style *style)
{
    if (style->format == REPORT_TEXT)
        report_findings_text(out, findings, style->color);
    else
        report_json_write(out, report_findings_json(findings));
}
