/*
 * The report as one HTML file. The first screen tells what a manager and an engineer ask first;
 * what an auditor asks follows in sections that the contents link to.
 */
#include "html.h"

#include "formats.h"
#include "markup.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

static const struct {
    const char *id, *title;
    void (*add)(struct strbuf *out, const struct report_summary *summary);
} sections[] = {
    {"verification", "Verification", html_add_proof},
    {"tables", "Tables", html_add_tables},
    {"ids", "ID columns", html_add_ids},
    {"rejects", "Rejects", html_add_rejects},
    {"residue", "Residue", html_add_residue},
    {"audit", "Audit events", html_add_audit},
    {"exceptions", "Exceptions granted", html_add_exceptions},
    {"left-out", "Left out on purpose", html_add_left_out},
    {"timings", "Timings", html_add_timings},
    {"events", "What else was done", html_add_events},
    {"population", "How it was counted", html_add_population},
    {"checks", "All checks", html_add_checks},
    {"mapping", "Mapping", html_add_mapping},
};
enum { SECTIONS = sizeof sections / sizeof sections[0] };

static void
add_head(struct strbuf *out, const struct report_summary *summary)
{
    CLEANUP(memory_free_string)
    char *title =
        memory_printf("%s: %s, idmigrate report", summary->model->run.name, summary->verdict);
    strbuf_add_string(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                           "<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, "
                           "initial-scale=1\">\n"
                           "<meta name=\"color-scheme\" content=\"light dark\">\n"
                           "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    markup_add(out, title);
    strbuf_add_string(out, "</title>\n<style>\n");
    strbuf_add_string(out, embedded_report_css);
    strbuf_add_string(out, "</style>\n</head>\n<body>\n");
}

static void
add_contents(struct strbuf *out)
{
    strbuf_add_string(out, "<nav aria-label=\"Contents\">\n<ul>\n");
    for (size_t i = 0; i < SECTIONS; i++)
        strbuf_printf(out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].title);
    strbuf_add_string(out, "</ul>\n</nav>\n");
}

static void
add_foot(struct strbuf *out, const struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    CLEANUP(memory_free_string)
    char *text = memory_printf("idmigrate %s, run %s of mapping %s. All times are UTC. This file "
                               "loads nothing from elsewhere.",
                               run->tool_version, run->run_id, run->name);
    strbuf_add_string(out, "</main>\n<footer>\n");
    html_paragraph(out, NULL, text);
    strbuf_add_string(out, "</footer>\n</body>\n</html>\n");
}

void
report_run_to_html(struct strbuf *out, const struct report_summary *summary)
{
    add_head(out, summary);
    strbuf_add_string(out, "<main>\n");
    html_add_first(out, summary);
    add_contents(out);
    for (size_t i = 0; i < SECTIONS; i++)
        sections[i].add(out, summary);
    add_foot(out, summary);
}
