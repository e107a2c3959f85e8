/* Replacing IDs in JSON. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static enum row_rewrite_result
rewrite(struct strbuf *out, const char *json, size_t length, bool sort_keys, int64_t *replaced)
{
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("people", fixture_people);
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(map);
    return row_rewrite_json(out, matcher, json, length, sort_keys, replaced);
}

static void
assert_rewrites_sorted(const char *json, const char *expected, bool sort_keys)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    int64_t replaced = 0;
    enum row_rewrite_result result = rewrite(&out, json, strlen(json), sort_keys, &replaced);
    cr_assert_eq(result, strcmp(json, expected) == 0 ? ROW_REWRITE_SAME : ROW_REWRITE_CHANGED,
                 "«%s»: %d", json, (int)result);
    cr_assert_eq(replaced > 0, result == ROW_REWRITE_CHANGED);
    assert_text(out.data, out.length, expected);
}

static void
assert_rewrites(const char *json, const char *expected)
{
    assert_rewrites_sorted(json, expected, false);
}

static void
assert_stays(const char *json)
{
    assert_rewrites_sorted(json, json, false);
    assert_rewrites_sorted(json, json, true);
}

static void
assert_refuses(const char *json, enum row_rewrite_result expected)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    int64_t replaced = 0;
    strbuf_add_string(&out, "before");
    enum row_rewrite_result result = rewrite(&out, json, strlen(json), true, &replaced);
    cr_assert_eq(result, expected, "«%s»: %d", json, (int)result);
    assert_text(out.data, out.length, "before");
    cr_assert_eq(replaced, 0);
}

Test(row_rewrite_json, replaces_inside_strings_wherever_they_are)
{
    assert_rewrites("\"u_bob\"", "\"w_b\"");
    assert_rewrites("[\"u_bob\", [\"u_ann\"]]", "[\"w_b\", [\"w_ANN_longer_than_before\"]]");
    assert_rewrites("{\"a\":{\"b\":[1,\"see u_bob, u_bob\"]}}",
                    "{\"a\":{\"b\":[1,\"see w_b, w_b\"]}}");
    assert_rewrites("{\"u_bob\": \"u_bob\"}", "{\"w_b\": \"w_b\"}");
}

Test(row_rewrite_json, leaves_all_other_bytes)
{
    assert_rewrites(" { \"z\" :1.0e+05 ,\t\"a\": -0.10,\n\"a\":[ ] , \"b\" : { }, "
                    "\"c\":\"\\/\\u00e9é\", \"d\" :\"u_bob\" } ",
                    " { \"z\" :1.0e+05 ,\t\"a\": -0.10,\n\"a\":[ ] , \"b\" : { }, "
                    "\"c\":\"\\/\\u00e9é\", \"d\" :\"w_b\" } ");
    assert_rewrites("[1234567890123456789012345678901234567890.10, \"u_bob\"]",
                    "[1234567890123456789012345678901234567890.10, \"w_b\"]");
    assert_stays("[true, false, null, \"\", {}, [], 0, -1, 1E-2]");
}

Test(row_rewrite_json, an_id_is_a_whole_word_within_its_string)
{
    assert_rewrites("[\"a\",\"u_bob\",\"b\"]", "[\"a\",\"w_b\",\"b\"]");
    assert_stays("[\"xu_bob\", \"u_bob1\", \"éu_bob\", \"u_bobя\"]");
    assert_rewrites("[\"🙂u_bob🙂\"]", "[\"🙂w_b🙂\"]");
}

Test(row_rewrite_json, neighbours_are_judged_by_what_an_escape_says)
{
    assert_rewrites("\"\\nu_bob\\t\"", "\"\\nw_b\\t\"");
    assert_rewrites("\"\\\"u_bob\\\"\"", "\"\\\"w_b\\\"\"");
    assert_rewrites("\"\\\\u_bob\"", "\"\\\\w_b\"");
    assert_stays("\"\\u0041u_bob\"");
    assert_stays("\"u_bob\\u0041\"");
    assert_stays("\"\\u044fu_bob\"");
    assert_rewrites("\"\\u002du_bob\"", "\"\\u002dw_b\"");
    /* A letter beyond the first plane as a pair of surrogates, and an emoji. */
    assert_stays("\"\\ud835\\udc9cu_bob\"");
    assert_rewrites("\"\\ud83d\\ude42u_bob\\ud83d\\ude42\"", "\"\\ud83d\\ude42w_b\\ud83d\\ude42\"");
    /* Halves of a pair, which `json` may hold, are no letters. */
    assert_rewrites("\"\\ud83du_bob\\ude42\"", "\"\\ud83dw_b\\ude42\"");
    assert_rewrites("\"\\u0000u_bob\\u0000\"", "\"\\u0000w_b\\u0000\"");
}

