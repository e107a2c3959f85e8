/* What a frozen map knows of itself. */
#include "maps.h"

#include <string.h>

static void
assert_add_fails(const char *old_id, size_t old_length, const char *new_id, size_t new_length,
                 const char *text)
{
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    struct error err = ERROR_INIT;
    cr_expect_not(idmap_add(map, old_id, old_length, new_id, new_length, 1, &err));
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_str_eq(err.text, text);
}

Test(idmap_add, refuses_what_is_no_id)
{
    char longest[1025];
    memset(longest, 'a', sizeof longest);
    assert_add_fails("", 0, "x", 1, "the old ID is empty");
    assert_add_fails("a", 1, "", 0, "the new ID is empty");
    assert_add_fails("a\0b", 3, "x", 1, "the old ID holds a NUL byte");
    assert_add_fails("a", 1, "\xC3", 1, "the new ID is not valid UTF-8");
    assert_add_fails("a", 1, longest, sizeof longest,
                     "the new ID is 1025 bytes long; the limit is 1024");
}

Test(idmap_add, takes_an_id_of_1024_bytes)
{
    char longest[1025] = "";
    memset(longest, 'a', 1024);
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    struct error err = ERROR_INIT;
    for (int i = 0; i < 1000; i++) {
        longest[0] = (char)('a' + i % 26);
        cr_assert(idmap_add(map, longest, 1024, longest, 1024, 1, &err));
    }
    cr_assert(idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, &err));
    cr_expect_eq(idmap_count(map), 26);
    assert_becomes(map, longest, longest);
}

Test(idmap_freeze, lists_pairs_in_order_of_the_old_id)
{
    static const char *const expected[] = {"A", "B", "a", "aa", "b", "é"};
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "é>1 b>2 aa>3 a>4 B>5 A>6");
    cr_assert_eq(idmap_count(map), 6);
    for (size_t i = 0; i < 6; i++)
        cr_expect_str_eq(idmap_pair_at(map, i)->old_id, expected[i]);
    cr_expect_str_eq(idmap_name(map), "user");
}

Test(idmap_freeze, counts_repeated_pairs)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "a>x b>y a>x a>x");
    cr_expect_eq(idmap_count(map), 2);
    cr_expect_eq(idmap_repeated_count(map), 2);
    cr_expect_eq(idmap_ambiguous_count(map), 0);
}

Test(idmap_freeze, refuses_one_old_id_with_two_new_ones_and_names_both_places)
{
    CLEANUP(idmap_free) struct idmap *map = maps_unfrozen("user", "b>z a>y a>y a>x");
    struct error err = ERROR_INIT;
    cr_assert_not(idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, &err));
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_str_eq(err.text, "ID map user: old ID \"a\" has two new IDs: \"x\" (row 4) and \"y\" "
                               "(row 2)");
}

Test(idmap_freeze, names_the_members_that_disagree)
{
    CLEANUP(idmap_free) struct idmap *user = maps_frozen("user", "a>x");
    CLEANUP(idmap_free) struct idmap *org = maps_frozen("org", "a>y");
    const struct idmap *const members[] = {user, org};
    CLEANUP(idmap_free) struct idmap *both = idmap_new_union("both", members, 2);
    struct error err = ERROR_INIT;
    cr_assert_not(idmap_freeze(both, IDMAP_AMBIGUOUS_ERROR, &err));
    cr_expect_str_eq(err.text, "ID map both: old ID \"a\" has two new IDs: \"x\" (in user) and "
                               "\"y\" (in org)");
}

Test(idmap_freeze, keeps_ambiguous_pairs_apart)
{
    static const char *const expected[][2] = {{"a", "x"}, {"a", "y"}, {"c", "1"}, {"c", "2"}};
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "c>2 a>y b>z a>x c>1 a>x");
    cr_expect_eq(idmap_count(map), 1);
    cr_assert_eq(idmap_ambiguous_count(map), 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_str_eq(idmap_ambiguous_pair(map, i)->old_id, expected[i][0]);
        cr_expect_str_eq(idmap_ambiguous_pair(map, i)->new_id, expected[i][1]);
    }
}

Test(idmap_freeze, finds_several_old_ids_with_one_new_id)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "e>x c>x d>y a>x f>z b>y");
    size_t count;
    cr_assert_eq(idmap_shared_count(map), 2);
    const struct idmap_pair *const *pairs = idmap_shared(map, 0, &count);
    cr_assert_eq(count, 3);
    cr_expect_str_eq(pairs[0]->new_id, "x");
    cr_expect_str_eq(pairs[0]->old_id, "a");
    cr_expect_str_eq(pairs[1]->old_id, "c");
    cr_expect_str_eq(pairs[2]->old_id, "e");
    pairs = idmap_shared(map, 1, &count);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(pairs[0]->old_id, "b");
    cr_expect_str_eq(pairs[1]->old_id, "d");
}

Test(idmap_freeze, counts_chains_and_cycles)
{
    static const struct {
        const char *pairs;
        size_t chains;
    } rows[] = {{"a>x b>y", 0}, {"a>b b>c", 1},     {"a>b b>a", 2},
                {"a>a", 0},     {"a>a b>a", 1},     {"a>c b>c c>d", 1},
                {"", 0},        {"a>b b>x b>y", 1}, {"a>a b>b", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", rows[i].pairs);
        cr_expect_eq(idmap_chain_count(map), rows[i].chains, "%s", rows[i].pairs);
    }
}

static struct digest
digest_of(const char *pairs)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", pairs);
    return idmap_digest(map);
}

Test(idmap_freeze, the_digest_is_of_the_pairs_whatever_their_order)
{
    cr_expect(digest_equal(digest_of("a>x b>y"), digest_of("b>y a>x")));
    cr_expect(digest_equal(digest_of("a>x b>y"), digest_of("b>y a>x b>y")));
    cr_expect_not(digest_equal(digest_of("a>x b>y"), digest_of("a>y b>x")));
    cr_expect_not(digest_equal(digest_of("ab>c"), digest_of("a>bc")));
    cr_expect_not(digest_equal(digest_of("a>x"), digest_of("x>a")));
}
