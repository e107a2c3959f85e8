/* COPY text and keys. */
#include "text.h"

#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <string.h>

static void
assert_round_trip(struct span value)
{
    CLEANUP(strbuf_release) struct strbuf written = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    text_write(&written, value);
    cr_assert_null(memchr(written.data, '\t', written.length));
    cr_assert_null(memchr(written.data, '\n', written.length));
    cr_assert(span_equal(text_read(&buffer, span_of_buffer(&written)), value));
}

Test(verify_text, reads_back_what_it_writes)
{
    static const char *const values[] = {"",   "plain",    "a\tb\nc\\d",  "\\N",
                                         "\\", "\b\f\r\v", "ä€\U0001F600"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_round_trip(span_of(values[i]));
    assert_round_trip(SPAN_NULL);
}

Test(verify_text, tells_null_from_the_text_that_looks_like_it)
{
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    cr_assert_null(text_read(&buffer, span_of("\\N")).data);
    cr_assert_not_null(text_read(&buffer, span_of("\\\\N")).data);
    cr_assert_not_null(text_read(&buffer, span_of("")).data);
    cr_assert(!digest_equal(span_digest(SPAN_NULL), span_digest(span_of(""))));
}

Test(verify_text, splits_only_lines_with_the_right_number_of_fields)
{
    struct span fields[3];
    cr_assert(text_split("a\t\tc\n", 5, fields, 3));
    cr_assert_eq(fields[1].length, 0);
    cr_assert(span_equal(fields[2], span_of("c")));
    cr_assert_not(text_split("a\tb\n", 4, fields, 3));
    cr_assert_not(text_split("a\tb\tc\td\n", 8, fields, 3));
    cr_assert(text_split("\n", 1, fields, 1));
}

static void
assert_key(const char *expected, const struct span *parts, size_t count)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
    bool is_array = count > 1;
    for (size_t i = 0; i < count; i++) {
        is_array |= parts[i].data == NULL;
        key_add(&key, parts[i], count);
    }
    key_end(&key, is_array);
    cr_assert_str_eq(key.data, expected);
}

Test(verify_text, writes_keys_as_the_store_has_them)
{
    assert_key("a\"b", (struct span[]){span_of("a\"b")}, 1);
    assert_key("[null]", (struct span[]){SPAN_NULL}, 1);
    assert_key("[\"a\\\"b\", null, \"\\u0001\\n\"]",
               (struct span[]){span_of("a\"b"), SPAN_NULL, span_of("\001\n")}, 3);
}
