/* Markdown for a ticket: what the first screen of the HTML report says, and what is not as it
 * should be. Tables are those of GitHub, which most trackers read. */
#include "formats.h"

#include "grid.h"
#include "json.h"
#include "run.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <string.h>

enum { SHOWN = 50 }; /* of a list; the HTML report has all */

/* A text from data: on one line, and no character of it is markup. */
static void
add_text(struct strbuf *out, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;
    report_add_data(&clean, text != NULL ? text : "");
    for (const char *c = clean.data; *c != '\0'; c++) {
        if (*c == '<' || *c == '>' || *c == '&')
            strbuf_add_string(out, *c == '<' ? "&lt;" : *c == '>' ? "&gt;" : "&amp;");
        else {
            if (strchr("\\`*_{}[]#|~!", *c) != NULL)
                strbuf_add_char(out, '\\');
            strbuf_add_char(out, *c);
        }
    }
}

static void
add_backticks(struct strbuf *out, size_t count)
{
    while (count-- > 0)
        strbuf_add_char(out, '`');
}

/* As code: what delimits it is longer than any run of backticks inside. */
static void
add_code(struct strbuf *out, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;
    size_t longest = 0;
    report_add_data(&clean, text);
    for (const char *c = strchr(clean.data, '`'); c != NULL; c = strchr(c, '`')) {
        size_t run = strspn(c, "`");
        longest = run > longest ? run : longest;
        c += run;
    }
    add_backticks(out, longest + 1);
    strbuf_add_string(out, clean.data);
    add_backticks(out, longest + 1);
}

static void
add_title(struct strbuf *out, const char *title)
{
    strbuf_printf(out, "\n## %s\n\n", title);
}

/* ---- tables: cells one after the other, a row ends with NULL
 * --------------------------------------------------------
 */

static void
add_head(struct strbuf *out, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        strbuf_printf(out, "| %s ", names[i][0] == '#' ? names[i] + 1 : names[i]);
    strbuf_add_string(out, "|\n");
    for (size_t i = 0; names[i] != NULL; i++)
        strbuf_add_string(out, names[i][0] == '#' ? "|---:" : "|---");
    strbuf_add_string(out, "|\n");
}

static void
add_cell(struct strbuf *out, const char *text)
{
    strbuf_add_string(out, "| ");
    add_text(out, text);
    strbuf_add_char(out, ' ');
}

static void
add_count_cell(struct strbuf *out, int64_t count)
{
    char number[32];
    add_cell(out, count < 0 ? "" : clock_format_count(count, number, sizeof number));
}

static void
end_row(struct strbuf *out)
{
    strbuf_add_string(out, "|\n");
}

static void
add_rest(struct strbuf *out, size_t count)
{
    if (count > SHOWN)
        strbuf_printf(out, "\nand %zu more, see the HTML report\n", count - SHOWN);
}

/* ---- the parts
 * ------------------------------------------------------------------------------------------------
 */

static void
add_verdict(struct strbuf *out, const struct report_summary *summary)
{
    const struct report_model *model = summary->model;
    strbuf_add_string(out, "# ");
    add_text(out, summary->verdict);
    strbuf_add_string(out, "\n\n");
    add_text(out, summary->sentence);
    strbuf_add_char(out, '\n');
    if (strcmp(model->run.state, "stopped") == 0 && model->run.outcome != NULL) {
        strbuf_add_string(out, "\nIt stopped: ");
        add_text(out, model->run.outcome);
        strbuf_add_char(out, '\n');
    }
    add_title(out, "What to do now");
    for (size_t i = 0; i < summary->advice_count; i++) {
        strbuf_printf(out, "%zu. ", i + 1);
        add_text(out, summary->advice[i].text);
        if (summary->advice[i].command != NULL) {
            strbuf_add_char(out, ' ');
            add_code(out, summary->advice[i].command);
        }
        strbuf_add_char(out, '\n');
    }
}

static void
add_fact(struct strbuf *out, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    add_cell(out, name);
    add_cell(out, value);
    end_row(out);
}

static void
add_databases(struct strbuf *out, const struct store_run *run)
{
    json_t *databases = report_databases_json(run);
    CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;
    const char *name;
    json_t *source;
    json_object_foreach(json_object_get(databases, "sources"), name, source)
    {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
        CLEANUP(memory_free_string) char *label = memory_printf("source %s", name);
        report_describe_database(&text, source);
        add_fact(out, label, text.data);
    }
    report_describe_database(&target, json_object_get(databases, "target"));
    add_fact(out, "target", target.data);
    json_decref(databases);
}

static void
add_maps(struct strbuf *out, const struct store_run *run)
{
    json_t *digests = report_json_parse(run->idmap_digests);
    const char *name;
    json_t *digest;
    json_object_foreach(digests, name, digest)
    {
        CLEANUP(memory_free_string) char *label = memory_printf("ID map %s, digest", name);
        add_fact(out, label, json_string_value(digest));
    }
    json_decref(digests);
}

static void
add_attempts(struct strbuf *out, const struct store_run *run)
{
    char *attempt;
    for (size_t i = 0; (attempt = report_describe_attempt(run, i)) != NULL; i++) {
        add_fact(out, "taken up again", attempt);
        memory_free_string(&attempt);
    }
}