Test(row_rewrite_json, finds_an_id_however_it_is_written)
{
    assert_rewrites("\"u\\u005fbob\"", "\"w_b\"");
    assert_rewrites("\"\\u0075\\u005F\\u0062\\u006f\\u0062\"", "\"w_b\"");
    assert_rewrites("\"a\\/u\\u005fbob\\/\\u00e9 u_bob\"", "\"a\\/w_b\\/\\u00e9 w_b\"");
    assert_rewrites("{\"\\u0075_bob\":1}", "{\"w_b\":1}");
}

Test(row_rewrite_json, a_new_id_is_escaped_as_json_needs)
{
    assert_rewrites("[\"u_odd\"]", "[\"w \\\"\\\\{,}\"]");
    assert_rewrites("[\"\\n u_odd\\n\"]", "[\"\\n w \\\"\\\\{,}\\n\"]");
}

Test(row_rewrite_json, two_keys_that_become_one_are_a_collision)
{
    assert_refuses("{\"u_bob\":1,\"w_b\":2}", ROW_REWRITE_KEY_COLLISION);
    assert_refuses("{\"w_b\":1,\"u_bob\":2}", ROW_REWRITE_KEY_COLLISION);
    assert_refuses("{\"\\u0077_b\":1,\"u_bob\":2}", ROW_REWRITE_KEY_COLLISION);
    assert_refuses("[{\"x\":[{\"u_bob\":1,\"w_b\":2}]}]", ROW_REWRITE_KEY_COLLISION);
    assert_refuses("{\"u_ann\":{\"u_bob\":1,\"w_b\":2},\"a\":1}", ROW_REWRITE_KEY_COLLISION);
    assert_refuses("{\"u_bob\":1,\"w_b\":2", ROW_REWRITE_NOT_VALID);
    assert_refuses("[{\"u_bob\":1,\"w_b\":2},}", ROW_REWRITE_NOT_VALID);
}

Test(row_rewrite_json, keys_that_were_equal_before_are_no_collision)
{
    assert_rewrites("{\"u_bob\":1,\"u_bob\":2}", "{\"w_b\":1,\"w_b\":2}");
    assert_rewrites("{\"a\":1,\"a\":2,\"u_bob\":3}", "{\"a\":1,\"a\":2,\"w_b\":3}");
    assert_rewrites("{\"u_bob\":{\"w_b\":1}}", "{\"w_b\":{\"w_b\":1}}");
    assert_rewrites("[{\"u_bob\":1},{\"w_b\":1}]", "[{\"w_b\":1},{\"w_b\":1}]");
}

Test(row_rewrite_json, halves_of_different_pairs_are_different_keys)
{
    assert_rewrites("{\"\\ud83d\":1,\"\\ud83e\":2,\"u_bob\":3}",
                    "{\"\\ud83d\":1,\"\\ud83e\":2,\"w_b\":3}");
}

Test(row_rewrite_json, puts_an_object_with_a_changed_key_into_the_order_of_jsonb)
{
    assert_rewrites_sorted(
        "{\"a\": 1, \"u_ann\": [\"u_bob\", {\"x\": 1}], \"middle\": 2}",
        "{\"a\": 1, \"middle\": 2, \"w_ANN_longer_than_before\": [\"w_b\", {\"x\": 1}]}", true);
    assert_rewrites_sorted("{\"zz\":1,\"u_bob\":\"}\",\"a\":[\"]\"]}",
                           "{\"a\": [\"]\"], \"zz\": 1, \"w_b\": \"}\"}", true);
    /* The length counts what the key says, in bytes: é is two, \n is one. */
    assert_rewrites_sorted("{\"aaa\": 1, \"u_bob\": 2, \"éé\": 3, \"\\n\\n\": 4}",
                           "{\"\\n\\n\": 4, \"aaa\": 1, \"w_b\": 2, \"éé\": 3}", true);
}

Test(row_rewrite_json, doubled_keys_stay_in_their_order)
{
    assert_rewrites_sorted("{\"u_bob\":3,\"a\":0,\"u_bob\":2,\"u_bob\":1}",
                           "{\"a\": 0, \"w_b\": 3, \"w_b\": 2, \"w_b\": 1}", true);
}

Test(row_rewrite_json, objects_within_are_put_in_order_each_for_itself)
{
    assert_rewrites_sorted(
        "{\"b\": {\"u_ann\": {\"u_ann\": 1, \"zzzzzzz\": 2}, \"zzzzzzz\": {\"b\": 1, \"a\": 2}}}",
        "{\"b\": {\"zzzzzzz\": {\"b\": 1, \"a\": 2}, \"w_ANN_longer_than_before\": {\"zzzzzzz\": "
        "2, "
        "\"w_ANN_longer_than_before\": 1}}}",
        true);
}

