/* What a map shows by itself, and what two maps do not have in common. */
#include "maps.h"

#include "idmigrate/idmap_facts.h"
#include "idmigrate/sql.h"
#include "idmigrate/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct idmap *
keep(const char *pairs)
{
    struct error err = ERROR_INIT;
    struct idmap *map = maps_unfrozen("user", pairs);
    cr_assert(idmap_freeze(map, IDMAP_AMBIGUOUS_KEEP, &err), "%s", err.text);
    return map;
}

/* ---- chains ---- */

static void
assert_chains(const char *pairs, size_t links, size_t longest, size_t cycles, size_t selves)
{
    struct idmap_chains chains;
    CLEANUP(idmap_free) struct idmap *map = keep(pairs);
    idmap_find_chains(map, &chains);
    cr_expect_eq(chains.links, links, "%s: %zu links", pairs, chains.links);
    cr_expect_eq(chains.longest, longest, "%s: %zu long", pairs, chains.longest);
    cr_expect_eq(chains.cycles, cycles, "%s: %zu cycles", pairs, chains.cycles);
    cr_expect_eq(chains.selves, selves, "%s: %zu selves", pairs, chains.selves);
    cr_expect_eq(chains.link_example != NULL, links > 0);
    cr_expect_eq(chains.cycle_example != NULL, cycles > 0);
}

Test(idmap_chains, are_followed_to_their_end)
{
    assert_chains("a>1 b>2", 0, 0, 0, 0);
    assert_chains("a>b b>c", 1, 2, 0, 0);
    assert_chains("a>b b>c c>d d>e", 3, 4, 0, 0);
    /* From any order, and two that meet. */
    assert_chains("c>d b>c a>b", 2, 3, 0, 0);
    assert_chains("a>x b>x x>1", 2, 2, 0, 0);
}

Test(idmap_chains, tell_cycles_from_pairs_of_one_id)
{
    assert_chains("a>a b>1", 0, 0, 0, 1);
    assert_chains("a>b b>a", 0, 0, 1, 0);
    assert_chains("a>b b>c c>a x>y y>x", 0, 0, 2, 0);
    /* A tail that leads into a cycle is a chain. */
    assert_chains("t>a a>b b>a", 1, 2, 1, 0);
    /* A chain that ends at an ID which stays what it is. */
    assert_chains("a>b b>b", 1, 2, 0, 1);
}

Test(idmap_chains, an_old_id_with_two_new_ones_goes_on_too)
{
    assert_chains("a>b b>1 b>2", 1, 2, 0, 0);
}

static void
assert_ids(const char *pairs, size_t linked, size_t ids)
{
    CLEANUP(idmap_free) struct idmap *map = keep(pairs);
    struct idmap_chains chains;
    idmap_find_chains(map, &chains);
    cr_expect_eq(chains.linked, linked, "%s: %zu linked", pairs, chains.linked);
    cr_expect_eq(chains.ids, ids, "%s: %zu IDs", pairs, chains.ids);
}

Test(idmap_chains, ids_are_counted_once_however_many_pairs_lead_to_them)
{
    assert_ids("a>1 b>b", 0, 0);
    assert_ids("a>z b>z c>z z>q", 1, 1);
    assert_ids("a>b b>c c>d", 2, 2);
    assert_ids("a>b b>c c>a", 0, 3);
    assert_ids("t>a u>a a>b b>a", 1, 2);
    assert_ids("a>b c>b b>1 b>2", 1, 1);
}

/* ---- differences ---- */

static void
write_change(void *context, const struct idmap_change *change)
{
    struct strbuf *text = context;
    const struct idmap_pair *pair = change->before_count > 0 ? change->before : change->after;
    strbuf_printf(text, "%s(", pair->old_id);
    for (size_t i = 0; i < change->before_count; i++)
        strbuf_printf(text, "-%s", change->before[i].new_id);
    for (size_t i = 0; i < change->after_count; i++)
        strbuf_printf(text, "+%s", change->after[i].new_id);
    strbuf_add_string(text, ") ");
}

static void
assert_differ(const char *before, const char *after, const char *expected, size_t same)
{
    struct idmap_difference difference;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    CLEANUP(idmap_free) struct idmap *old = keep(before);
    CLEANUP(idmap_free) struct idmap *new = keep(after);
    idmap_compare(old, new, write_change, &text, &difference);
    cr_expect_str_eq(text.data, expected);
    cr_expect_eq(difference.same, same);
}

