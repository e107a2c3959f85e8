/* Requirements and their evidence, in three formats. */
#include "idmigrate/evidence.h"

#include "html.h"
#include "markup.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <jansson.h>
#include <stdlib.h>

static const char *const verdicts[] = {[EVIDENCE_PROVED] = "proved",
                                       [EVIDENCE_FAILED] = "failed",
                                       [EVIDENCE_NOT_CHECKED] = "not checked"};

void
evidence_release(struct evidence_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        struct evidence_requirement *requirement = &report->requirements[i];
        for (size_t j = 0; j < requirement->count; j++) {
            free(requirement->items[j].check);
            free(requirement->items[j].found);
        }
        free(requirement->items);
        free(requirement->id);
        free(requirement->title);
    }
    free(report->requirements);
    free(report->framework);
    free(report->title);
    free(report->log);
    free(report->database);
    free(report->made_at);
    *report = (struct evidence_report){.count = 0};
}

void
evidence_conclude(struct evidence_requirement *requirement)
{
    requirement->verdict = requirement->count > 0 ? EVIDENCE_PROVED : EVIDENCE_NOT_CHECKED;
    for (size_t i = 0; i < requirement->count; i++) {
        enum evidence_verdict verdict = requirement->items[i].verdict;
        if (verdict == EVIDENCE_FAILED || requirement->verdict != EVIDENCE_FAILED)
            requirement->verdict = verdict == EVIDENCE_PROVED ? requirement->verdict : verdict;
    }
}

static size_t
count_of(const struct evidence_report *report, enum evidence_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += report->requirements[i].verdict == verdict;
    return count;
}

enum exit_status
evidence_status(const struct evidence_report *report)
{
    return count_of(report, EVIDENCE_FAILED) > 0        ? EXIT_DIFFERENT
           : count_of(report, EVIDENCE_NOT_CHECKED) > 0 ? EXIT_NOT_CHECKED
           : report->count > 0                          ? EXIT_DONE
                                                        : EXIT_NOT_CHECKED;
}

/* "4 proved, 1 failed, 1 not checked" */
static char *
summary(const struct evidence_report *report)
{
    return memory_printf("%zu proved, %zu failed, %zu not checked",
                         count_of(report, EVIDENCE_PROVED), count_of(report, EVIDENCE_FAILED),
                         count_of(report, EVIDENCE_NOT_CHECKED));
}

static void
add_text(struct strbuf *out, const struct evidence_report *report)
{
    CLEANUP(memory_free_string) char *sum = summary(report);
    strbuf_printf(out, "%s\naudit log %s, database %s, %s\n%s\n", report->title, report->log,
                  report->database, report->made_at, sum);
    for (size_t i = 0; i < report->count; i++) {
        const struct evidence_requirement *requirement = &report->requirements[i];
        strbuf_printf(out, "\n%-11s  %s  %s\n", verdicts[requirement->verdict], requirement->id,
                      requirement->title);
        for (size_t j = 0; j < requirement->count; j++)
            strbuf_printf(out, "    %-11s  %s: %s\n", verdicts[requirement->items[j].verdict],
                          requirement->items[j].check, requirement->items[j].found);
    }
}

static json_t *
requirement_json(const struct evidence_requirement *requirement)
{
    json_t *items = json_array();
    for (size_t i = 0; i < requirement->count; i++)
        json_array_append_new(items, json_pack("{ss ss ss}", "check", requirement->items[i].check,
                                               "verdict", verdicts[requirement->items[i].verdict],
                                               "found", requirement->items[i].found));
    return json_pack("{ss ss ss so}", "id", requirement->id, "title", requirement->title, "verdict",
                     verdicts[requirement->verdict], "evidence", items);
}

static void
add_json(struct strbuf *out, const struct evidence_report *report)
{
    json_t *requirements = json_array();
    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(requirements, requirement_json(&report->requirements[i]));
    json_t *root = json_pack(
        "{si ss ss ss ss ss sI sI sI so}", "version", 1, "framework", report->framework, "title",
        report->title, "log", report->log, "database", report->database, "made_at", report->made_at,
        "proved", (json_int_t)count_of(report, EVIDENCE_PROVED), "failed",
        (json_int_t)count_of(report, EVIDENCE_FAILED), "not_checked",
        (json_int_t)count_of(report, EVIDENCE_NOT_CHECKED), "requirements", requirements);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL)
        memory_exhausted();
    strbuf_add_string(out, text);
    strbuf_add_char(out, '\n');
    free(text);
}

