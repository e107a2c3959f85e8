/* A run in every format: the same words and numbers, whatever the run and its names are. */
#include "fixture.h"
#include "well_formed.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const enum report_format every[REPORT_FORMATS] = {REPORT_TEXT, REPORT_JSON, REPORT_HTML,
                                                         REPORT_JUNIT, REPORT_MARKDOWN};

static struct strbuf
render(const struct report_model *model, enum report_format format)
{
    struct strbuf out = STRBUF_INIT;
    struct report_style style = {.format = format};
    report_render(&out, model, &style);
    return out;
}

static void
expect_in(const struct report_model *model, enum report_format format, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf out = render(model, format);
    cr_expect_not_null(strstr(out.data, text), "%s lacks: %s", report_file_name(format), text);
}

static void
expect_everywhere(const struct report_model *model, const char *text)
{
    for (size_t i = 0; i < REPORT_FORMATS; i++)
        expect_in(model, every[i], text);
}

static void
assert_all_well_formed(const struct report_model *model)
{
    CLEANUP(strbuf_release) struct strbuf html = render(model, REPORT_HTML);
    CLEANUP(strbuf_release) struct strbuf junit = render(model, REPORT_JUNIT);
    CLEANUP(strbuf_release) struct strbuf json = render(model, REPORT_JSON);
    assert_well_formed(&html);
    assert_well_formed(&junit);
    json_t *document = parse_json(&json);
    assert_schema(document, "report.schema.json");
    json_decref(document);
}

static void
replace(char **text, const char *with)
{
    memory_free_string(text);
    *text = memory_strdup(with);
}

/* ---- the same in all
 * -------------------------------------------------------------------------------------------
 */

Test(formats, are_found_by_their_names)
{
    enum report_format format;
    cr_expect(report_find_format("junit", &format) && format == REPORT_JUNIT);
    cr_expect(report_find_format("markdown", &format) && format == REPORT_MARKDOWN);
    cr_expect(!report_find_format("pdf", &format));
    cr_expect_str_eq(report_file_name(REPORT_HTML), "report.html");
}

Test(formats, made_twice_are_the_same_bytes)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    for (size_t i = 0; i < REPORT_FORMATS; i++) {
        CLEANUP(strbuf_release) struct strbuf first = render(&model, every[i]);
        CLEANUP(strbuf_release) struct strbuf second = render(&model, every[i]);
        cr_expect_str_eq(first.data, second.data, "%s", report_file_name(every[i]));
    }
}

Test(formats, have_the_same_verdict_and_numbers)
{
    static const char *const numbers[] = {"1,230,013",
                                          "1,230,004",
                                          "1,230,000",
                                          "00112233445566778899aabbccddeeff",
                                          "CHG-1234",
                                          "anna@ops-1",
                                          "two accounts are one person"};
    static const enum report_format people[] = {REPORT_TEXT, REPORT_HTML, REPORT_MARKDOWN};
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    expect_everywhere(&model, "Different: at least 40 differences in rows");
    expect_everywhere(&model, "40 rows are not what they must be");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        for (size_t j = 0; j < sizeof people / sizeof people[0]; j++)
            expect_in(&model, people[j], numbers[i]);
    expect_in(&model, REPORT_JSON, "\"rows_read\": 1230013,");
    assert_all_well_formed(&model);
}

/* JUnit's own sums are what a CI system shows. */
Test(formats, of_a_ci_system_count_their_cases)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    expect_in(&model, REPORT_JUNIT, " tests=\"9\" failures=\"1\" errors=\"1\" skipped=\"1\"");
    expect_in(&model, REPORT_JUNIT,
              "<testsuite name=\"rows\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" "
              "time=\"0\" timestamp=\"2026-11-20T17:40:00\">");
    expect_in(&model, REPORT_JUNIT,
              "<error message=\"the role may not read events_id_seq\" type=\"not checked\">");
}

Test(formats, load_nothing_and_run_nothing)
{
    static const char *const strangers[] = {"http:",    "https:",   "<script", "<link",
                                            " src=",    "@import",  "url(",    "<img",
                                            " onload=", " onclick="};
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    CLEANUP(strbuf_release) struct strbuf html = render(&model, REPORT_HTML);
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
        cr_expect_null(strstr(html.data, strangers[i]), "%s", strangers[i]);
}

/* ---- names
 * ----------------------------------------------------------------------------------------------------
 */

