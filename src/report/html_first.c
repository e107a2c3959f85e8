/* The first screen: the verdict, what is wrong with it, what to do, the accounting, who and where.
 */
#include "html.h"

#include "json.h"
#include "markup.h"
#include "run.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

static void
add_number(struct strbuf *out, const char *tone, int64_t count, const char *name,
           const char *target)
{
    char number[32];
    strbuf_printf(out, "<li class=\"%s\"><a href=\"#%s\"><strong>%s</strong> %s</a></li>\n", tone,
                  target, clock_format_count(count, number, sizeof number), name);
}

/* What was proved before an undo is nothing to look at first. */
static void
add_check_numbers(struct strbuf *out, const struct report_summary *summary)
{
    int64_t unchecked = (int64_t)summary->checks_not_checked;
    if (summary->model->check_count == 0 || summary->is_stale) {
        strbuf_add_string(out,
                          "<li class=\"notice\"><a href=\"#verification\"><strong>not</strong> "
                          "verified</a></li>\n");
        return;
    }
    add_number(out, summary->differences > 0 ? "bad" : "good", summary->differences,
               summary->differences == 1 ? "difference" : "differences", "verification");
    add_number(out, unchecked > 0 ? "notice" : "good", unchecked,
               unchecked == 1 ? "check not made" : "checks not made", "verification");
}

static void
add_numbers(struct strbuf *out, const struct report_summary *summary)
{
    int64_t rejected = summary->totals.rows_rejected;
    strbuf_add_string(out, "<ul class=\"numbers\">\n");
    add_check_numbers(out, summary);
    add_number(out, rejected > 0 ? "notice" : "good", rejected,
               rejected == 1 ? "row rejected" : "rows rejected", "rejects");
    add_number(out, "plain", (int64_t)summary->exception_count,
               summary->exception_count == 1 ? "exception granted" : "exceptions granted",
               "exceptions");
    strbuf_add_string(out, "</ul>\n");
}

static void
add_verdict(struct strbuf *out, const struct report_summary *summary)
{
    const struct report_model *model = summary->model;
    char begun[20];
    CLEANUP(memory_free_string)
    char *kicker = memory_printf("%s of \"%s\", begun %s UTC",
                                 model->is_dry_run ? "Rehearsal (dry run)" : "Migration run",
                                 model->run.name, report_time(model->run.started_at, begun));
    strbuf_printf(out, "<header class=\"verdict %s\">\n", report_tone_word(summary->tone));
    html_paragraph(out, "kicker", kicker);
    strbuf_add_string(out, "<h1>");
    markup_add(out, summary->verdict);
    strbuf_add_string(out, "</h1>\n");
    html_paragraph(out, "lead", summary->sentence);
    if (strcmp(model->run.state, "stopped") == 0 && model->run.outcome != NULL) {
        CLEANUP(memory_free_string) char *why = memory_printf("It stopped: %s", model->run.outcome);
        html_paragraph(out, NULL, why);
    }
    add_numbers(out, summary);
    strbuf_add_string(out, "</header>\n");
}

/* ---- what is not as it should be, and what to do
 * ----------------------------------------------------------------
 */

/* The first checks that are not equal, one line each; all of them stand in their section. */
static void
add_trouble(struct strbuf *out, const struct report_summary *summary)
{
    enum { SHOWN = 5 };
    size_t shown = 0, bad = summary->checks_different + summary->checks_not_checked;
    if (bad == 0 || summary->is_stale)
        return;
    strbuf_add_string(out, "<ul class=\"trouble\">\n");
    for (size_t i = 0; i < summary->model->check_count && shown < SHOWN; i++) {
        const struct store_check *check = &summary->model->checks[i];
        bool different = strcmp(check->verdict, "different") == 0;
        if (strcmp(check->verdict, "equal") == 0)
            continue;
        shown++;
        strbuf_printf(out, "<li><span class=\"mark %s\">%s</span> <b>",
                      different ? "bad" : "notice", different ? "different" : "not checked");
        markup_add(out, check->name);
        strbuf_add_string(out, check->label != NULL ? " of " : "");
        markup_add(out, check->label);
        strbuf_add_string(out, "</b>: ");
        report_add_finding(out, check, markup_add);
        strbuf_add_string(out, "</li>\n");
    }
    if (bad > shown)
        strbuf_printf(out, "<li><a href=\"#verification\">and %zu more</a></li>\n", bad - shown);
    strbuf_add_string(out, "</ul>\n");
}

