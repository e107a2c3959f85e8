/*
 * JUnit XML: a suite for each name of a check, a test case for each table it looked at. Different
 * is a failure; what could not be checked is an error, because a run that is not proved must not
 * turn a pipeline green; rejects within the limit are a skipped case.
 */
#include "formats.h"

#include "markup.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

struct suite {
    const struct report_summary *summary;
    const char *name;
    struct strbuf cases;
    size_t tests, failures, errors, skipped;
};

/* ---- cases
 * ----------------------------------------------------------------------------------------------------
 */

static void
begin_case(struct suite *suite, const char *name)
{
    CLEANUP(memory_free_string)
    char *class = memory_printf("idmigrate.%s.%s", suite->summary->model->run.name, suite->name);
    suite->tests++;
    strbuf_add_string(&suite->cases, "    <testcase");
    markup_add_attribute(&suite->cases, "name", name);
    markup_add_attribute(&suite->cases, "classname", class);
    strbuf_add_string(&suite->cases, " time=\"0\"");
}

static void
pass_case(struct suite *suite)
{
    strbuf_add_string(&suite->cases, "/>\n");
}

/* `outcome`: "failure", "error" or "skipped"; `text` may have several lines, or be NULL. */
static void
end_case(struct suite *suite, const char *outcome, const char *message, const char *text)
{
    suite->failures += strcmp(outcome, "failure") == 0;
    suite->errors += strcmp(outcome, "error") == 0;
    suite->skipped += strcmp(outcome, "skipped") == 0;
    strbuf_printf(&suite->cases, ">\n      <%s", outcome);
    markup_add_attribute(&suite->cases, "message", message);
    if (strcmp(outcome, "skipped") != 0)
        markup_add_attribute(&suite->cases, "type",
                             strcmp(outcome, "failure") == 0 ? "different" : "not checked");
    strbuf_add_char(&suite->cases, '>');
    markup_add_lines(&suite->cases, text);
    strbuf_printf(&suite->cases, "</%s>\n    </testcase>\n", outcome);
}

static void
add_check(struct suite *suite, const struct store_check *check)
{
    char looked_at[32], found[32];
    CLEANUP(memory_free_string)
    char *numbers = memory_printf("looked at %s, differences %s%s",
                                  clock_format_count(check->looked_at, looked_at, sizeof looked_at),
                                  clock_format_count(check->found, found, sizeof found),
                                  check->is_partial ? ", more than are listed" : "");
    CLEANUP(memory_free_string)
    char *text =
        memory_printf("%s\n%s", numbers, check->differences != NULL ? check->differences : "[]");
    const char *message =
        check->detail != NULL && check->detail[0] != '\0' ? check->detail : numbers;
    begin_case(suite, check->label != NULL ? check->label : check->name);
    if (strcmp(check->verdict, "different") == 0)
        end_case(suite, "failure", message, text);
    else if (strcmp(check->verdict, "equal") != 0)
        end_case(suite, "error", message, numbers);
    else
        pass_case(suite);
}

/* ---- suites
 * ---------------------------------------------------------------------------------------------------
 */

static void
end_suite(struct strbuf *out, struct suite *suite)
{
    const char *started = suite->summary->model->run.started_at;
    strbuf_add_string(out, "  <testsuite");
    markup_add_attribute(out, "name", suite->name);
    strbuf_printf(out,
                  " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"0\" "
                  "timestamp=\"%.10sT%.8s\">\n",
                  suite->tests, suite->failures, suite->errors, suite->skipped, started,
                  strlen(started) > 11 ? started + 11 : "00:00:00");
    strbuf_add(out, suite->cases.data, suite->cases.length);
    strbuf_add_string(out, "  </testsuite>\n");
    strbuf_release(&suite->cases);
}

static struct suite
begin_suite(const struct report_summary *summary, const char *name)
{
    return (struct suite){.summary = summary, .name = name, .cases = STRBUF_INIT};
}

static void
add_run_cases(struct suite *suite)
{
    const struct report_summary *summary = suite->summary;
    const struct store_run *run = &summary->model->run;
    begin_case(suite, "the run is carried out to its end");
    if (strcmp(run->state, "done") == 0 || strcmp(run->state, "undone") == 0)
        pass_case(suite);
    else
        end_case(suite, "failure", summary->verdict, run->outcome);
    begin_case(suite, "the result is verified");
    if (summary->model->check_count > 0)
        pass_case(suite);
    else
        end_case(suite, "error", "the result was never verified", NULL);
    begin_case(suite, "no row is rejected");
    if (summary->totals.rows_rejected == 0) {
        pass_case(suite);
    } else {
        char rows[32];
        CLEANUP(memory_free_string)
        char *text = memory_printf(
            "%s rejected", clock_format_count(summary->totals.rows_rejected, rows, sizeof rows));
        end_case(suite, "skipped", text, NULL);
    }
}

/* What the ledger says; verification has a check of its own. */
static void
add_accounting_cases(struct suite *suite)
{
    const struct report_model *model = suite->summary->model;
    for (size_t i = 0; i < model->table_count; i++) {
        const struct store_table *table = &model->tables[i];
        begin_case(suite, table->label);
        if (report_adds_up(table)) {
            pass_case(suite);
            continue;
        }
        CLEANUP(memory_free_string)
        char *text = memory_printf("read %" PRId64 ", written %" PRId64 ", merged %" PRId64
                                   ", skipped %" PRId64 ", rejected %" PRId64,
                                   table->rows_read, table->rows_written, table->rows_merged,
                                   table->rows_skipped, table->rows_rejected);
        end_case(suite, "failure", "the counts do not add up", text);
    }
}

struct counts {
    size_t tests, failures, errors, skipped;
};

static void
count_suite(struct counts *all, const struct suite *suite)
{
    all->tests += suite->tests;
    all->failures += suite->failures;
    all->errors += suite->errors;
    all->skipped += suite->skipped;
}

static void
add_suites(struct strbuf *out, struct counts *all, const struct report_summary *summary)
{
    struct suite run = begin_suite(summary, "run");
    add_run_cases(&run);
    count_suite(all, &run);
    end_suite(out, &run);
    struct suite ledger = begin_suite(summary, "ledger");
    add_accounting_cases(&ledger);
    count_suite(all, &ledger);
    end_suite(out, &ledger);
    for (size_t i = 0; i < summary->group_count; i++) {
        struct suite suite = begin_suite(summary, summary->groups[i].name);
        for (size_t j = 0; j < summary->model->check_count; j++)
            if (strcmp(summary->model->checks[j].name, suite.name) == 0)
                add_check(&suite, &summary->model->checks[j]);
        count_suite(all, &suite);
        end_suite(out, &suite);
    }
}

void
report_run_to_junit(struct strbuf *out, const struct report_summary *summary)
{
    CLEANUP(strbuf_release) struct strbuf suites = STRBUF_INIT;
    struct counts all = {0};
    CLEANUP(memory_free_string)
    char *name = memory_printf("idmigrate %s: %s", summary->model->run.name, summary->verdict);
    add_suites(&suites, &all, summary);
    strbuf_add_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    markup_add_attribute(out, "name", name);
    strbuf_printf(out,
                  " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
                  all.tests, all.failures, all.errors, all.skipped, summary->model->run.seconds);
    strbuf_add(out, suites.data, suites.length);
    strbuf_add_string(out, "</testsuites>\n");
}
