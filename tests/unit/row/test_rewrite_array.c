/* Replacing IDs in arrays. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum row_rewrite_result
rewrite(struct strbuf *out, const char *array, int64_t *replaced)
{
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("people", fixture_people);
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(map);
    return row_rewrite_array(out, matcher, array, strlen(array), replaced);
}

static void
assert_rewrites(const char *array, const char *expected)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    int64_t replaced = 0;
    enum row_rewrite_result result = rewrite(&out, array, &replaced);
    cr_assert_eq(result, strcmp(array, expected) == 0 ? ROW_REWRITE_SAME : ROW_REWRITE_CHANGED,
                 "«%s»: %d", array, (int)result);
    cr_assert_eq(replaced > 0, result == ROW_REWRITE_CHANGED);
    assert_text(out.data, out.length, expected);
}

static void
assert_stays(const char *array)
{
    assert_rewrites(array, array);
}

static void
assert_refuses(const char *array)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    int64_t replaced = 0;
    cr_assert_eq(rewrite(&out, array, &replaced), ROW_REWRITE_NOT_VALID, "«%s»", array);
    cr_assert_eq(out.length, 0);
    cr_assert_eq(replaced, 0);
}

Test(row_rewrite_array, replaces_elements_and_words_in_them)
{
    assert_rewrites("{u_bob}", "{w_b}");
    assert_rewrites("{a,u_bob,NULL,u_ann}", "{a,w_b,NULL,w_ANN_longer_than_before}");
    assert_rewrites("{\"see u_bob, u_bob\",x}", "{\"see w_b, w_b\",x}");
    assert_rewrites("{auth0|12}", "{w_12}");
    assert_rewrites("{{u_bob,b},{c,u_bob}}", "{{w_b,b},{c,w_b}}");
    assert_rewrites("[0:1]={u_bob,a}", "[0:1]={w_b,a}");
    assert_rewrites("[-2:-1][3:3]={{u_bob},{a}}", "[-2:-1][3:3]={{w_b},{a}}");
}

Test(row_rewrite_array, leaves_all_other_bytes)
{
    assert_stays("{}");
    assert_stays("{NULL,\"NULL\",\"\",\"a\\\"b\",\"\\\\\",\"{\",a.b,\"x y\"}");
    assert_stays("{xu_bob,u_bobx,éu_bob}");
    assert_rewrites("{ \"a\" , u_bob ,b\\,c }", "{ \"a\" , w_b ,b\\,c }");
}

Test(row_rewrite_array, a_changed_element_is_quoted_as_the_server_does_it)
{
    assert_rewrites("{u_odd}", "{\"w \\\"\\\\{,}\"}");
    assert_rewrites("{\"u_odd\"}", "{\"w \\\"\\\\{,}\"}");
    assert_rewrites("{\"u_bob\"}", "{w_b}");
    assert_rewrites("{\"\\\"u_bob\\\\\"}", "{\"\\\"w_b\\\\\"}");
}

Test(row_rewrite_array, a_new_id_that_reads_null_or_is_spaced_is_quoted)
{
    const char *const pairs[] = {"u_1", "null", "u_2", "a\tb", "u_3", "a\vb", NULL};
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("odd", pairs);
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(map);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    int64_t replaced = 0;
    cr_assert_eq(row_rewrite_array(&out, matcher, "{u_1,u_2,u_3}", 13, &replaced),
                 ROW_REWRITE_CHANGED);
    assert_text(out.data, out.length, "{\"null\",\"a\tb\",\"a\vb\"}");
    cr_assert_eq(replaced, 3);
}

Test(row_rewrite_array, space_around_an_element_is_not_part_of_it_unless_it_is_escaped)
{
    assert_rewrites("{ u_bob , u_bob x\t}", "{ w_b , \"w_b x\"\t}");
    assert_rewrites("{\\ u_bob\\ }", "{\" w_b \"}");
    assert_rewrites("{u\\_bob}", "{w_b}");
}

Test(row_rewrite_array, refuses_what_is_no_array)
{
    static const char *const texts[] = {
        "",         " ",        "a",      "u_bob",   "{",      "}",      "{a",
        "{a}}",     "{a}x",     "{,}",    "{a,}",    "{,a}",   "{\"a}",  "{\"a\\",
        "{\"a\"b}", "{a\"b\"}", "{a\\",   "{{a}",    "{a{b}",  "{{a}b}", "[0:1]{a}",
        "[0:1={a}", "[:1]={}",  "[0:1]=", "[0]={a}", "{a}{b}", "[0:1]",  "{{{{{{{a}}}}}}}",
        "{a,,b}",   "{ }x",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_refuses(texts[i]);
}

/* array_out()'s quoting, written a second time and differently. */
static void
add_element(struct strbuf *array, const char *text)
{
    if (text[0] != '\0' && strcasecmp(text, "null") != 0 &&
        strcspn(text, "\"\\{}, \t\n\r\v\f") == strlen(text)) {
        strbuf_add_string(array, text);
        return;
    }
    strbuf_add_char(array, '"');
    for (; *text; text++)
        strbuf_printf(array, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    strbuf_add_char(array, '"');
}

static void
add_random_array(struct random *random, struct strbuf *array, struct strbuf *expected)
{
    static const char *const pieces[] = {" ",  ".",       "{",    "}",    ",",  "\"", "\\",
                                         "é ", "xu_bob ", "🙂", "null", "\n", "-"};
    int count = (int)random_below(random, 6);
    strbuf_add_char(array, '{');
    strbuf_add_char(expected, '{');
    for (int i = 0; i < count; i++) {
        CLEANUP(strbuf_release) struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
        for (int n = (int)random_below(random, 4); n > 0; n--) {
            const char *piece = pieces[random_below(random, sizeof pieces / sizeof pieces[0])];
            size_t who = random_below(random, 4) * 2;
            bool is_id = random_chance(random, 40);
            strbuf_printf(&before, "%s%s%s", piece, is_id ? "/" : "",
                          is_id ? fixture_people[who] : "");
            strbuf_printf(&after, "%s%s%s", piece, is_id ? "/" : "",
                          is_id ? fixture_people[who + 1] : "");
            strbuf_add_char(&before, ':');
            strbuf_add_char(&after, ':');
        }
        strbuf_add_string(array, i ? "," : "");
        strbuf_add_string(expected, i ? "," : "");
        add_element(array, before.data);
        add_element(expected, after.data);
    }
    strbuf_add_char(array, '}');
    strbuf_add_char(expected, '}');
}

Test(row_rewrite_array, random_arrays_become_what_the_server_would_print)
{
    CLEANUP(strbuf_release) struct strbuf array = STRBUF_INIT, expected = STRBUF_INIT;
    struct random random = {3};
    for (int round = 0; round < 3000; round++) {
        strbuf_reset(&array);
        strbuf_reset(&expected);
        add_random_array(&random, &array, &expected);
        assert_rewrites(array.data, expected.data);
    }
}

Test(row_rewrite_array, damaged_arrays_do_no_harm)
{
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("people", fixture_people);
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(map);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    struct random random = {5};
    for (int round = 0; round < 20000; round++) {
        CLEANUP(strbuf_release) struct strbuf array = STRBUF_INIT, expected = STRBUF_INIT;
        int64_t replaced = 0;
        strbuf_reset(&out);
        add_random_array(&random, &array, &expected);
        array.data[random_below(&random, (uint32_t)array.length)] =
            "\"\\{}[]:,=u\n"[random_below(&random, 11)];
        size_t cut = random_below(&random, (uint32_t)array.length + 1);
        char *exact = memory_alloc(cut);
        memcpy(exact, array.data, cut);
        row_rewrite_array(&out, matcher, exact, cut, &replaced);
        free(exact);
    }
}
