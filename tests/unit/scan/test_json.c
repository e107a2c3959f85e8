/* IDs in JSON documents, by path. */
#include "finders.h"

#include <stdio.h>
#include <string.h>

static void
note(void *context, const struct scan_place *place, const char *text, size_t length,
     const struct scan_hit *hit)
{
    char *found = context;
    size_t used = strlen(found);
    (void)text;
    snprintf(found + used, 2048 - used, "%s%s%.*s%s", used > 0 ? " " : "",
             place->is_key ? "key of " : "", (int)place->path_length, place->path,
             hit->length == length ? "" : " (part)");
}

static void
assert_places_of(const struct test_finder *made, const char *root, const char *json,
                 const char *expected)
{
    char found[2048] = "";
    CLEANUP(scan_scratch_release) struct scan_scratch scratch = SCAN_SCRATCH_INIT;
    const struct scan_sink sink = {.found = note, .context = found};
    scan_json(made->finder, &scratch, root, json, strlen(json), &sink);
    cr_expect_str_eq(found, expected, "%s: %s", json, found);
}

static void
assert_places(const char *json, const char *expected)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("clerk-user", "4711>" WORKOS);
    assert_places_of(&made, "$", json, expected);
}

Test(scan_json, names_members_and_elements)
{
    assert_places("\"" CLERK "\"", "$");
    assert_places("{\"user\": {\"id\": \"" CLERK "\"}, \"n\": 1}", "$.user.id");
    assert_places("{\"members\":[\"" CLERK "\",\"x\",\"" OTHER_CLERK "\"]}",
                  "$.members[*] $.members[*]");
    assert_places("[[], {}, [{\"a\": null, \"b\": [\"" CLERK "\"]}]]", "$[*][*].b[*]");
}

Test(scan_json, tells_whole_strings_from_parts)
{
    assert_places("{\"note\": \"see " CLERK ", please\"}", "$.note (part)");
}

Test(scan_json, tells_keys_and_makes_paths_through_them_general)
{
    assert_places("{\"roles\": {\"" CLERK "\": \"admin\"}}", "key of $.roles");
    assert_places("{\"" CLERK "\": {\"by\": \"" CLERK "\"}}", "key of $ $.{clerk-user}.by");
    assert_places("{\"x:" CLERK "\": 1}", "key of $ (part)");
}

Test(scan_json, keys_that_may_be_anybodys_data_are_not_shown)
{
    assert_places("{\"anna@example.com\": \"" CLERK "\", \"4\": \"" CLERK "\", \"a b\": \"" CLERK
                  "\", \"überMich\": \"" CLERK "\"}",
                  "$.* $.* $.* $.überMich");
}

Test(scan_json, reads_escapes)
{
    assert_places("{\"a\": \"\\u0075ser_2YDryYFVMM1W1plDDKz7Gzf4we6\"}", "$.a");
    assert_places("{\"a\": \"line\\n" CLERK "\\t" CLERK "\"}", "$.a (part) $.a (part)");
    assert_places("{\"a\\\"b\": \"\\\\" CLERK "\"}", "$.* (part)");
    assert_places("{\"a\": \"\\ud83d\\ude00" CLERK "\"}", "$.a (part)");
}

Test(scan_json, numbers_are_values)
{
    assert_places("{\"user\": 4711, \"price\": 47110}", "$.user");
}

Test(scan_json, what_is_no_json_is_searched_as_a_text)
{
    assert_places("{\"a\": " CLERK "\" oh", "$.a (part)");
    assert_places("{'a': '" CLERK "'}", " (part)");
    assert_places("[\"" CLERK "\", oops " CLERK "]", "$[*]  (part)");
}

Test(scan_json, paths_of_arrays_begin_with_the_element)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("clerk-user", NULL);
    assert_places_of(&made, "", "[\"" CLERK "\", [\"" CLERK "\"]]", "[*] [*][*]");
    assert_places_of(&made, "", "{\"person\": \"" CLERK "\"}", ".person");
}

Test(scan_json, goes_deep_without_end)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("clerk-user", NULL);
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    char found[2048] = "";
    CLEANUP(scan_scratch_release) struct scan_scratch scratch = SCAN_SCRATCH_INIT;
    const struct scan_sink sink = {.found = note, .context = found};
    for (int i = 0; i < 5000; i++)
        strbuf_add_char(&json, '[');
    strbuf_add_string(&json, "\"" CLERK "\"");
    for (int i = 0; i < 5000; i++)
        strbuf_add_char(&json, ']');
    scan_json(made.finder, &scratch, "$", json.data, json.length, &sink);
    cr_expect_eq(strncmp(found, "$[*][*]", 7), 0);
}