static void
add_facts(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {"what", "value", NULL};
    const struct store_run *run = &summary->model->run;
    char begun[20], ended[20], duration[32];
    CLEANUP(memory_free_string)
    char *time = memory_printf("%s to %s UTC, %s", report_time(run->started_at, begun),
                               report_time(run->finished_at, ended),
                               clock_format_duration(run->seconds, duration, sizeof duration));
    add_title(out, "Who, where, with what");
    add_head(out, head);
    add_fact(out, summary->model->is_dry_run ? "dry run" : "run", run->run_id);
    add_fact(out, "operator", run->operator);
    add_fact(out, "ticket", run->ticket);
    add_fact(out, "approved by", run->approved_by);
    add_attempts(out, run);
    add_fact(out, "time", time);
    add_fact(out, "verified", summary->model->verified_at);
    add_databases(out, run);
    add_fact(out, "idmigrate", run->tool_version);
    add_fact(out, "mapping", run->mapping_path);
    add_fact(out, "mapping's digest", run->mapping_digest);
    add_maps(out, run);
}

static void
add_row_counts(struct strbuf *out, const char *label, const struct report_totals *sums)
{
    add_cell(out, label);
    add_count_cell(out, sums->rows_read);
    add_count_cell(out, sums->rows_written);
    add_count_cell(out, sums->rows_merged);
    add_count_cell(out, sums->rows_skipped);
    add_count_cell(out, sums->rows_rejected);
    end_row(out);
}

static void
add_rows(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {"table",    "#read",     "#written", "#merged",
                                       "#skipped", "#rejected", NULL};
    const struct report_model *model = summary->model;
    add_title(out, "Rows");
    add_head(out, head);
    for (size_t i = 0; i < model->table_count && i < SHOWN; i++) {
        struct report_totals sums = report_sum(&model->tables[i], 1);
        add_row_counts(out, model->tables[i].label, &sums);
    }
    add_row_counts(out, "all", &summary->totals);
    add_rest(out, model->table_count);
    strbuf_add_string(out, summary->totals.adds_up
                               ? "\nIn every table: read = written + merged + skipped + rejected.\n"
                               : "\nThe counts do not add up.\n");
}

static void
add_checks(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {"check",   "verdict",    "#looked at",   "#differences",
                                       "#checks", "#different", "#not checked", NULL};
    add_title(out, "Verification");
    if (summary->model->check_count == 0) {
        strbuf_add_string(out, "The result was never verified.\n");
        return;
    }
    add_head(out, head);
    for (size_t i = 0; i < summary->group_count; i++) {
        const struct report_group *group = &summary->groups[i];
        add_cell(out, group->name);
        add_cell(out, group->verdict);
        add_count_cell(out, group->looked_at);
        add_count_cell(out, group->found);
        add_count_cell(out, (int64_t)group->checks);
        add_count_cell(out, (int64_t)group->different);
        add_count_cell(out, (int64_t)group->not_checked);
        end_row(out);
    }
}

static void
add_trouble(struct strbuf *out, const struct report_summary *summary)
{
    size_t count = 0;
    for (size_t i = 0; i < summary->model->check_count; i++) {
        const struct store_check *check = &summary->model->checks[i];
        if (strcmp(check->verdict, "equal") == 0 || count++ >= SHOWN)
            continue;
        strbuf_add_string(out, count == 1 ? "\n* " : "* ");
        add_text(out, check->verdict);
        strbuf_add_string(out, ": ");
        add_text(out, check->name);
        strbuf_add_string(out, check->label != NULL ? " of " : "");
        add_text(out, check->label);
        strbuf_add_string(out, ": ");
        report_add_finding(out, check, add_text);
        strbuf_add_char(out, '\n');
    }
    add_rest(out, count);
}

static void
add_rejects(struct strbuf *out, const struct report_model *model)
{
    static const char *const head[] = {"#rows",    "table",      "reason", "column",
                                       "SQLSTATE", "constraint", NULL};
    if (model->reject_count_count == 0)
        return;
    add_title(out, "Rejects by reason");
    add_head(out, head);
    for (size_t i = 0; i < model->reject_count_count && i < SHOWN; i++) {
        const struct store_reject_count *count = &model->reject_counts[i];
        add_count_cell(out, count->rejects);
        add_cell(out, count->label);
        add_cell(out, count->reason_code);
        add_cell(out, count->column_name);
        add_cell(out, count->sqlstate);
        add_cell(out, count->constraint_name);
        end_row(out);
    }
    add_rest(out, model->reject_count_count);
}

static void
add_exceptions(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {"where",        "kind",  "what was allowed",
                                       "reason given", "#used", NULL};
    add_title(out, "Exceptions granted");
    if (summary->lacks_exceptions)
        strbuf_printf(out, "%s\n\n", report_lacks_exceptions);
    if (summary->exception_count == 0) {
        strbuf_add_string(out, summary->lacks_exceptions ? "No others.\n" : "None.\n");
        return;
    }
    add_head(out, head);
    for (size_t i = 0; i < summary->exception_count && i < SHOWN; i++) {
        const struct report_exception *exception = &summary->exceptions[i];
        add_cell(out, exception->place != NULL ? exception->place : "the whole run");
        add_cell(out, exception->kind);
        add_cell(out, exception->what);
        add_cell(out, exception->reason != NULL ? exception->reason : "none");
        add_count_cell(out, exception->uses);
        end_row(out);
    }
    add_rest(out, summary->exception_count);
}

void
report_run_to_markdown(struct strbuf *out, const struct report_summary *summary)
{
    add_verdict(out, summary);
    add_facts(out, summary);
    add_rows(out, summary);
    add_checks(out, summary);
    add_trouble(out, summary);
    add_rejects(out, summary->model);
    add_exceptions(out, summary);
}