/* ---- HTML ---- */

static const char *
tone(enum evidence_verdict verdict)
{
    static const char *const tones[] = {
        [EVIDENCE_PROVED] = "good", [EVIDENCE_FAILED] = "bad", [EVIDENCE_NOT_CHECKED] = "notice"};
    return tones[verdict];
}

static void
add_mark(struct strbuf *out, enum evidence_verdict verdict)
{
    strbuf_printf(out, "<td><span class=\"mark %s\">%s</span></td>", tone(verdict),
                  verdicts[verdict]);
}

static void
add_head(struct strbuf *out, const struct evidence_report *report)
{
    strbuf_add_string(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                           "<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, "
                           "initial-scale=1\">\n"
                           "<meta name=\"color-scheme\" content=\"light dark\">\n"
                           "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    markup_add(out, report->title);
    strbuf_add_string(out, ", audit log report</title>\n<style>\n");
    strbuf_add_string(out, embedded_report_css);
    strbuf_add_string(out, "</style>\n</head>\n<body>\n<main>\n");
}

static void
add_first(struct strbuf *out, const struct evidence_report *report)
{
    CLEANUP(memory_free_string) char *sum = summary(report);
    enum exit_status status = evidence_status(report);
    enum evidence_verdict whole = status == EXIT_DONE        ? EVIDENCE_PROVED
                                  : status == EXIT_DIFFERENT ? EVIDENCE_FAILED
                                                             : EVIDENCE_NOT_CHECKED;
    strbuf_printf(out, "<header class=\"verdict %s\">\n<h1>", tone(whole));
    markup_add(out, sum);
    strbuf_add_string(out, "</h1>\n");
    html_paragraph(out, NULL, report->title);
    strbuf_add_string(out, "</header>\n<dl>\n");
    html_fact_code(out, "Audit log", report->log);
    html_fact_code(out, "Database", report->database);
    html_fact(out, "Looked at", report->made_at);
    strbuf_add_string(out, "</dl>\n");
}

static void
add_overview(struct strbuf *out, const struct evidence_report *report)
{
    static const char *const columns[] = {"Requirement", "Verdict", "What it asks", NULL};
    html_section(out, "requirements", "Requirements", NULL);
    html_table(out, "Verdict of each requirement", columns);
    for (size_t i = 0; i < report->count; i++) {
        html_row(out, report->requirements[i].id);
        add_mark(out, report->requirements[i].verdict);
        html_cell(out, NULL, report->requirements[i].title);
        html_row_end(out);
    }
    html_table_end(out);
    html_section_end(out);
}

static void
add_requirement(struct strbuf *out, const struct evidence_requirement *requirement, size_t number)
{
    static const char *const columns[] = {"Evidence", "Verdict", "What was found", NULL};
    CLEANUP(memory_free_string) char *id = memory_printf("requirement-%zu", number);
    CLEANUP(memory_free_string)
    char *caption = memory_printf("Evidence for %s", requirement->id);
    html_section(out, id, requirement->id, requirement->title);
    html_table(out, caption, columns);
    for (size_t i = 0; i < requirement->count; i++) {
        html_row(out, requirement->items[i].check);
        add_mark(out, requirement->items[i].verdict);
        html_cell(out, NULL, requirement->items[i].found);
        html_row_end(out);
    }
    html_table_end(out);
    html_section_end(out);
}

static void
add_html(struct strbuf *out, const struct evidence_report *report)
{
    add_head(out, report);
    add_first(out, report);
    add_overview(out, report);
    for (size_t i = 0; i < report->count; i++)
        add_requirement(out, &report->requirements[i], i + 1);
    strbuf_add_string(out, "</main>\n<footer>\n");
    html_paragraph(out, NULL,
                   "idmigrate " IDMIGRATE_VERSION ". Proved means that the evidence named here was "
                   "looked at and holds; it is no certificate. This file loads nothing from "
                   "elsewhere.");
    strbuf_add_string(out, "</footer>\n</body>\n</html>\n");
}

void
evidence_render(struct strbuf *out, const struct evidence_report *report, enum report_format format)
{
    if (format == REPORT_HTML)
        add_html(out, report);
    else if (format == REPORT_JSON)
        add_json(out, report);
    else
        add_text(out, report);
}
