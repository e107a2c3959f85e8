/* The growing byte string. */
#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"

#include <criterion/criterion.h>
#include <string.h>

Test(strbuf, is_an_empty_string_from_the_start)
{
    struct strbuf buf = STRBUF_INIT;
    cr_expect_str_empty(buf.data);
    strbuf_reset(&buf);
    strbuf_truncate(&buf, 5);
    strbuf_add(&buf, "ignored", 0);
    cr_expect_eq(buf.length, 0);
    cr_expect_eq(buf.capacity, 0, "nothing was allocated");
    strbuf_release(&buf);
    strbuf_release(&buf);
}

Test(strbuf, keeps_zero_bytes_and_its_end)
{
    CLEANUP(strbuf_release) struct strbuf buf = STRBUF_INIT;
    strbuf_add(&buf, "a\0b", 3);
    strbuf_add_char(&buf, '\0');
    strbuf_add_string(&buf, "c");
    cr_expect_eq(buf.length, 5);
    cr_expect_arr_eq(buf.data, "a\0b\0c", 6);
}

Test(strbuf, grows_without_losing_a_byte)
{
    CLEANUP(strbuf_release) struct strbuf buf = STRBUF_INIT;
    for (int i = 0; i < 100000; i++) {
        strbuf_add_char(&buf, (char)('a' + i % 26));
        cr_assert_eq(buf.data[buf.length], '\0');
    }
    cr_assert_eq(buf.length, 100000);
    for (int i = 0; i < 100000; i++)
        cr_assert_eq(buf.data[i], (char)('a' + i % 26));
}

Test(strbuf, prints_texts_of_any_length)
{
    CLEANUP(strbuf_release) struct strbuf buf = STRBUF_INIT;
    strbuf_add_string(&buf, "> ");
    strbuf_printf(&buf, "%0300d|%s", 7, "x");
    cr_expect_eq(buf.length, 2 + 300 + 2);
    cr_expect_str_eq(buf.data + buf.length - 3, "7|x");
    size_t before = buf.length;
    strbuf_printf(&buf, "%s", "");
    cr_expect_eq(buf.length, before);
}

Test(strbuf, truncates_and_resets)
{
    CLEANUP(strbuf_release) struct strbuf buf = STRBUF_INIT;
    strbuf_add_string(&buf, "abcdef");
    strbuf_truncate(&buf, 9);
    cr_expect_str_eq(buf.data, "abcdef");
    strbuf_truncate(&buf, 3);
    cr_expect_str_eq(buf.data, "abc");
    size_t capacity = buf.capacity;
    strbuf_reset(&buf);
    cr_expect_str_empty(buf.data);
    cr_expect_eq(buf.capacity, capacity);
}

Test(strbuf, gives_its_bytes_away)
{
    struct strbuf buf = STRBUF_INIT;
    strbuf_add_string(&buf, "mine");
    CLEANUP(memory_free_string) char *taken = strbuf_take(&buf);
    CLEANUP(memory_free_string) char *nothing = strbuf_take(&buf);
    cr_expect_str_eq(taken, "mine");
    cr_expect_str_empty(nothing, "an empty buffer gives an empty string that can be freed");
    strbuf_add_string(&buf, "usable");
    cr_expect_str_eq(buf.data, "usable");
    strbuf_release(&buf);
}