Test(idmap_compare, names_what_came_what_went_and_what_is_another)
{
    assert_differ("a>1 b>2 c>3", "c>3 b>2 a>1", "", 3);
    assert_differ("a>1 b>2", "b>9 d>4", "a(-1) b(-2+9) d(+4) ", 0);
    assert_differ("", "a>1", "a(+1) ", 0);
    assert_differ("a>1", "", "a(-1) ", 0);
}

Test(idmap_compare, old_ids_with_several_new_ones_are_in_their_place)
{
    assert_differ("a>1 m>5 m>6 z>9", "a>1 m>6 m>5 z>9", "", 3);
    assert_differ("a>1 m>5 m>6 z>9", "a>1 m>5 z>9", "m(-5-6+5) ", 2);
    assert_differ("b>2", "a>1 a>2 b>2 c>1 c>2", "a(+1+2) c(+1+2) ", 1);
}

/* ---- formats ---- */

Test(idmap_formats_of_a_side, are_counted_and_guessed)
{
    CLEANUP(idmap_formats_free) struct idmap_formats *formats = NULL;
    CLEANUP(idmap_free)
    struct idmap *map =
        keep("user_2YDryYFVMM1W1plDDKz7Gzf4we6>68e1e380-d0c1-7028-4256-3361fd833080 "
             "user_2YDryYFVMM1W1plDDKz7Gzf4we7>68e1e380-d0c1-7028-4256-3361fd833081 "
             "somebody!>x");
    struct error err = ERROR_INIT;
    cr_assert(idmap_formats_new(embedded_formats_json, NULL, NULL, &formats, &err));
    cr_expect_str_eq(idmap_format_name(idmap_guess_format(map, IDMAP_SIDE_OLD, formats)),
                     "clerk-user");
    /* No provider is named where all have the same form. */
    cr_expect_str_eq(idmap_format_name(idmap_guess_format(map, IDMAP_SIDE_NEW, formats)), "uuid");
    size_t *counts = idmap_count_formats(map, IDMAP_SIDE_OLD, formats);
    cr_expect_eq(counts[0], 2);
    cr_expect_eq(counts[idmap_format_count(formats)], 1);
    free(counts);
    CLEANUP(idmap_free) struct idmap *mixed = keep("a!>1 user_2YDryYFVMM1W1plDDKz7Gzf4we6>2");
    cr_expect_null(idmap_guess_format(mixed, IDMAP_SIDE_OLD, formats));
}

/* ---- files ---- */

static char path[] = "/tmp/idmigrate-given-XXXXXX";

static void
write_file(const char *text)
{
    snprintf(path + strlen(path) - 6, 7, "XXXXXX");
    int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    cr_assert_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
}

static void
assert_given(const char *text, enum idmap_file_format format, const char *old_column,
             const char *new_column)
{
    CLEANUP(idmap_given_release) struct idmap_given given = IDMAP_GIVEN_INIT;
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    struct error err = ERROR_INIT;
    write_file(text);
    cr_assert(idmap_given_parse(path, &given, &err), "%s: %s", text, err.text);
    cr_expect_eq(given.format, format, "%s", text);
    cr_expect_str_eq(given.old_column != NULL ? given.old_column : "", old_column, "%s", text);
    cr_expect_str_eq(given.new_column != NULL ? given.new_column : "", new_column, "%s", text);
    const struct idmap_file file = idmap_given_file(&given);
    cr_expect(idmap_read_file(map, &file, NULL, &err), "%s: %s", text, err.text);
    unlink(path);
}

Test(idmap_given, columns_are_taken_from_the_beginning_of_a_file)
{
    assert_given("clerk,workos\na,1\n", IDMAP_CSV, "clerk", "workos");
    assert_given("\xEF\xBB\xBFx;\"y\"\r\na;1\r\n", IDMAP_CSV, "x", "y");
    assert_given("method,new_id,old_id\nlog,1,a\n", IDMAP_CSV, "old_id", "new_id");
    assert_given("{\"old\": \"a\", \"new\": \"1\", \"by\": 3}\n{\"old\": \"b\", \"new\": \"2\"}\n",
                 IDMAP_NDJSON, "old", "new");
    assert_given("[{\"from\": \"a\", \"to\": \"1\"}]", IDMAP_JSON, "from", "to");
    assert_given("{\"a\": \"1\", \"b\": \"2\"}", IDMAP_JSON, "", "");
    assert_given("{\n  \"a\": \"1\"\n}\n", IDMAP_JSON, "", "");
    assert_given("old_id, new_id\na, 1\n", IDMAP_CSV, "old_id", "new_id");
    assert_given("by;\t\"new\" ; old\nx;1;a\n", IDMAP_CSV, "old", "new");
}

