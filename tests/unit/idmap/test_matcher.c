/* Finding whole IDs in text. */
#include "maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every match as "<ID>@<place>", with a space between. */
static void
assert_matches_in(const struct idmap_matcher *matcher, const char *text, const char *expected)
{
    char found[512] = "";
    struct idmap_match match;
    size_t from = 0, used = 0, length = strlen(text);
    while (idmap_matcher_find(matcher, text, length, from, &match)) {
        used +=
            (size_t)snprintf(found + used, sizeof found - used, "%s%.*s@%zu", used > 0 ? " " : "",
                             (int)match.length, text + match.start, match.start);
        cr_expect_eq(match.pair->old_length, match.length);
        cr_expect_eq(memcmp(match.pair->old_id, text + match.start, match.length), 0);
        from = match.start + match.length;
    }
    cr_expect_str_eq(found, expected, "«%s»: «%s»", text, found);
}

static void
assert_matches(const char *pairs, const char *text, const char *expected)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", pairs);
    const struct idmap *const maps[] = {map};
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = idmap_matcher_new(maps, 1);
    assert_matches_in(matcher, text, expected);
}

Test(idmap_matcher, finds_ids_wherever_they_stand)
{
    assert_matches("user_1>x user_22>y", "user_1", "user_1@0");
    assert_matches("user_1>x user_22>y", "{\"a\":\"user_22\",\"b\":[\"user_1\"]}",
                   "user_22@6 user_1@21");
    assert_matches("user_1>x user_22>y", "/files/user_1/a.png?u=user_22", "user_1@7 user_22@22");
    assert_matches("user_1>x", "user_1 user_1,user_1", "user_1@0 user_1@7 user_1@14");
}

Test(idmap_matcher, passes_over_ids_inside_a_longer_word)
{
    assert_matches("user_1>x", "user_12 xuser_1 _user_1 user_1_ 0user_1", "");
    assert_matches("user_1>x", "éuser_1 user_1é Яuser_1 user_1中", "");
    assert_matches("user_1>x", "“user_1” —user_1— user_1… \xF0\x9F\x98\x80user_1",
                   "user_1@3 user_1@16 user_1@26 user_1@40");
    assert_matches("user_1>x", "user_1user_1", "");
}

Test(idmap_matcher, hyphens_and_the_like_are_no_part_of_a_word)
{
    assert_matches("user_1>x", "user_1--draft acme|user_1 a-user_1:b",
                   "user_1@0 user_1@19 user_1@28");
}

Test(idmap_matcher, ids_may_hold_and_end_in_any_character)
{
    assert_matches("auth0|12>x", "auth0|12 auth0|123 auth0|12|", "auth0|12@0 auth0|12@19");
    assert_matches("|a|>x", "word|a|word", "|a|@4");
    assert_matches("a->x", "a-b ba- a--", "a-@0 a-@8");
    assert_matches("é1>x", "é1 éé1 (é1)", "é1@0 é1@11");
    assert_matches("中>x", "中 中中", "中@0");
    assert_matches("a>x b>y", "a b ab a", "a@0 b@2 a@7");
}

Test(idmap_matcher, takes_the_longest_of_those_that_start_at_one_place)
{
    assert_matches("a>x a-b>y a-b-c>z", "a-b-c a-b-d a-c", "a-b-c@0 a-b@6 a@12");
    assert_matches("a>x a-b>y", "a-bc", "a@0");
}

Test(idmap_matcher, looks_back_over_the_place_it_starts_from)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "abc>x");
    const struct idmap *const maps[] = {map};
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = idmap_matcher_new(maps, 1);
    struct idmap_match match;
    cr_expect_not(idmap_matcher_find(matcher, "xabc", 4, 1, &match));
    cr_expect(idmap_matcher_find(matcher, " abc", 4, 1, &match));
    cr_expect_not(idmap_matcher_find(matcher, "abc", 3, 3, &match));
    cr_expect_not(idmap_matcher_find(matcher, "abc", 3, 400, &match));
    cr_expect_not(idmap_matcher_find(matcher, "", 0, 0, &match));
}