Test(row_rewrite_json, an_object_without_a_changed_key_keeps_its_form)
{
    assert_rewrites_sorted("{\"b\":\"u_bob\",\"a\":1}", "{\"b\":\"w_b\",\"a\":1}", true);
    assert_rewrites_sorted("{\"u_ann\":1,\"b\":2}", "{\"w_ANN_longer_than_before\":1,\"b\":2}",
                           false);
}

Test(row_rewrite_json, refuses_what_is_not_json)
{
    static const char *const texts[] = {
        "",          " ",           "{",          "}",           "[",          "]",
        "[1",        "{\"a\"}",     "[1,]",       "{\"a\":1,}",  "{,}",        "[,]",
        "{\"a\" 1}", "{1:1}",       "[1 2]",      "1 2",         "[1}",        "{\"a\":1]",
        "nul",       "nulll",       "True",       "01",          "-",          "1.",
        ".5",        "1e",          "1e+",        "+1",          "\"",         "\"\\\"",
        "\"\\x\"",   "\"\\u12g4\"", "\"\\u12\"",  "\"\n\"",      "\"\x01\"",   "\"\x1f\"",
        "'a'",       "NaN",         "[\"u_bob\"", "\"u_bob\" x", "\"u_bob\"]", ":",
        ",",         "{\"a\"::1}",  "{\"a\":}",   "[\"a\":1]",   "\"\\",       "\"a\\u",
        "0x1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_refuses(texts[i], ROW_REWRITE_NOT_VALID);
}

static enum row_rewrite_result
rewrite_nested(size_t depth, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    int64_t replaced = 0;
    for (size_t i = 0; i < depth; i++)
        strbuf_add_string(&json, i % 2 ? "{\"k\":" : "[");
    strbuf_add_string(&json, "\"u_bob\"");
    for (size_t i = depth; i > 0; i--)
        strbuf_add_char(&json, i % 2 ? ']' : '}');
    return rewrite(out, json.data, json.length, true, &replaced);
}

Test(row_rewrite_json, nesting_may_be_deep_but_has_a_limit)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    cr_assert_eq(rewrite_nested(100000, &out), ROW_REWRITE_CHANGED);
    cr_assert_not_null(strstr(out.data, "\"w_b\""));
    cr_assert_eq(rewrite_nested(100001, &out), ROW_REWRITE_NOT_VALID);
}

Test(row_rewrite_json, a_large_object_with_many_changed_keys_is_put_in_order)
{
    enum { COUNT = 20000 };
    CLEANUP(strbuf_release)
    struct strbuf json = STRBUF_INIT, expected = STRBUF_INIT, out = STRBUF_INIT;
    int64_t replaced = 0;
    for (int i = 0; i < COUNT; i++) {
        strbuf_printf(&json, "%s\"u_bob %05d\": %d", i ? ", " : "{", COUNT - 1 - i, i);
        strbuf_printf(&expected, "%s\"w_b %05d\": %d", i ? ", " : "{", i, COUNT - 1 - i);
    }
    strbuf_add_char(&json, '}');
    strbuf_add_char(&expected, '}');
    cr_assert_eq(rewrite(&out, json.data, json.length, true, &replaced), ROW_REWRITE_CHANGED);
    cr_assert_eq(replaced, COUNT);
    assert_text(out.data, out.length, expected.data);
}

/* ---- random documents: the text and what must become of it are made side by side ---- */

struct document {
    struct random random;
    struct strbuf json, expected;
    int key;
};

static void
add_both(struct document *document, const char *text)
{
    strbuf_add_string(&document->json, text);
    strbuf_add_string(&document->expected, text);
}

/* One character of an ID, as it is or as an escape. */
static void
add_id(struct document *document, size_t which, bool may_escape)
{
    static const char *const new_ids[] = {"w_ANN_longer_than_before", "w_b", "w_12",
                                          "w \\\"\\\\{,}"};
    for (const char *c = fixture_people[which * 2]; *c; c++) {
        if (may_escape && random_chance(&document->random, 10))
            strbuf_printf(&document->json,
                          random_chance(&document->random, 50) ? "\\u%04x" : "\\u%04X", *c);
        else
            strbuf_add_char(&document->json, *c);
    }
    strbuf_add_string(&document->expected, new_ids[which]);
}