#define OLD_1 "user_2YDryYFVMM1W1plDDKz7Gz00001"
#define NEW_1 "user_01EHWNCE74X7JSDV0X3SZ00010"
#define NEW_2 "user_01EHWNCE74X7JSDV0X3SZ00020"

Test(idmap_given, one_line_of_json_is_a_record_where_its_names_say_so)
{
    assert_given("{\"clerk_user_id\": \"" OLD_1 "\", \"workos_user_id\": \"" NEW_1 "\"}\n",
                 IDMAP_NDJSON, "clerk_user_id", "workos_user_id");
    assert_given("{\"auth0Id\": \"" OLD_1 "\", \"newID\": \"" NEW_1 "\"}", IDMAP_NDJSON, "auth0Id",
                 "newID");
    assert_given("{\"target_id\": \"" NEW_1 "\", \"by\": \"x\", \"source_id\": \"" OLD_1 "\"}\n",
                 IDMAP_NDJSON, "source_id", "target_id");
    assert_given("{\"from\": \"" OLD_1 "\", \"to\": \"" NEW_1 "\"}\n", IDMAP_NDJSON, "from", "to");
    assert_given("{\"" OLD_1 "\": \"" NEW_1 "\", \"" NEW_2 "\": \"" NEW_2 "\"}\n", IDMAP_JSON, "",
                 "");
    assert_given("{\"7\": \"" NEW_1 "\", \"8\": \"" NEW_2 "\"}\n", IDMAP_JSON, "", "");
    assert_given("{\n\"anna\": \"" NEW_1 "\", \"david\": \"" NEW_2 "\"}\n", IDMAP_JSON, "", "");
}

Test(idmap_given, one_line_of_json_that_may_be_both_is_refused)
{
    CLEANUP(idmap_given_release) struct idmap_given given = IDMAP_GIVEN_INIT;
    struct error err = ERROR_INIT;
    write_file("{\"anna\": \"" NEW_1 "\", \"david\": \"" NEW_2 "\"}\n");
    cr_expect_not(idmap_given_parse(path, &given, &err));
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_not_null(strstr(err.text, "a record or a map of 2 pairs"), "%s", err.text);
    cr_expect_null(strstr(err.hint, "anna"), "%s", err.hint);
    unlink(path);
}

Test(idmap_given, a_record_over_several_lines_is_no_map_of_its_names)
{
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    struct error err = ERROR_INIT;
    write_file("{\n  \"clerk_user_id\": \"" OLD_1 "\",\n  \"workos_user_id\": \"" NEW_1 "\"\n}\n");
    const struct idmap_file file = {.path = path};
    cr_expect_not(idmap_read_file(map, &file, NULL, &err));
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_not_null(strstr(err.text, "is one record"), "%s", err.text);
    unlink(path);
}

Test(idmap_given, names_may_be_said)
{
    CLEANUP(idmap_given_release) struct idmap_given given = IDMAP_GIVEN_INIT;
    struct error err = ERROR_INIT;
    write_file("a,b,c\n1,2,3\n");
    cr_assert_not(idmap_given_parse(path, &given, &err));
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_not_null(strstr(err.hint, "found: a, b, c"), "%s", err.hint);
    idmap_given_release(&given);
    CLEANUP(memory_free_string) char *named = memory_printf("%s:c,a", path);
    error_clear(&err);
    cr_assert(idmap_given_parse(named, &given, &err), "%s", err.text);
    cr_expect_str_eq(given.path, path);
    cr_expect_str_eq(given.old_column, "c");
    cr_expect_str_eq(given.new_column, "a");
    unlink(path);
}

Test(idmap_exposed_mode, is_about_everybody_else)
{
    write_file("x");
    cr_expect_eq(idmap_exposed_mode(path), 0);
    chmod(path, 0644);
    cr_expect_eq(idmap_exposed_mode(path), 0644);
    chmod(path, 0640);
    cr_expect_eq(idmap_exposed_mode(path), 0);
    unlink(path);
    cr_expect_eq(idmap_exposed_mode(path), 0);
}