Test(idmap_matcher, never_reads_behind_the_text)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "abcdefghij>x abc>y");
    const struct idmap *const maps[] = {map};
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = idmap_matcher_new(maps, 1);
    static const char text[] = "abcdefghij";
    for (size_t length = 0; length <= 10; length++) {
        /* On the heap without a final zero, where AddressSanitizer sees one byte too many. */
        char *exact = memory_alloc(length);
        struct idmap_match match;
        memcpy(exact, text, length);
        bool found = idmap_matcher_find(matcher, exact, length, 0, &match);
        cr_expect_eq(found, length == 3 || length == 10, "%zu", length);
        free(exact);
    }
}

Test(idmap_matcher, ambiguous_ids_are_no_match)
{
    assert_matches("a>x a>y b>z", "a b", "b@2");
}

Test(idmap_matcher, new_ids_are_no_match)
{
    assert_matches("a>x", "x a", "a@2");
}

Test(idmap_matcher, searches_several_maps_and_prefers_the_first)
{
    CLEANUP(idmap_free) struct idmap *user = maps_frozen("user", "a>x b>y");
    CLEANUP(idmap_free) struct idmap *org = maps_frozen("org", "b>z c>w");
    const struct idmap *const maps[] = {user, org};
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = idmap_matcher_new(maps, 2);
    struct idmap_match match;
    assert_matches_in(matcher, "c b a", "c@0 b@2 a@4");
    cr_assert(idmap_matcher_find(matcher, "b", 1, 0, &match));
    cr_expect_eq(match.map, user);
    cr_expect_str_eq(match.pair->new_id, "y");
}

Test(idmap_matcher, no_ids_no_match)
{
    CLEANUP(idmap_matcher_free) struct idmap_matcher *none = idmap_matcher_new(NULL, 0);
    assert_matches("", "anything", "");
    assert_matches_in(none, "anything", "");
}

static bool
is_word(char c)
{
    return strchr("ab1_", c) != NULL && c != '\0';
}

/* The rule word for word, for texts of "ab1_-|" only. */
static bool
find_slowly(const struct idmap *map, const char *text, size_t length, size_t from, size_t *start,
            size_t *found_length)
{
    for (*start = from; *start < length; ++*start)
        for (*found_length = length - *start; *found_length > 0; --*found_length) {
            size_t end = *start + *found_length;
            if (*start > 0 && is_word(text[*start - 1]) && is_word(text[*start]))
                continue;
            if (end < length && is_word(text[end - 1]) && is_word(text[end]))
                continue;
            if (idmap_find(map, text + *start, *found_length, NULL) == IDMAP_OLD)
                return true;
        }
    return false;
}

static unsigned
next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static size_t
random_text(unsigned *state, char *text, size_t longest)
{
    static const char letters[] = "ab1_-|";
    size_t length = 1 + next_random(state) % longest;
    for (size_t i = 0; i < length; i++)
        text[i] = letters[next_random(state) % 6];
    return length;
}

Test(idmap_matcher, agrees_with_the_rule_word_for_word, .timeout = 60)
{
    unsigned state = 2026;
    for (int round = 0; round < 400; round++) {
        CLEANUP(idmap_free) struct idmap *map = idmap_new("random");
        struct error err = ERROR_INIT;
        char text[64];
        size_t longest = round % 2 == 0 ? 4 : 14;
        for (int i = 0; i < 12; i++)
            cr_assert(idmap_add(map, text, random_text(&state, text, longest), "new", 3, 1, &err));
        cr_assert(idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, &err));
        const struct idmap *const maps[] = {map};
        CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = idmap_matcher_new(maps, 1);
        for (int i = 0; i < 60; i++) {
            size_t length = random_text(&state, text, sizeof text);
            struct idmap_match match;
            size_t from = 0, start, found_length;
            while (find_slowly(map, text, length, from, &start, &found_length)) {
                cr_assert(idmap_matcher_find(matcher, text, length, from, &match), "«%.*s»",
                          (int)length, text);
                cr_assert_eq(match.start, start, "«%.*s»", (int)length, text);
                cr_assert_eq(match.length, found_length, "«%.*s»", (int)length, text);
                from = start + found_length;
            }
            cr_assert_not(idmap_matcher_find(matcher, text, length, from, &match), "«%.*s»",
                          (int)length, text);
        }
    }
}