static const char wild[] =
    "<b>&\"'`|*_\\ \xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\xE2\x80\xAE\033[31m]]>";

static void
make_wild(struct report_model *model)
{
    replace(&model->tables[0].label, wild);
    replace(&model->tables[0].target_table, wild);
    replace(&model->tables[0].source_table, wild);
    replace(&model->run.name, wild);
    replace(&model->run.operator, wild);
    replace(&model->run.mapping_path, wild);
    replace(&model->run.outcome, "line one\nline two <i>");
    replace(&model->checks[1].label, wild);
    replace(&model->checks[1].detail, wild);
    replace(&model->reject_samples[0].old_id, wild);
    replace(&model->reject_counts[0].label, wild);
}

Test(formats, hold_any_name)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    make_wild(&model);
    assert_all_well_formed(&model);
    for (size_t i = 0; i < REPORT_FORMATS; i++) {
        CLEANUP(strbuf_release) struct strbuf out = render(&model, every[i]);
        cr_expect_null(strchr(out.data, '\033'));
        cr_expect_not_null(strstr(out.data, "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
        if (every[i] == REPORT_HTML || every[i] == REPORT_JUNIT)
            cr_expect_null(strstr(out.data, "<b>&"), "%s", report_file_name(every[i]));
    }
    expect_in(&model, REPORT_HTML,
              "&lt;b&gt;&amp;&quot;&#39;`|*_\\ "
              "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80&lt;U+202E&gt;?[31m]]&gt;");
    expect_in(&model, REPORT_MARKDOWN, "| operator | &lt;b&gt;&amp;\"'\\`\\|\\*\\_\\\\ ");
    expect_in(&model, REPORT_MARKDOWN, "``idmigrate run --rejects-only");
}

Test(formats, hold_what_is_no_text)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    replace(&model.tables[0].label, "bad \xFF\xC3 end \xEF\xBF\xBF.");
    assert_all_well_formed(&model);
    expect_in(&model, REPORT_HTML, "bad \xEF\xBF\xBD\xEF\xBF\xBD end \xEF\xBF\xBD.");
}

/* A path with a quote in it must not end the command that is shown. */
Test(formats, show_commands_that_can_be_copied)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    replace(&model.run.mapping_path, "it's mine/a b.json");
    expect_in(&model, REPORT_TEXT, "'it'\\''s mine/a b.json'");
    expect_in(&model, REPORT_MARKDOWN, "'it'\\''s mine/a b.json'`");
}

/* ---- the bar
 * --------------------------------------------------------------------------------------------------
 */

/* The widths of all parts of the accounting bar, in hundredths of a percent, and how many they are.
 */
static int
sum_bar(const struct report_model *model, int *parts)
{
    CLEANUP(strbuf_release) struct strbuf html = render(model, REPORT_HTML);
    const char *end = strstr(html.data, "</svg>"), *at = strstr(html.data, "class=\"accounting\"");
    int sum = 0;
    *parts = 0;
    cr_assert(at != NULL && at < end);
    while ((at = strstr(at, "<rect class=\"")) != NULL && at < end) {
        const char *width = strstr(at, " width=\"") + strlen(" width=\"");
        at += strlen("<rect");
        if (strncmp(at, " class=\"track\"", 14) == 0)
            continue;
        int part = (int)(strtod(width, NULL) * 100 + 0.5);
        cr_expect_geq(part, 80, "too thin to be seen: %d", part);
        sum += part;
        ++*parts;
    }
    return sum;
}

Test(accounting_bar, is_full_and_shows_what_is_rare)
{
    static const int64_t cases[][4] = {{1230000, 0, 0, 3}, {1, 1, 1, 1}, {0, 0, 0, 7},
                                       {999999, 1, 1, 1},  {1, 0, 0, 0}, {3, 3, 3, 0}};
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int parts, there = 0;
        for (size_t j = 0; j < 4; j++)
            there += cases[i][j] > 0;
        model.table_count = 1;
        struct store_table *table = &model.tables[0];
        table->rows_written = cases[i][0];
        table->rows_merged = cases[i][1];
        table->rows_skipped = cases[i][2];
        table->rows_rejected = cases[i][3];
        table->rows_read = cases[i][0] + cases[i][1] + cases[i][2] + cases[i][3];
        cr_expect_eq(sum_bar(&model, &parts), 10000, "case %zu", i);
        cr_expect_eq(parts, there, "case %zu", i);
    }
    model.table_count = 2;
}

