/* A run, rendered. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct strbuf
render(const struct report_style *style)
{
    struct strbuf out = STRBUF_INIT;
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    report_render(&out, &model, style);
    return out;
}

Test(run, as_text_is_what_people_read)
{
    CLEANUP(strbuf_release) struct strbuf out = render(&fixture_text);
    assert_file(&out, "run.txt");
}

Test(run, as_json_has_the_documented_shape)
{
    CLEANUP(strbuf_release) struct strbuf out = render(&fixture_json);
    json_t *document = parse_json(&out);
    assert_schema(document, "report.schema.json");
    json_decref(document);
    assert_file(&out, "run.json");
}

/* The check of the shape can fail. */
Test(run, whose_json_loses_gains_or_changes_a_key_is_found_out)
{
    CLEANUP(strbuf_release) struct strbuf out = render(&fixture_json);
    json_t *document = parse_json(&out);
    json_t *table = json_array_get(json_object_get(document, "tables"), 0);
    json_object_set_new(table, "rows_read", json_string("10"));
    CLEANUP(memory_free_string) char *changed = find_schema_fault(document, "report.schema.json");
    cr_expect_str_eq(changed, "/tables/0/rows_read: string");
    json_object_del(table, "rows_read");
    CLEANUP(memory_free_string) char *lost = find_schema_fault(document, "report.schema.json");
    cr_expect_str_eq(lost, "/tables/0: rows_read");
    json_object_set_new(table, "rows_read", json_integer(10));
    json_object_set_new(table, "extra", json_null());
    CLEANUP(memory_free_string) char *gained = find_schema_fault(document, "report.schema.json");
    cr_expect_str_eq(gained, "/tables/0: extra");
    json_decref(document);
}

Test(run, tells_no_secret_and_sends_no_control_character)
{
    CLEANUP(strbuf_release) struct strbuf text = render(&fixture_text);
    CLEANUP(strbuf_release) struct strbuf json = render(&fixture_json);
    cr_expect_null(strstr(text.data, "secret"));
    cr_expect_null(strstr(json.data, "secret"));
    for (const char *c = text.data; *c != '\0'; c++)
        cr_expect((unsigned char)*c >= 0x20 || *c == '\n', "control character %d", *c);
}

Test(run, is_coloured_only_when_asked)
{
    struct report_style colored = {.format = REPORT_TEXT, .color = true};
    CLEANUP(strbuf_release) struct strbuf out = render(&colored);
    cr_expect_not_null(strstr(out.data, "\033[31ma difference was found\033[0m"));
}

Test(run, that_was_not_verified_says_so)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    size_t count = model.check_count;
    model.check_count = 0;
    report_render(&text, &model, &fixture_text);
    report_render(&out, &model, &fixture_json);
    model.check_count = count;
    cr_expect_not_null(strstr(text.data, "Verification: not checked, because it was never run"));
    json_t *document = parse_json(&out);
    cr_expect_str_eq(
        json_string_value(json_object_get(json_object_get(document, "verification"), "verdict")),
        "not checked");
    json_decref(document);
}

Test(run, whose_counts_do_not_add_up_says_so)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    model.tables[1].rows_written--;
    report_render(&out, &model, &fixture_text);
    cr_expect_not_null(strstr(out.data, "The counts do not add up"));
}

Test(run, that_was_dry_says_so_with_its_forecast_and_findings)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    CLEANUP(findings_release) struct findings findings = fixture_findings();
    CLEANUP(report_model_release) struct report_model model = fixture_model();
    model.is_dry_run = true;
    model.forecast_seconds = 3720;
    model.findings = &findings;
    report_render(&text, &model, &fixture_text);
    report_render(&json, &model, &fixture_json);
    cr_expect_not_null(strstr(text.data, "Dry run 0190a6e2"));
    cr_expect_not_null(strstr(text.data, "(nothing was kept)"));
    cr_expect_not_null(strstr(text.data, "the real run should take about 1 h 02 min"));
    cr_expect_not_null(strstr(text.data, "E-MADE-UP"));
    json_t *document = parse_json(&json);
    assert_schema(document, "report.schema.json");
    cr_expect_str_eq(json_string_value(json_object_get(document, "kind")), "dry_run");
    cr_expect_eq(json_real_value(json_object_get(document, "forecast_seconds")), 3720);
    json_decref(document);
}

Test(run, has_a_meaning_for_every_exit_status)
{
    static const int known[] = {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 70, 130, 143};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        cr_expect_str_neq(report_exit_meaning(known[i]), "unknown", "%d", known[i]);
    cr_expect_str_eq(report_exit_meaning(99), "unknown");
}
