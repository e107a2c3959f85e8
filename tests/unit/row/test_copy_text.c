/* COPY's text format. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static void
assert_unescapes(const char *escaped, const char *expected)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    row_unescape(&out, escaped, strlen(escaped));
    assert_text(out.data, out.length, expected);
}

static void
assert_round_trip(const char *data, size_t length)
{
    CLEANUP(strbuf_release) struct strbuf escaped = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf again = STRBUF_INIT;
    row_escape(&escaped, data, length);
    cr_assert_null(memchr(escaped.data, '\t', escaped.length));
    cr_assert_null(memchr(escaped.data, '\n', escaped.length));
    row_unescape(&again, escaped.data, escaped.length);
    cr_assert_eq(again.length, length);
    cr_assert_eq(memcmp(again.data, data, length), 0);
}

Test(row_copy_text, escapes_what_the_server_escapes_and_nothing_else)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    const char text[] = "a\b\f\n\r\t\v\\N\x01\x7f é";
    row_escape(&out, text, strlen(text));
    assert_text(out.data, out.length, "a\\b\\f\\n\\r\\t\\v\\\\N\x01\x7f é");
}

Test(row_copy_text, unescapes_all_that_the_server_reads)
{
    assert_unescapes("\\b\\f\\n\\r\\t\\v\\\\", "\b\f\n\r\t\v\\");
    assert_unescapes("\\101\\7.\\1018", "A\a.A8");
    assert_unescapes("\\x41\\x4g\\xg\\x", "A\x04gxgx");
    assert_unescapes("\\q\\.", "q.");
    assert_unescapes("end\\", "end");
}

Test(row_copy_text, appends_to_what_is_there)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    strbuf_add_string(&out, "a");
    row_escape(&out, "\t", 1);
    row_unescape(&out, "\\t", 2);
    assert_text(out.data, out.length, "a\\t\t");
}

Test(row_copy_text, every_byte_and_pair_of_bytes_comes_back)
{
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++)
            assert_round_trip((const char[]){(char)a, (char)b}, 2);
    assert_round_trip("", 0);
}

Test(row_copy_text, random_bytes_come_back)
{
    struct random random = {1};
    char data[300];
    for (int round = 0; round < 2000; round++) {
        size_t length = random_below(&random, sizeof data);
        for (size_t i = 0; i < length; i++)
            data[i] = (char)(random_chance(&random, 30) ? "\\\t\n\rNx0"[random_below(&random, 7)]
                                                        : (int)random_below(&random, 256));
        assert_round_trip(data, length);
    }
}

static void
assert_split(const char *line, size_t count, const size_t *expected)
{
    size_t ends[8];
    cr_assert(row_split(line, strlen(line), ends, count), "«%s»", line);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(ends[i], expected[i], "«%s», field %zu: %zu", line, i, ends[i]);
}

Test(row_copy_text, splits_a_line_at_its_tabs)
{
    assert_split("a\tbc\t\n", 3, (const size_t[]){1, 4, 5});
    assert_split("a\tbc\t", 3, (const size_t[]){1, 4, 5});
    assert_split("\t\t\n", 3, (const size_t[]){0, 1, 2});
    assert_split("x\n", 1, (const size_t[]){1});
    assert_split("\n", 1, (const size_t[]){0});
    assert_split("a\\\tb\n", 2, (const size_t[]){2, 4});
}

Test(row_copy_text, a_line_of_no_columns_is_empty)
{
    cr_assert(row_split("\n", 1, NULL, 0));
    cr_assert_not(row_split("a\n", 2, NULL, 0));
}

Test(row_copy_text, refuses_another_number_of_fields)
{
    size_t ends[4];
    cr_assert_not(row_split("a\tb\n", 4, ends, 3));
    cr_assert_not(row_split("a\tb\n", 4, ends, 1));
    cr_assert_not(row_split("", 0, ends, 2));
}