static void
add_advice(struct strbuf *out, const struct report_summary *summary)
{
    strbuf_add_string(out, "<section aria-labelledby=\"now\">\n<h2 id=\"now\">What to do "
                           "now</h2>\n");
    add_trouble(out, summary);
    strbuf_add_string(out, "<ol class=\"advice\">\n");
    for (size_t i = 0; i < summary->advice_count; i++) {
        strbuf_add_string(out, "<li>");
        markup_add(out, summary->advice[i].text);
        if (summary->advice[i].command != NULL) {
            strbuf_add_string(out, "<code class=\"command\">");
            markup_add(out, summary->advice[i].command);
            strbuf_add_string(out, "</code>");
        }
        strbuf_add_string(out, "</li>\n");
    }
    strbuf_add_string(out, "</ol>\n</section>\n");
}

/* ---- who, where, with what, when
 * -------------------------------------------------------------------------------
 */

static void
add_times(struct strbuf *out, const struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    char begun[20], ended[20], duration[32], *attempt;
    CLEANUP(memory_free_string)
    char *time =
        memory_printf("%s to %s UTC, %s%s", report_time(run->started_at, begun),
                      run->finished_at != NULL ? report_time(run->finished_at, ended) : "not ended",
                      clock_format_duration(run->seconds, duration, sizeof duration),
                      run->attempts > 1 ? ", taken up again" : "");
    html_fact(out, "When", time);
    if (run->attempts > 1) {
        CLEANUP(memory_free_string) char *attempts = memory_printf("%d", run->attempts);
        html_fact(out, "Attempts", attempts);
    }
    for (size_t i = 0; (attempt = report_describe_attempt(run, i)) != NULL; i++) {
        html_fact(out, "Taken up again", attempt);
        memory_free_string(&attempt);
    }
    if (summary->model->verified_at != NULL) {
        CLEANUP(memory_free_string)
        char *verified = memory_printf("%s UTC", report_time(summary->model->verified_at, ended));
        html_fact(out, "Verified", verified);
    }
    if (summary->model->forecast_seconds >= 0) {
        CLEANUP(memory_free_string)
        char *forecast = memory_printf(
            "the real run should take about %s",
            clock_format_duration(summary->model->forecast_seconds, duration, sizeof duration));
        html_fact(out, "Forecast", forecast);
    }
}

static void
add_databases(struct strbuf *out, const struct store_run *run)
{
    json_t *databases = report_databases_json(run);
    const char *name;
    json_t *source;
    json_object_foreach(json_object_get(databases, "sources"), name, source)
    {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
        CLEANUP(memory_free_string) char *term = memory_printf("Source %s", name);
        report_describe_database(&text, source);
        html_fact(out, term, text.data);
    }
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    report_describe_database(&text, json_object_get(databases, "target"));
    html_fact(out, "Target", text.data);
    json_decref(databases);
}

static void
add_maps(struct strbuf *out, const struct report_model *model)
{
    json_t *digests = report_json_parse(model->run.idmap_digests);
    const char *name;
    json_t *digest;
    json_object_foreach(digests, name, digest)
    {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
        CLEANUP(memory_free_string) char *term = memory_printf("ID map %s", name);
        char pairs[32];
        strbuf_add_string(&text, json_is_string(digest) ? json_string_value(digest) : "unknown");
        for (size_t i = 0; i < model->map_count; i++)
            if (strcmp(model->maps[i].name, name) == 0)
                strbuf_printf(&text, " (%s pairs)",
                              clock_format_count(model->maps[i].pairs, pairs, sizeof pairs));
        html_fact_code(out, term, text.data);
    }
    json_decref(digests);
}

static void
add_who(struct strbuf *out, const struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    html_section(out, "who", "Who, where, with what", NULL);
    strbuf_add_string(out, "<dl class=\"facts\">\n");
    html_fact(out, "Operator", run->operator);
    html_fact(out, "Ticket", run->ticket != NULL ? run->ticket : "none was named");
    html_fact(out, "Approved by", run->approved_by != NULL ? run->approved_by : "nobody was named");
    add_times(out, summary);
    add_databases(out, run);
    html_fact_code(out, "Run", run->run_id);
    html_fact(out, "Tool", run->tool_version);
    html_fact(out, "Mapping", run->mapping_path);
    html_fact_code(out, "Its digest", run->mapping_digest);
    add_maps(out, summary->model);
    strbuf_add_string(out, "</dl>\n");
    html_section_end(out);
}

void
html_add_first(struct strbuf *out, const struct report_summary *summary)
{
    add_verdict(out, summary);
    strbuf_add_string(out, "<div class=\"first\">\n<div>\n");
    add_advice(out, summary);
    html_section(out, "accounting", "Every row accounted for", NULL);
    html_add_accounting(out, &summary->totals);
    html_section_end(out);
    strbuf_add_string(out, "</div>\n");
    add_who(out, summary);
    strbuf_add_string(out, "</div>\n");
}
