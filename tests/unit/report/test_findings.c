/* Findings, rendered. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

Test(findings, as_text_put_refusals_first)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    CLEANUP(findings_release) struct findings findings = fixture_findings();
    report_render_findings(&out, &findings, &fixture_text);
    assert_file(&out, "findings.txt");
}

Test(findings, as_json_are_counted_and_listed)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    CLEANUP(findings_release) struct findings findings = fixture_findings();
    report_render_findings(&out, &findings, &fixture_json);
    json_t *document = parse_json(&out);
    const json_t *first = json_array_get(json_object_get(document, "list"), 0);
    cr_expect_eq(json_integer_value(json_object_get(document, "refusals")), 1);
    cr_expect_eq(json_integer_value(json_object_get(document, "warnings")), 1);
    cr_expect_eq(json_integer_value(json_object_get(document, "not_checked")), 1);
    cr_expect_str_eq(json_string_value(json_object_get(first, "code")), "E-MADE-UP");
    cr_expect_eq(json_integer_value(json_object_get(first, "rows")), 1203);
    cr_expect_eq(json_array_size(json_object_get(first, "samples")), 2);
    json_decref(document);
}

Test(findings, that_are_none_say_so)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    struct findings none = FINDINGS_INIT;
    report_render_findings(&out, &none, &fixture_text);
    cr_expect_str_eq(out.data, "  0 refused, 0 warnings, 0 not checked\n");
}
