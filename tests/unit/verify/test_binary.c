/* Binary rows as verification reads and writes them. */
#include "binary.h"

#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <string.h>

static void
expect_read(enum plan_wire wire, const char *bytes, size_t length, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    struct plan_table table = {.codec = PLAN_CODEC_BINARY};
    struct span found =
        codec_read_field(&table, wire, &buffer, (struct span){.data = bytes, .length = length});
    cr_expect(span_equal(found, text != NULL ? span_of(text) : SPAN_NULL), "\"%.*s\" instead of %s",
              (int)found.length, found.data ? found.data : "", text ? text : "nothing");
}

static void
expect_written(enum plan_wire wire, const char *text, const char *field, size_t length)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    cr_assert_eq(binary_write(&out, wire, span_of(text)), field != NULL, "%s", text);
    if (field != NULL) {
        cr_expect_eq(out.length, length);
        cr_expect(memcmp(out.data, field, length) == 0, "%s", text);
    }
}

Test(verify_binary, reads_values_as_text)
{
    expect_read(PLAN_WIRE_TEXT, "a\\N\t", 4, "a\\N\t");
    expect_read(PLAN_WIRE_JSONB, "\1{}", 3, "{}");
    expect_read(PLAN_WIRE_INT2, "\x80\0", 2, "-32768");
    expect_read(PLAN_WIRE_INT4, "\xff\xff\xff\xfe", 4, "-2");
    expect_read(PLAN_WIRE_INT8, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8, "9223372036854775807");
    expect_read(PLAN_WIRE_INT8, "\x80\0\0\0\0\0\0\0", 8, "-9223372036854775808");
    expect_read(PLAN_WIRE_BOOL, "\1", 1, "t");
    expect_read(PLAN_WIRE_UUID, "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef",
                16, "01234567-89ab-cdef-0123-456789abcdef");
}

Test(verify_binary, takes_no_bytes_of_another_width_for_a_value)
{
    expect_read(PLAN_WIRE_JSONB, "\2{}", 3, NULL);
    expect_read(PLAN_WIRE_JSONB, "", 0, NULL);
    expect_read(PLAN_WIRE_INT4, "\0\1", 2, NULL);
    expect_read(PLAN_WIRE_BOOL, "\0\1", 2, NULL);
    expect_read(PLAN_WIRE_UUID, "short", 5, NULL);
    expect_read(PLAN_WIRE_OPAQUE, "\0\1", 2, NULL);
}

Test(verify_binary, writes_what_it_reads)
{
    expect_written(PLAN_WIRE_TEXT, "ab", "\0\0\0\2ab", 6);
    expect_written(PLAN_WIRE_JSONB, "{}", "\0\0\0\3\1{}", 7);
    expect_written(PLAN_WIRE_INT2, "-2", "\0\0\0\2\xff\xfe", 6);
    expect_written(PLAN_WIRE_INT8, "258", "\0\0\0\10\0\0\0\0\0\0\1\2", 12);
    expect_written(PLAN_WIRE_BOOL, "f", "\0\0\0\1\0", 5);
    expect_written(PLAN_WIRE_UUID, "01234567-89ab-cdef-0123-456789abcdef",
                   "\0\0\0\20\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef", 20);
    expect_written(PLAN_WIRE_UUID, "01234567-89ab-cdef-0123-456789abcde", NULL, 0);
    expect_written(PLAN_WIRE_UUID, "n1", NULL, 0);
    expect_written(PLAN_WIRE_INT4, "1x", NULL, 0);
    expect_written(PLAN_WIRE_BOOL, "true", NULL, 0);
    expect_written(PLAN_WIRE_OPAQUE, "x", NULL, 0);
}

Test(verify_binary, splits_exactly_one_row)
{
    static const char row[] = "\0\3\0\0\0\1a\xff\xff\xff\xff\0\0\0\0";
    struct span fields[3];
    cr_assert(binary_split(row, sizeof row - 1, fields, 3));
    cr_expect(span_equal(fields[0], span_of("a")));
    cr_expect_null(fields[1].data, "NULL is none");
    cr_expect_not_null(fields[2].data, "an empty value is one");
    cr_expect_eq(fields[2].length, 0);
    cr_expect_not(binary_split(row, sizeof row - 1, fields, 2));
    cr_expect_not(binary_split(row, sizeof row, fields, 3), "a byte too many");
    for (size_t length = 0; length < sizeof row - 1; length++)
        cr_expect_not(binary_split(row, length, fields, 3), "cut to %zu bytes", length);
}