Test(accounting_bar, shows_what_is_not_accounted_for)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    int parts;
    model.tables[1].rows_written -= 500000;
    cr_expect_eq(sum_bar(&model, &parts), 10000);
    expect_in(&model, REPORT_HTML, "<b>500,000</b> not accounted for");
    expect_in(&model, REPORT_JUNIT, "the counts do not add up");
    expect_everywhere(&model, "Different: the accounting does not add up");
}

Test(accounting_bar, of_no_rows_is_empty)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    int parts;
    model.table_count = 0;
    cr_expect_eq(sum_bar(&model, &parts), 0);
    model.table_count = 2;
}

/* ---- runs of any kind
 * -----------------------------------------------------------------------------------------
 */

Test(formats, of_a_run_without_anything_say_so)
{
    struct report_model empty = fixture_model(), model;
    model = empty;
    model.table_count = model.map_count = model.reject_count_count = 0;
    model.reject_sample_count = model.check_count = model.point_count = 0;
    model.rejects = 0;
    model.timing = (struct store_timing){-1, -1, -1, -1, -1};
    assert_all_well_formed(&model);
    expect_everywhere(&model, "Not checked: the result was never verified");
    expect_in(&model, REPORT_HTML, "No row was rejected.");
    expect_in(&model, REPORT_HTML, "No chunk is done yet.");
    report_model_release(&empty);
}

/* 500 tables with all that can be said of them. */
static struct report_model
make_large(void)
{
    enum { TABLES = 500, CHECKS = 7 };
    static const char *const names[CHECKS] = {"rows",       "ids",       "residue",  "audit",
                                              "accounting", "sequences", "structure"};
    struct report_model model = fixture_model();
    store_tables_free(model.tables, model.table_count);
    store_checks_free(model.checks, model.check_count);
    model.tables = memory_zalloc(TABLES * sizeof *model.tables);
    model.checks = memory_zalloc(TABLES * CHECKS * sizeof *model.checks);
    model.table_count = TABLES;
    model.check_count = TABLES * CHECKS;
    for (int i = 0; i < TABLES; i++) {
        char *label = memory_printf("a_table_with_a_long_name_%03d", i);
        model.tables[i] = (struct store_table){
            .table_no = i + 2,
            .step = i,
            .label = label,
            .source_name = memory_strdup("app"),
            .source_schema = memory_strdup("public"),
            .source_table = memory_strdup(label),
            .target_schema = memory_strdup("public"),
            .target_table = memory_strdup(label),
            .state = memory_strdup("done"),
            .columns = memory_strdup("[]"),
            .dropped = memory_strdup("{\"a\": \"x\", \"b\": \"y\"}"),
            .column_counts = memory_strdup("{\"user_id\": {\"resolved\": 1000}, \"org_id\": "
                                           "{\"resolved\": 1000}}"),
            .rows_read = 1000,
            .rows_written = 1000,
            .seconds = 1,
            .began = i};
        for (int j = 0; j < CHECKS; j++)
            model.checks[i * CHECKS + j] = (struct store_check){.name = names[j],
                                                                .table_no = i,
                                                                .label = memory_strdup(label),
                                                                .verdict = "equal",
                                                                .looked_at = 1000,
                                                                .detail = memory_strdup("fine")};
    }
    return model;
}

Test(formats, of_500_tables_are_made_at_once_and_are_small)
{
    enum { MOST_BYTES = 2500000 };
    CLEANUP(report_model_release) struct report_model model = make_large();
    clock_t begun = clock();
    CLEANUP(strbuf_release) struct strbuf html = render(&model, REPORT_HTML);
    double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
    cr_expect_lt(seconds, 1.0);
    cr_expect_lt(html.length, MOST_BYTES, "%zu bytes", html.length);
    assert_all_well_formed(&model);
}

/* ---- the verdict
 * ------------------------------------------------------------------------------------------------
 */

static void
make_equal(struct report_model *model)
{
    for (size_t i = 0; i < model->check_count; i++) {
        model->checks[i].verdict = "equal";
        model->checks[i].found = 0;
        model->checks[i].is_partial = false;
    }
}