static void
add_string(struct document *document, int depth)
{
    /* All begin and end with what is no letter, so that IDs between them are whole words. */
    static const char *const pieces[] = {" ",
                                         ".",
                                         "🙂",
                                         "\\n",
                                         "\\\"",
                                         "\\\\",
                                         "\\/",
                                         "\\ud83d\\ude42",
                                         "\\u0000",
                                         " é ",
                                         " xu_bob ",
                                         " u_annя ",
                                         "\\u2014",
                                         " u_bob\\u0041 ",
                                         "-u_ann\\ud835\\udc9c-",
                                         "/",
                                         "\\ud83d"};
    add_both(document, "\"");
    int count = (int)random_below(&document->random, 5);
    for (int i = 0; i < count; i++) {
        add_both(document,
                 pieces[random_below(&document->random, sizeof pieces / sizeof pieces[0])]);
        if (random_chance(&document->random, 40)) {
            add_id(document, random_below(&document->random, 4), true);
            add_both(document, "~");
        }
    }
    /* Makes each key of the document another one. */
    if (depth >= 0) {
        CLEANUP(memory_free_string) char *number = memory_printf(" %d", document->key++);
        add_both(document, number);
    }
    add_both(document, "\"");
}

static void
add_space(struct document *document)
{
    static const char *const spaces[] = {"", "", "", " ", "\n", "\t ", "\r\n"};
    add_both(document, spaces[random_below(&document->random, 7)]);
}

static void add_value(struct document *document, int depth);

static void
add_members(struct document *document, int depth, bool is_object)
{
    int count = (int)random_below(&document->random, 4);
    add_both(document, is_object ? "{" : "[");
    for (int i = 0; i < count; i++) {
        if (i > 0)
            add_both(document, ",");
        if (is_object) {
            add_space(document);
            add_string(document, depth);
            add_space(document);
            add_both(document, ":");
        }
        add_value(document, depth + 1);
    }
    if (count == 0)
        add_space(document);
    add_both(document, is_object ? "}" : "]");
}

static void
add_value(struct document *document, int depth)
{
    static const char *const scalars[] = {
        "1",        "-0",
        "1.50e+10", "true",
        "false",    "null",
        "0.00",     "123456789012345678901234567890123456789012345678901234567890"};
    add_space(document);
    switch (random_below(&document->random, depth > 5 ? 4 : 8)) {
    case 0:
        add_both(document, scalars[random_below(&document->random, 8)]);
        break;
    case 4:
    case 5:
        add_members(document, depth, true);
        break;
    case 6:
    case 7:
        add_members(document, depth, false);
        break;
    default:
        add_string(document, -1);
    }
    add_space(document);
}

Test(row_rewrite_json, random_documents_change_in_their_ids_only)
{
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("people", fixture_people);
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(map);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    struct document document = {.random = {7}, .json = STRBUF_INIT, .expected = STRBUF_INIT};
    int changed = 0;
    for (int round = 0; round < 20000; round++) {
        int64_t replaced = 0;
        strbuf_reset(&out);
        strbuf_reset(&document.json);
        strbuf_reset(&document.expected);
        add_value(&document, 0);
        enum row_rewrite_result result = row_rewrite_json(&out, matcher, document.json.data,
                                                          document.json.length, false, &replaced);
        cr_assert(result == ROW_REWRITE_CHANGED || result == ROW_REWRITE_SAME, "«%s»: %d",
                  document.json.data, (int)result);
        assert_text(out.data, out.length, document.expected.data);
        changed += result == ROW_REWRITE_CHANGED;
    }
    cr_assert_gt(changed, 2000);
    strbuf_release(&document.json);
    strbuf_release(&document.expected);
}

Test(row_rewrite_json, damaged_documents_do_no_harm)
{
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("people", fixture_people);
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(map);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    struct document document = {.random = {9}, .json = STRBUF_INIT, .expected = STRBUF_INIT};
    for (int round = 0; round < 20000; round++) {
        int64_t replaced = 0;
        strbuf_reset(&out);
        strbuf_reset(&document.json);
        add_value(&document, 0);
        size_t length = document.json.length;
        document.json.data[random_below(&document.random, (uint32_t)length + 1) % length] =
            "\"\\{}[]:,0u\n"[random_below(&document.random, 11)];
        /* Of its exact size, so that a sanitizer sees each byte read beyond it. */
        size_t cut = random_chance(&document.random, 50)
                         ? length
                         : random_below(&document.random, (uint32_t)length);
        char *exact = memory_alloc(cut);
        memcpy(exact, document.json.data, cut);
        row_rewrite_json(&out, matcher, exact, cut, true, &replaced);
        free(exact);
    }
    strbuf_release(&document.json);
    strbuf_release(&document.expected);
}
