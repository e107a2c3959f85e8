/* Runs and their progress, rendered. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

Test(status, of_one_run_shows_its_progress_and_who_works)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    CLEANUP(report_status_release) struct report_status status = fixture_status();
    report_render_status(&out, &status, &fixture_text);
    assert_file(&out, "status.txt");
}

Test(status, as_json_has_the_documented_shape)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    CLEANUP(report_status_release) struct report_status status = fixture_status();
    report_render_status(&out, &status, &fixture_json);
    json_t *document = parse_json(&out);
    assert_schema(document, "status.schema.json");
    json_decref(document);
    assert_file(&out, "status.json");
}

Test(status, of_an_empty_store_says_that_there_is_nothing)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    struct report_status status = {0};
    report_render_status(&text, &status, &fixture_text);
    report_render_status(&json, &status, &fixture_json);
    cr_expect_str_eq(
        text.data,
        "There is no run in this database yet.\n\nNobody is at work in this database now.\n");
    json_t *document = parse_json(&json);
    assert_schema(document, "status.schema.json");
    cr_expect(json_is_null(json_object_get(document, "progress")));
    json_decref(document);
}