Test(verdict, tells_what_stands_worst)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    expect_everywhere(&model, "Different: at least 40 differences in rows");
    model.checks[1].is_partial = false;
    model.checks[1].found = 1;
    expect_everywhere(&model, "Different: 1 difference in rows");
    model.checks[1].verdict = "equal";
    model.checks[1].found = 0;
    expect_everywhere(&model, "Not checked: sequences");
    make_equal(&model);
    expect_everywhere(&model, "Done, with 3 rejected rows");
    model.tables[1].rows_rejected = 0;
    model.tables[1].rows_written += 3;
    expect_everywhere(&model, "Done and proved");
    expect_in(&model, REPORT_HTML, "class=\"verdict good\"");
    model.is_dry_run = true;
    expect_everywhere(&model, "Rehearsed. The run would be done and proved");
}

Test(verdict, of_a_run_that_did_not_end_says_how_far_it_came)
{
    static const struct {
        const char *state, *verdict, *command;
        int status;
    } cases[] = {
        {"running", "Not ended: 2 of 2 tables are done", "idmigrate status 0190a6e2", -1},
        {"stopped", "Stopped part-way: 2 of 2 tables are done", "idmigrate run mappings/eleva.json",
         EXIT_STOPPED},
        {"stopped", "Stopped by too many rejected rows: 2 of 2", "--max-rejects",
         EXIT_TOO_MANY_REJECTS},
        {"stopped", "Interrupted part-way: 2 of 2", "idmigrate undo 0190a6e2", EXIT_INTERRUPTED},
        {"undoing", "Being undone: part of it is taken back", "idmigrate undo 0190a6e2",
         EXIT_STOPPED},
        {"undone", "Undone, but something of it is left: rows", "idmigrate run mappings/eleva.json",
         EXIT_DIFFERENT},
    };
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        replace(&model.run.state, cases[i].state);
        model.run.exit_status = cases[i].status;
        expect_everywhere(&model, cases[i].verdict);
        expect_in(&model, REPORT_HTML, cases[i].command);
        assert_all_well_formed(&model);
    }
}

/* What was proved before it was undone proves nothing of it. */
Test(verdict, of_an_undone_run_does_not_rest_on_older_checks)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    replace(&model.run.state, "undone");
    model.undo.undo.undo_id = memory_strdup("0190a6e2-9999-7abc-8def-0123456789ab");
    model.undo.undo.state = memory_strdup("done");
    model.undo.undo.operator= memory_strdup("anna@ops-1");
    model.undo.undo.started_at = memory_strdup("2026-11-21 08:00:00+00");
    model.undo.undo.finished_at = memory_strdup("2026-11-21 08:00:09+00");
    expect_in(&model, REPORT_HTML, "<h1>Undone</h1>");
    expect_in(&model, REPORT_HTML, "These results are older than the undo");
    expect_in(&model, REPORT_JSON, "\"is_older_than_undo\": true");
    assert_all_well_formed(&model);
}

/* ---- what is not told
 * -----------------------------------------------------------------------------------------
 */

Test(mapping_text, with_a_password_is_not_shown)
{
    static const char *const secrets[] = {
        "{\"description\": \"postgresql://reader:hunter2@db/app\"}",
        "{\"tables\": [{\"where\": \"x = dblink('host=a password=hunter2')\"}]}"};
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    cr_expect_not_null(report_mapping_text(&model));
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        replace(&model.run.mapping_text, secrets[i]);
        cr_expect_null(report_mapping_text(&model));
        for (size_t j = 0; j < REPORT_FORMATS; j++) {
            CLEANUP(strbuf_release) struct strbuf out = render(&model, every[j]);
            cr_expect_null(strstr(out.data, "hunter2"), "%s", report_file_name(every[j]));
        }
    }
}

Test(mapping_text, that_cannot_be_read_leaves_exceptions_out_and_says_so)
{
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    replace(&model.run.mapping_text, "{\"version\": 99}");
    expect_in(&model, REPORT_HTML, "This program cannot read the mapping of the run");
    expect_in(&model, REPORT_TEXT, "This program cannot read the mapping of the run");
    expect_in(&model, REPORT_MARKDOWN, "This program cannot read the mapping of the run");
    expect_in(&model, REPORT_JSON, "\"exceptions_are_complete\": false");
}

Test(digests, are_those_of_sha256sum)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf content = STRBUF_INIT;
    strbuf_add_string(&content, "abc");
    report_add_digest(&list, "a.txt", &content);
    cr_expect_str_eq(list.data,
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.txt\n");
}
