/* Looking up old and new IDs. */
#include "maps.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 1024 };

Test(idmap_find, tells_old_ids_from_new_ones)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "a>x bb>yy");
    assert_becomes(map, "a", "x");
    assert_becomes(map, "bb", "yy");
    assert_found(map, "x", IDMAP_NEW);
    assert_found(map, "yy", IDMAP_NEW);
    assert_found(map, "b", IDMAP_NONE);
    assert_found(map, "", IDMAP_NONE);
}

Test(idmap_find, compares_bytes)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "user_a>1 user_A>2 é>3");
    assert_becomes(map, "user_a", "1");
    assert_becomes(map, "user_A", "2");
    assert_found(map, "USER_A", IDMAP_NONE);
    assert_found(map, "e\xCC\x81", IDMAP_NONE); /* é in two characters */
    cr_expect_eq(idmap_find(map, "user_a\0", 7, NULL), IDMAP_NONE);
    cr_expect_eq(idmap_find(map, "user_a", 5, NULL), IDMAP_NONE);
}

Test(idmap_find, an_old_id_that_is_a_new_one_too_is_old)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "a>b b>c d>d");
    assert_becomes(map, "b", "c");
    assert_becomes(map, "d", "d");
    assert_found(map, "c", IDMAP_NEW);
}

Test(idmap_find, an_old_id_with_two_new_ones_is_as_good_as_none)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "a>x a>y b>z");
    assert_found(map, "a", IDMAP_TWO);
    assert_found(map, "x", IDMAP_NEW);
    assert_found(map, "y", IDMAP_NEW);
    assert_becomes(map, "b", "z");
}

/* The XXH3 hashes of these two agree in the upper half and in the lowest byte: both are in the same
 * bucket, with the same tag. */
static const char twin[] = "user_4731397", other_twin[] = "user_5836939";

Test(idmap_find, tells_old_ids_of_one_hash_apart)
{
    CLEANUP(idmap_free) struct idmap *one = maps_frozen("one", "user_4731397>a");
    CLEANUP(idmap_free) struct idmap *both = maps_frozen("both", "user_4731397>a user_5836939>b");
    assert_found(one, other_twin, IDMAP_NONE);
    assert_becomes(both, twin, "a");
    assert_becomes(both, other_twin, "b");
}

Test(idmap_find, tells_new_ids_of_one_hash_apart)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("map", "a>user_4731397");
    assert_found(map, twin, IDMAP_NEW);
    assert_found(map, other_twin, IDMAP_NONE);
}

/* Most records have room for "user_1" and "x"; the long IDs go elsewhere. */
Test(idmap_find, finds_ids_that_are_much_longer_than_the_others)
{
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    struct error err = ERROR_INIT;
    const struct idmap_pair *pair = NULL;
    char id[LONGEST + 1];
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "user_%d", i);
        cr_assert(idmap_add(map, id, strlen(id), "x", 1, 1, &err));
    }
    memset(id, 'l', LONGEST);
    id[LONGEST] = '\0';
    cr_assert(idmap_add(map, id, LONGEST, "short", 5, 1, &err));
    cr_assert(idmap_add(map, "short", 5, id, LONGEST, 1, &err));
    cr_assert(idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, &err));
    assert_becomes(map, "user_7", "x");
    assert_becomes(map, id, "short");
    cr_expect_eq(idmap_find(map, id, LONGEST - 1, NULL), IDMAP_NONE);
    cr_assert_eq(idmap_find(map, "short", 5, &pair), IDMAP_OLD);
    cr_expect_str_eq(pair->new_id, id);
    cr_expect_eq(idmap_pair_at(map, 0)->new_length, (size_t)5);
}

Test(idmap_find, an_empty_map_holds_nothing)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "");
    assert_found(map, "a", IDMAP_NONE);
    cr_expect_eq(idmap_count(map), 0);
}

Test(idmap_find, finds_each_of_many, .timeout = 60)
{
    enum { COUNT = 50000 };
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    struct error err = ERROR_INIT;
    char old_id[32], new_id[32];
    for (int i = 0; i < COUNT; i++) {
        int old_length = snprintf(old_id, sizeof old_id, "user_%d", i);
        int new_length = snprintf(new_id, sizeof new_id, "U%d", i * 7);
        cr_assert(idmap_add(map, old_id, (size_t)old_length, new_id, (size_t)new_length, 1, &err));
    }
    cr_assert(idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, &err));
    cr_assert_eq(idmap_count(map), COUNT);
    for (int i = 0; i < COUNT; i++) {
        const struct idmap_pair *pair = NULL;
        int length = snprintf(old_id, sizeof old_id, "user_%d", i);
        cr_assert_eq(idmap_find(map, old_id, (size_t)length, &pair), IDMAP_OLD);
        length = snprintf(new_id, sizeof new_id, "U%d", i * 7);
        cr_assert_str_eq(pair->new_id, new_id);
        cr_assert_eq(idmap_find(map, new_id, (size_t)length, NULL), IDMAP_NEW);
        length = snprintf(old_id, sizeof old_id, "user_%d", i + COUNT);
        cr_assert_eq(idmap_find(map, old_id, (size_t)length, NULL), IDMAP_NONE);
    }
}

Test(idmap_find, a_union_looks_into_all_of_its_members)
{
    CLEANUP(idmap_free) struct idmap *user = maps_frozen("user", "a>x b>y");
    CLEANUP(idmap_free) struct idmap *org = maps_frozen("org", "c>z a>x y>w");
    CLEANUP(idmap_free) struct idmap *both = maps_union(user, org, IDMAP_AMBIGUOUS_ERROR);
    assert_becomes(both, "a", "x");
    assert_becomes(both, "c", "z");
    assert_becomes(both, "y", "w"); /* new in one, old in the other */
    assert_found(both, "z", IDMAP_NEW);
    assert_found(both, "d", IDMAP_NONE);
    cr_expect_eq(idmap_count(both), 4);
    cr_expect_eq(idmap_repeated_count(both), 1);
}

Test(idmap_find, a_union_inherits_ambiguous_ids)
{
    CLEANUP(idmap_free) struct idmap *user = maps_frozen("user", "a>x a>y b>z");
    CLEANUP(idmap_free) struct idmap *org = maps_frozen("org", "a>x b>other");
    CLEANUP(idmap_free) struct idmap *both = maps_union(user, org, IDMAP_AMBIGUOUS_KEEP);
    assert_found(both, "a", IDMAP_TWO);
    assert_found(both, "b", IDMAP_TWO);
    cr_expect_eq(idmap_ambiguous_count(both), 4);
}

Test(idmap_find, a_map_that_forgot_its_pairs_finds_nothing_and_keeps_its_digest)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "a>x bb>yy");
    const struct digest digest = idmap_digest(map);
    idmap_forget(map);
    assert_found(map, "a", IDMAP_NONE);
    assert_found(map, "x", IDMAP_NONE);
    cr_expect_eq(idmap_count(map), 0);
    cr_expect(digest_equal(idmap_digest(map), digest));
}
