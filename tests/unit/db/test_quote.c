/* Names and values inside SQL texts; that the server reads them so is an integration test. */
#include "idmigrate/db.h"
#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static void
assert_quoted(void (*quote)(struct strbuf *, const char *), const char *text, const char *expected)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    quote(&sql, text);
    cr_expect_str_eq(sql.data, expected);
}

Test(quote, doubles_quotes_in_names)
{
    assert_quoted(db_quote_identifier, "users", "\"users\"");
    assert_quoted(db_quote_identifier, "", "\"\"");
    assert_quoted(db_quote_identifier, "a \"b\" Größe\\", "\"a \"\"b\"\" Größe\\\"");
}

Test(quote, joins_schema_and_name)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    db_quote_name(&sql, "a.b", "c\"");
    cr_expect_str_eq(sql.data, "\"a.b\".\"c\"\"\"");
}

Test(quote, constants_mean_the_same_with_any_setting)
{
    assert_quoted(db_quote_literal, "", "''");
    assert_quoted(db_quote_literal, "it's", "'it''s'");
    assert_quoted(db_quote_literal, "a\\'b", " E'a\\\\''b'");
}

Test(quote, writes_array_values)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    const char *const values[] = {"a", "", "NULL", NULL, "x,{y} \"z\" \\"};
    db_format_array(&text, values, 0);
    cr_expect_str_eq(text.data, "{}");
    strbuf_reset(&text);
    db_format_array(&text, values, 5);
    cr_expect_str_eq(text.data, "{\"a\",\"\",\"NULL\",NULL,\"x,{y} \\\"z\\\" \\\\\"}");
}

static void
assert_filled(const char *text, const char *expected)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    db_fill(&sql, text,
            (const char *const[]){"schema", "s\"s", "table", "t", "from", "it's", NULL});
    cr_expect_str_eq(sql.data, expected);
}

Test(fill, replaces_names_and_constants)
{
    assert_filled("", "");
    assert_filled("SELECT 1", "SELECT 1");
    assert_filled("FROM :\"schema\".:\"table\"", "FROM \"s\"\"s\".\"t\"");
    assert_filled("FROM (:'from')", "FROM ('it''s')");
    assert_filled(":\"table\"", "\"t\"");
}

Test(fill, leaves_casts_comments_and_quoted_parts_alone)
{
    static const char *const texts[] = {
        "'x'::\"char\"",
        "a::text",
        "-- :\"nobody\" it's\nSELECT 1",
        "/* :\"nobody\" */ SELECT 1",
        "SELECT ':\"nobody\"'",
        "SELECT \":nobody\"",
        "a[1:2]",
        "-- the end",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_filled(texts[i], texts[i]);
    assert_filled("-- don't\nFROM :\"table\"", "-- don't\nFROM \"t\"");
}

Test(fill, a_placeholder_without_a_value_is_a_bug, .signal = SIGABRT)
{
    assert_filled("FROM :\"nobody\"", "");
}
